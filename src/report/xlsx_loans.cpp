#include "report/xlsx_loans.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/tco/engine.hpp"
#include "gpusize/tco/finance.hpp"
#include "gpusize/tco/money.hpp"

namespace gpusize {
namespace {

constexpr std::uint32_t kMonths = 12;

std::size_t term_of(const LoanTerms& t) {
  return static_cast<std::size_t>(std::max(1.0, std::round(t.years * kMonths)));
}

/// Interest of a loan of 1 after `months` payments: what was paid less what was repaid.
std::string interest_until(const LoanTerms& t, const std::string& months) {
  const std::string paid = fmt::format("MIN({},{})", months, t.months);
  return fmt::format(
      "({payment}*{paid}-1+IF({rate}=0,1-{paid}/{term},((1+{rate})^{term}-(1+{rate})^{paid})/"
      "((1+{rate})^{term}-1)))",
      fmt::arg("payment", t.payment), fmt::arg("paid", paid), fmt::arg("rate", t.rate),
      fmt::arg("term", t.months));
}

/// Principal of each payment in whole cents, the last one settling the rest.
std::vector<double> repayments(const LoanTerms& t, double loan, std::size_t periods) {
  const std::size_t term = term_of(t);
  const auto schedule = loan_schedule(monthly_rate(t.yearly_rate), term);
  std::vector<double> out;
  Cents left = to_cents(loan);
  for (std::size_t m = 0; m < periods; ++m) {
    Cents part;
    if (m < term) {
      const bool settles = m + 1 == term || m + 1 == periods;
      part = settles ? left : to_cents(to_cents(loan).usd() * schedule[m].principal);
    }
    out.push_back(part.usd());
    left = left - part;
  }
  return out;
}

}  // namespace

std::uint32_t loan_term_rows(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column,
                             const Words& words, const std::string& rate_cell,
                             const std::string& years_cell, LoanTerms& terms) {
  const double rate = monthly_rate(terms.yearly_rate);
  const auto term = static_cast<double>(term_of(terms));
  const auto add = [&](const char* word, const char* unit, const std::string& formula,
                       double value) {
    sheet.text(row, 0, words[word]);
    sheet.text(row, 2, unit);
    sheet.formula(row, column, formula, value);
    return cell_name(row++, column, true);
  };
  terms.rate = add("xlsx.loan_rate", "1/month", fmt::format("=(1+{})^(1/12)-1", rate_cell), rate);
  terms.months =
      add("xlsx.loan_months", "months", fmt::format("=MAX(1,ROUND({}*12,0))", years_cell), term);
  terms.payment =
      add("xlsx.loan_payment", "1/month",
          fmt::format("=IF({0}=0,1/{1},{0}/(1-(1+{0})^(-{1})))", terms.rate, terms.months),
          annuity_factor(rate, term));
  return row;
}

std::string loan_interest_formula(const LoanTerms& terms, std::size_t year,
                                  const std::string& share) {
  std::string out = "=0";
  for (std::size_t from = 0; from <= year; ++from) {
    const std::size_t before = kMonths * (year - from);
    out += fmt::format("+{}*({}-{})", terms.drawn[from],
                       interest_until(terms, fmt::format("({}+12*{})", before, share)),
                       before == 0 ? "0" : interest_until(terms, fmt::format("{}", before)));
  }
  return out;
}

double loan_interest_value(const LoanTerms& terms, std::size_t year, double share) {
  const auto months = static_cast<std::size_t>(std::round(kMonths * share));
  const auto interest = loan_interest_by_year(terms.yearly_rate, terms.years, year + 1, months);
  double sum = 0.0;
  for (std::size_t from = 0; from <= year; ++from)
    sum += terms.amounts[from] * interest[year - from];
  return sum;
}

void loan_schedule_columns(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column,
                           std::uint32_t periods, const LoanTerms& terms) {
  for (std::uint32_t year = 0; year < terms.drawn.size(); ++year, ++column) {
    const std::uint32_t start = kMonths * year;
    if (start >= periods) return;
    const std::uint32_t top = row + start;
    const std::string loan = cell_name(top, column, true);
    sheet.formula(top, column, fmt::format("=-INT({}*100+0.5)/100", terms.drawn[year]),
                  -to_cents(terms.amounts[year]).usd(), CellStyle::kLink);
    const std::vector<double> parts = repayments(terms, terms.amounts[year], periods - 1 - start);
    for (std::uint32_t m = 1; m <= parts.size(); ++m) {
      const std::string rest = fmt::format("-SUM({}:{})", loan, cell_name(top + m - 1, column));
      const std::string level = fmt::format("INT(-{0}*({1}-{2})*(1+{2})^{3}*100+0.5)/100", loan,
                                            terms.payment, terms.rate, m - 1);
      const std::string formula =
          m == parts.size()
              ? fmt::format("=IF({}<{},0,{})", terms.months, m, rest)
              : fmt::format("=IF({0}<{1},0,IF({0}={1},{2},{3}))", terms.months, m, rest, level);
      sheet.formula(top + m, column, formula, parts[m - 1]);
    }
  }
}

}  // namespace gpusize
