#pragma once
// Loans of a scenario as live formulas: interest year by year, and the repayment of each year's
// loan month by month in whole cents. The arithmetic is that of tco/finance (level payments).

#include <cstdint>
#include <string>
#include <vector>

#include "report/xlsx_parts.hpp"

namespace gpusize {

/// What the loans of one scenario rest on.
struct LoanTerms {
  std::string rate;          ///< cell of the monthly rate
  std::string months;        ///< cell of the term
  std::string payment;       ///< cell of the monthly payment of a loan of 1
  double yearly_rate = 0.0;  ///< the values that the cells have now
  double years = 0.0;
  std::vector<std::string> drawn;  ///< cells of the loans taken, by year
  std::vector<double> amounts;     ///< their values, USD
};

/// Writes the three rows of terms from `row` on (`rate_cell` and `years_cell` name the assumptions)
/// and returns the next free row.
std::uint32_t loan_term_rows(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column,
                             const Words& words, const std::string& rate_cell,
                             const std::string& years_cell, LoanTerms& terms);
/// Interest that all loans cost in year `year` (from 0), of which `share` (a cell) lies inside the
/// horizon: with its `=`.
std::string loan_interest_formula(const LoanTerms& terms, std::size_t year,
                                  const std::string& share);
/// Its value.
double loan_interest_value(const LoanTerms& terms, std::size_t year, double share);
/// What each loan costs in each period: taken (negative), repaid, settled in the last. One column
/// per year from `column`, one row per period from `row`.
void loan_schedule_columns(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column,
                           std::uint32_t periods, const LoanTerms& terms);

}  // namespace gpusize
