#include "gpusize/tco/finance.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {
namespace {

constexpr double kLowestRate = -0.99;
constexpr double kHighestRate = 10.0;

bool has_both_signs(std::span<const double> flows) {
  const bool in = std::any_of(flows.begin(), flows.end(), [](double f) { return f > 0.0; });
  const bool out = std::any_of(flows.begin(), flows.end(), [](double f) { return f < 0.0; });
  return in && out;
}

/// The zero between two rates at which the NPV has different signs.
double bisect(std::span<const double> flows, double low, double high) {
  const bool low_positive = net_present_value(flows, low) > 0.0;
  constexpr int kSteps = 200;  // more than the bits of a double
  for (int i = 0; i < kSteps && high - low > 1e-15 * std::max(1.0, std::fabs(low)); ++i) {
    const double middle = 0.5 * (low + high);
    if ((net_present_value(flows, middle) > 0.0) == low_positive) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return 0.5 * (low + high);
}

/// Rates to look at: fine around zero, where the roots of real projects lie.
std::vector<double> rate_grid() {
  std::vector<double> out;
  constexpr int kSteps = 4000;
  const double low = std::log1p(kLowestRate);
  const double high = std::log1p(kHighestRate);
  for (int i = 0; i <= kSteps; ++i)
    out.push_back(std::expm1(low + (high - low) * static_cast<double>(i) / kSteps));
  return out;
}

}  // namespace

double net_present_value(std::span<const double> flows, double rate) {
  double value = 0.0;  // Horner's rule, from the last flow inward
  for (std::size_t i = flows.size(); i-- > 0;) value = value / (1.0 + rate) + flows[i];
  return value;
}

InternalRate internal_rates(std::span<const double> flows) {
  InternalRate out;
  if (!has_both_signs(flows)) return out;
  const std::vector<double> grid = rate_grid();
  double before = net_present_value(flows, grid.front());
  for (std::size_t i = 1; i < grid.size(); ++i) {
    const double here = net_present_value(flows, grid[i]);
    if (before == 0.0) {
      out.roots.push_back(grid[i - 1]);
    } else if (here != 0.0 && (before > 0.0) != (here > 0.0)) {
      out.roots.push_back(bisect(flows, grid[i - 1], grid[i]));
    }
    before = here;
  }
  if (before == 0.0) out.roots.push_back(grid.back());
  out.which = out.roots.empty()       ? IrrCase::kNone
              : out.roots.size() == 1 ? IrrCase::kUnique
                                      : IrrCase::kMultiple;
  return out;
}

std::optional<double> internal_rate(std::span<const double> flows) {
  const InternalRate found = internal_rates(flows);
  if (found.which != IrrCase::kUnique) return {};
  return found.roots.front();
}

std::optional<double> modified_internal_rate(std::span<const double> flows, double finance_rate,
                                             double reinvest_rate) {
  if (!has_both_signs(flows)) return {};
  const auto last = static_cast<double>(flows.size() - 1);
  double paid = 0.0;
  double earned = 0.0;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const auto t = static_cast<double>(i);
    if (flows[i] < 0.0) paid -= flows[i] / std::pow(1.0 + finance_rate, t);
    if (flows[i] > 0.0) earned += flows[i] * std::pow(1.0 + reinvest_rate, last - t);
  }
  return std::pow(earned / paid, 1.0 / last) - 1.0;
}

std::optional<double> payback_periods(std::span<const double> flows) {
  return discounted_payback_periods(flows, 0.0);
}

std::optional<double> discounted_payback_periods(std::span<const double> flows, double rate) {
  double sum = 0.0;
  double back_at = 0.0;
  bool below = false;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    const double flow = flows[i] / std::pow(1.0 + rate, static_cast<double>(i));
    const double before = sum;
    sum += flow;
    if (below && sum >= 0.0) back_at = static_cast<double>(i) - 1.0 + (0.0 - before) / flow;
    below = sum < 0.0;
  }
  if (below) return {};
  return back_at;
}

double annuity_factor(double rate, double periods) {
  if (rate == 0.0) return 1.0 / periods;
  return rate / -std::expm1(-periods * std::log1p(rate));
}

double monthly_rate(double yearly_rate) { return std::expm1(std::log1p(yearly_rate) / 12.0); }

std::vector<LoanPayment> loan_schedule(double rate, std::size_t periods) {
  std::vector<LoanPayment> out;
  if (periods == 0) return out;
  const double payment = annuity_factor(rate, static_cast<double>(periods));
  double owed = 1.0;
  for (std::size_t i = 0; i < periods; ++i) {
    const double interest = owed * rate;
    const double principal = i + 1 == periods ? owed : payment - interest;
    owed -= principal;
    out.push_back({interest, principal});
  }
  return out;
}

}  // namespace gpusize
