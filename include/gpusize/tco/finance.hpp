#pragma once
// Finance functions over equally spaced cash flows: index 0 is today, outflows are negative.
// Tested: tests/unit/tco/finance_test.cpp, textbook cases with their place.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gpusize {

/// Net present value: sum of flow[t] / (1 + rate)^t. `rate` per period, above -1.
double net_present_value(std::span<const double> flows, double rate);

/// Which of the three cases of the internal rate of return holds.
enum class IrrCase : std::uint8_t { kNone, kUnique, kMultiple };

struct InternalRate {
  IrrCase which = IrrCase::kNone;
  std::vector<double> roots;  ///< every rate in (-0.99, 10] at which the NPV is zero, ascending
};

/// All internal rates of return per period. Flows without a change of sign have none.
InternalRate internal_rates(std::span<const double> flows);

/// The one internal rate, or nothing when there is none or several.
std::optional<double> internal_rate(std::span<const double> flows);

/// Modified internal rate: negative flows discounted at `finance_rate`, positive ones compounded at
/// `reinvest_rate`. Nothing without both signs.
std::optional<double> modified_internal_rate(std::span<const double> flows, double finance_rate,
                                             double reinvest_rate);

/// Periods until the running sum first reaches zero and stays there, linear within a period;
/// nothing when it ends below zero. Zero when it never falls below zero.
std::optional<double> payback_periods(std::span<const double> flows);
/// The same for flows discounted at `rate`.
std::optional<double> discounted_payback_periods(std::span<const double> flows, double rate);

/// Level payment at the end of each of `periods` periods that repays 1 at `rate` per period
/// (capital recovery factor): r / (1 - (1 + r)^-n).
double annuity_factor(double rate, double periods);

/// Effective rate per month of an effective rate per year: (1 + r)^(1/12) - 1.
double monthly_rate(double yearly_rate);

/// Principal and interest of each payment of a loan of 1 with level payments.
struct LoanPayment {
  double interest = 0.0;
  double principal = 0.0;
};
std::vector<LoanPayment> loan_schedule(double rate, std::size_t periods);

}  // namespace gpusize
