#pragma once
// One scenario of a cost model as a sheet of live formulas: variables and lines year by year, as
// the document states their formulas.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "report/xlsx_loans.hpp"
#include "report/xlsx_parts.hpp"

namespace gpusize {

/// Rows of amounts on a scenario's sheet that fall due alike.
struct AmountRows {
  std::uint32_t first = 1;
  std::uint32_t last = 0;  ///< below first: none
  [[nodiscard]] bool empty() const { return last < first; }
};

/// Where other sheets find what a scenario's sheet computes.
struct ScenarioSheet {
  XlsxSheet* sheet = nullptr;
  std::uint32_t first_year = 0;  ///< column
  std::uint32_t years = 0;
  std::uint32_t total = 0;                    ///< column of totals
  std::map<std::string, AmountRows> amounts;  ///< by `lines start`, `benefits monthly` ...
  std::map<std::string, std::uint32_t> variable_rows;
  std::map<std::string, double> variable_totals;  ///< sums over the years
  std::map<std::string, std::uint32_t>
      line_rows;  ///< `lines 0`: quantity row; price and amount lie apart
  std::map<std::string, std::uint32_t> amount_rows;
  std::optional<LoanTerms> loans;     ///< nothing: the scenario takes none
  std::vector<std::string> not_live;  ///< names whose values are given, not computed
};

ScenarioSheet scenario_sheet(XlsxBook& book, const Page& page, std::size_t scenario,
                             const AssumptionCells& inputs);

}  // namespace gpusize
