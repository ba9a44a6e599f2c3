#pragma once
// Reasons of a cost model's numbers: each variable's formula over the reasons of what it reads.

#include <map>
#include <string>
#include <utility>

#include "gpusize/core/derivation.hpp"
#include "gpusize/tco/result.hpp"

namespace gpusize {

/// Makes reasons of one scenario on demand and keeps them.
class TcoWhys {
 public:
  TcoWhys(const TcoEngine& engine, const TcoScenarioResult& result)
      : engine_(engine), result_(result) {}

  /// A slot in a year (from 0).
  Why slot(std::uint32_t slot, std::size_t step);
  /// Quantity, price and amount of a line in a year.
  Why quantity(const TcoLineResult& line, std::size_t step);
  Why price(const TcoLineResult& line, std::size_t step);
  Why amount(const TcoLineResult& line, std::size_t step);
  /// The line over all years.
  Why total(const TcoLineResult& line);
  Why total_quantity(const TcoLineResult& line);
  Why mean_price(const TcoLineResult& line);
  /// What falls into one period of the cash flow.
  Why flow(const TcoLineResult& line, std::size_t period);
  /// A variable summed over the years.
  Why sum(std::string_view symbol);

 private:
  Why make(std::uint32_t slot, std::size_t step);
  Why of_program(const Program& program, const std::string& id, const std::string& text,
                 const std::string& label, const std::string& unit, double value, std::size_t step);

  const TcoEngine& engine_;
  const TcoScenarioResult& result_;
  std::map<std::pair<std::uint32_t, std::size_t>, Why> known_;
  std::map<const TcoLineResult*, Why> totals_;
};

}  // namespace gpusize
