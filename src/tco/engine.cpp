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

double loan_interest_in_year(double yearly_rate, double term_years, std::size_t age,
                             std::size_t months) {
  const auto term = static_cast<std::size_t>(std::max(1.0, std::round(term_years * 12.0)));
  const auto schedule = loan_schedule(monthly_rate(yearly_rate), term);
  double sum = 0.0;
  for (std::size_t m = 12 * (age - 1); m < std::min(12 * (age - 1) + months, term); ++m)
    sum += schedule[m].interest;
  return sum;
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
  std::fill_n(out, width, 0.0);
  const auto months = static_cast<std::size_t>(std::round(12.0 * model_->period.share(step)));
  for (std::size_t from = 0; from <= step; ++from) {
    const double factor = loan_interest_in_year(
        table[loan_rate_ * width], table[loan_years_ * width], step - from + 1, months);
    for (std::size_t i = 0; i < width; ++i) out[i] += factor * drawn[from][i];
  }
}

void TcoEngine::run(std::span<const double> assumptions, std::size_t width,
                    const Visit& visit) const {
  Scratch scratch;
  scratch.width = width;
  scratch.drawn.resize(scenarios_.size());
  scratch.tables.resize(std::max<std::size_t>(1, scenarios_.size()));
  for (auto& table : scratch.tables) {
    table.assign(slots_ * width, 0.0);
    std::copy(assumptions.begin(), assumptions.end(), table.begin());
  }
  for (std::size_t step = 0; step < model_->period.steps(); ++step) {
    for (auto& table : scratch.tables) {
      double* builtin = table.data() + first_builtin_ * width;
      std::fill_n(builtin, width, static_cast<double>(step + 1));
      std::fill_n(builtin + width, width, model_->period.years);
      std::fill_n(builtin + 2 * width, width, model_->period.share(step));
    }
    for (const Variable& v : common_) {
      run_variable(v, 0, step, scratch);
      for (std::size_t s = 1; s < scratch.tables.size(); ++s)
        std::copy_n(scratch.tables[0].begin() + static_cast<std::ptrdiff_t>(v.slot * width), width,
                    scratch.tables[s].begin() + static_cast<std::ptrdiff_t>(v.slot * width));
    }
    for (std::size_t s = 0; s < scenarios_.size(); ++s) {
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
