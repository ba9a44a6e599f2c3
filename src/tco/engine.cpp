#include "gpusize/tco/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gpusize/tco/finance.hpp"

namespace gpusize {
namespace {

/// Whole replicas for a demand in replicas; the same guard against rounding as the plan's.
double whole(double demand) { return std::ceil(demand - 1e-12); }

}  // namespace

/// Tables of one run: one per scenario, because last year's values differ.
struct TcoEngine::Scratch {
  std::size_t width = 1;
  std::vector<std::vector<double>> tables;
  std::vector<std::vector<std::vector<double>>> drawn;  ///< loans, by scenario and step
  std::vector<double> stack;
};

std::vector<double> loan_interest_by_year(double yearly_rate, double term_years, std::size_t years,
                                          std::size_t months) {
  const auto term = static_cast<std::size_t>(std::max(1.0, std::round(term_years * 12.0)));
  const auto schedule = loan_schedule(monthly_rate(yearly_rate), term);
  std::vector<double> out(years, 0.0);
  for (std::size_t year = 0; year < years; ++year) {
    for (std::size_t m = 12 * year; m < std::min(12 * year + months, term); ++m)
      out[year] += schedule[m].interest;
  }
  return out;
}

std::optional<std::uint32_t> TcoEngine::slot_of(std::string_view symbol) const {
  const auto found = slot_by_symbol_.find(symbol);
  if (found == slot_by_symbol_.end()) return {};
  return found->second;
}

std::vector<double> TcoEngine::base_values() const {
  std::vector<double> out;
  for (const TcoAssumption& a : model_->assumptions)
    out.push_back(a.why ? a.value() : std::numeric_limits<double>::quiet_NaN());
  return out;
}

void TcoEngine::run_variable(const Variable& v, std::size_t scenario, std::size_t step,
                             Scratch& scratch) const {
  const std::size_t width = scratch.width;
  std::vector<double>& table = scratch.tables[scenario];
  double* out = table.data() + v.slot * width;
  const double* demand = table.data() + v.demand * width;
  const double* base = table.data() + v.base * width;
  const auto weekly_mean = [&](auto&& of) {
    for (std::size_t i = 0; i < width; ++i) {
      double sum = 0.0;
      for (const TrafficCurve::Step& s : curve_) sum += s.weight * of(demand[i] * s.share, base[i]);
      out[i] = sum;
    }
  };
  switch (v.variable->kind) {
    case TcoVariableKind::kFormula: return v.program.run(table, width, scratch.stack, out);
    case TcoVariableKind::kNeeded:
      return weekly_mean([](double d, double) { return std::max(1.0, whole(d)); });
    case TcoVariableKind::kExcess:
      return weekly_mean([](double d, double b) { return std::max(0.0, whole(d) - b); });
    case TcoVariableKind::kServed:
      return weekly_mean([](double d, double b) { return std::min(d, b); });
    case TcoVariableKind::kLoanInterest: break;
  }
  auto& drawn = scratch.drawn[scenario];
  drawn.resize(step + 1);
  drawn[step].assign(demand, demand + width);
  const double* rate = table.data() + loan_rate_ * width;
  const double* years = table.data() + loan_years_ * width;
  const auto months = static_cast<std::size_t>(std::round(12.0 * model_->period.share(step)));
  std::vector<double> interest;
  for (std::size_t i = 0; i < width; ++i) {
    if (i == 0 || rate[i] != rate[i - 1] || years[i] != years[i - 1])
      interest = loan_interest_by_year(rate[i], years[i], step + 1, months);
    out[i] = 0.0;
    for (std::size_t from = 0; from <= step; ++from)
      out[i] += interest[step - from] * drawn[from][i];
  }
}

/// What all scenarios share, run in the first one's table.
void TcoEngine::run_common(std::size_t step, std::span<const std::size_t> wanted,
                           Scratch& scratch) const {
  const std::size_t width = scratch.width;
  for (const Variable& v : common_) {
    run_variable(v, wanted.front(), step, scratch);
    const double* values = scratch.tables[wanted.front()].data() + v.slot * width;
    for (const std::size_t s : wanted.subspan(1))
      std::copy_n(values, width, scratch.tables[s].data() + v.slot * width);
  }
}

void TcoEngine::run(std::span<const double> assumptions, std::size_t width, const Visit& visit,
                    std::span<const std::size_t> only) const {
  std::vector<std::size_t> wanted(only.begin(), only.end());
  for (std::size_t s = 0; only.empty() && s < scenarios_.size(); ++s) wanted.push_back(s);
  if (wanted.empty()) return;
  Scratch scratch;
  scratch.width = width;
  scratch.drawn.resize(scenarios_.size());
  scratch.tables.resize(scenarios_.size());
  for (const std::size_t s : wanted) {
    scratch.tables[s].assign(slots_ * width, 0.0);
    std::copy(assumptions.begin(), assumptions.end(), scratch.tables[s].begin());
  }
  for (std::size_t step = 0; step < model_->period.steps(); ++step) {
    for (const std::size_t s : wanted) {
      double* builtin = scratch.tables[s].data() + first_builtin_ * width;
      std::fill_n(builtin, width, static_cast<double>(step + 1));
      std::fill_n(builtin + width, width, model_->period.years);
      std::fill_n(builtin + 2 * width, width, model_->period.share(step));
    }
    run_common(step, wanted, scratch);
    for (const std::size_t s : wanted) {
      std::vector<double>& table = scratch.tables[s];
      for (const Variable& v : scenarios_[s].variables) run_variable(v, s, step, scratch);
      for (const Line& line : scenarios_[s].lines) {
        line.quantity_program.run(table, width, scratch.stack,
                                  table.data() + line.quantity * width);
        line.price_program.run(table, width, scratch.stack, table.data() + line.price * width);
      }
      visit(s, step, table);
      for (const auto& [previous, variable] : previous_)
        std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(variable * width), width,
                    table.begin() + static_cast<std::ptrdiff_t>(previous * width));
    }
  }
}

}  // namespace gpusize
