#include "gpusize/tco/result.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace gpusize {
namespace {

/// Where the amounts of one year fall.
void place(std::vector<Cents>& flow, TcoTiming when, std::size_t step, Cents amount,
           const TcoPeriod& period) {
  if (when == TcoTiming::kEnd) {
    flow.back() += amount;
    return;
  }
  const std::size_t first = period.single() ? 0 : 12 * step;
  if (when == TcoTiming::kStart) {
    flow[first] += amount;
    return;
  }
  const auto parts = period.single()
                         ? std::size_t{1}
                         : static_cast<std::size_t>(std::round(12.0 * period.share(step)));
  const std::vector<Cents> shares = spread(amount, parts);
  for (std::size_t i = 0; i < parts; ++i) flow[first + 1 + i] += shares[i];
}

TcoLineResult run_line(const TcoEngine::Line& line, const TcoScenarioResult& result,
                       const TcoPeriod& period) {
  TcoLineResult out;
  out.line = &line;
  out.flow.resize(period.months() + 1);
  for (std::size_t step = 0; step < result.tables.size(); ++step) {
    const std::vector<double>& table = result.tables[step];
    const TcoAmount year{table[line.quantity], table[line.price],
                         to_cents(table[line.quantity] * table[line.price])};
    place(out.flow, line.line->when, step, year.amount, period);
    out.total += year.amount;
    out.years.push_back(year);
  }
  return out;
}

/// Loans as costs by period: taken with the purchase, repaid with level payments (whose interest is
/// a cost line), what is left at the end in one sum.
std::vector<Cents> loan_flow(const TcoEngine& engine, const TcoScenarioResult& result) {
  const TcoPeriod& period = engine.model().period;
  std::vector<Cents> out(period.months() + 1);
  const auto drawn = engine.slot_of("loan_drawn");
  const auto rate = engine.slot_of("loan_rate");
  const auto years = engine.slot_of("loan_years");
  if (!drawn || !rate || !years || period.single()) return out;
  for (std::size_t step = 0; step < result.tables.size(); ++step) {
    const std::vector<double>& table = result.tables[step];
    const Cents loan = to_cents(table[*drawn]);
    if (loan.value == 0) continue;
    const auto term = static_cast<std::size_t>(std::max(1.0, std::round(table[*years] * 12.0)));
    const auto schedule = loan_schedule(monthly_rate(table[*rate]), term);
    out[12 * step] += -loan;
    Cents left = loan;
    for (std::size_t m = 0; m < term && 12 * step + m + 1 < out.size(); ++m) {
      const Cents part = m + 1 == term ? left : to_cents(loan.usd() * schedule[m].principal);
      out[12 * step + m + 1] += part;
      left = left - part;
    }
    out.back() += left;
  }
  return out;
}

std::vector<double> as_usd(const std::vector<Cents>& flow) {
  std::vector<double> out;
  for (const Cents amount : flow) out.push_back(amount.usd());
  return out;
}

/// Internal rates per year from those per period.
InternalRate yearly(InternalRate found, const TcoPeriod& period) {
  const double periods_per_year = period.single() ? 1.0 / period.years : 12.0;
  for (double& root : found.roots) root = std::expm1(periods_per_year * std::log1p(root));
  return found;
}

void measure(const TcoEngine& engine, TcoScenarioResult& r) {
  const TcoPeriod& period = engine.model().period;
  r.cash_flow.assign(period.months() + 1, {});
  for (const TcoLineResult& line : r.costs) r.tco += line.total;
  for (const TcoLineResult& line : r.benefits) r.benefit += line.total;
  for (std::size_t p = 0; p < r.cash_flow.size(); ++p) {
    for (const TcoLineResult& line : r.benefits) r.cash_flow[p] += line.flow[p];
    for (const TcoLineResult& line : r.costs) r.cash_flow[p] += -line.flow[p];
    r.cash_flow[p] += -r.loan[p];
  }
  const std::vector<double> flow = as_usd(r.cash_flow);
  const TcoAssumption* discount = engine.model().assumption("discount_rate");
  const double rate = period_rate(period, discount != nullptr ? discount->value() : 0.0);
  r.npv_usd = net_present_value(flow, rate);
  if (r.benefit.value == 0) return;
  r.irr = yearly(internal_rates(flow), period);
  if (const auto mirr = modified_internal_rate(flow, rate, rate))
    r.mirr = yearly({IrrCase::kUnique, {*mirr}}, period).roots.front();
  if (!period.single()) {
    r.payback_months = payback_periods(flow);
    r.discounted_payback_months = discounted_payback_periods(flow, rate);
  }
  if (r.tco.value > 0) r.roi = (r.benefit - r.tco).usd() / r.tco.usd();
}

}  // namespace

double TcoLineResult::quantity() const {
  double sum = 0.0;
  for (const TcoAmount& year : years) sum += year.quantity;
  return sum;
}

bool TcoLineResult::constant_price() const {
  double seen = 0.0;
  bool any = false;
  for (const TcoAmount& year : years) {
    if (year.quantity == 0.0) continue;  // a price at which nothing was bought
    if (any && year.price != seen) return false;
    seen = year.price;
    any = true;
  }
  return true;
}

double TcoLineResult::price() const {
  if (!constant_price()) return quantity() == 0.0 ? 0.0 : total.usd() / quantity();
  for (const TcoAmount& year : years) {
    if (year.quantity != 0.0) return year.price;
  }
  return years.empty() ? 0.0 : years.front().price;
}

std::optional<double> TcoScenarioResult::sum(const TcoEngine& engine,
                                             std::string_view symbol) const {
  const auto slot = engine.slot_of(symbol);
  if (!slot) return {};
  double out = 0.0;
  for (const auto& table : tables) out += table[*slot];
  return out;
}

double period_rate(const TcoPeriod& period, double yearly_rate) {
  if (period.single()) return std::expm1(period.years * std::log1p(yearly_rate));
  return monthly_rate(yearly_rate);
}

Diagnostics check_amounts(const TcoEngine& engine) {
  constexpr double kLargest = 1e12;
  Diagnostics out;
  engine.run(
      engine.base_values(), 1, [&](std::size_t s, std::size_t step, std::span<const double> table) {
        const TcoEngine::Scenario& scenario = engine.scenarios()[s];
        if (!scenario.missing.empty()) return;
        for (const TcoEngine::Line& line : scenario.lines) {
          const double amount = table[line.quantity] * table[line.price];
          if (std::fabs(amount) < kLargest) continue;  // false for NaN
          out.push_back(make_error(
              "tco-amount",
              fmt::format("\"{}\" of scenario \"{}\" in year {} is {} x {} USD: not an amount",
                          line.line->id, scenario.scenario->id, step + 1, table[line.quantity],
                          table[line.price]),
              line.line->where, "see its formulas and what they divide by"));
        }
      });
  constexpr std::size_t kMost = 5;
  if (out.size() > kMost) out.resize(kMost);
  return out;
}

std::vector<TcoScenarioResult> run_tco(const TcoEngine& engine) {
  std::vector<TcoScenarioResult> out(engine.scenarios().size());
  for (std::size_t s = 0; s < out.size(); ++s) out[s].scenario = &engine.scenarios()[s];
  engine.run(engine.base_values(), 1,
             [&](std::size_t s, std::size_t, std::span<const double> table) {
               if (out[s].known()) out[s].tables.emplace_back(table.begin(), table.end());
             });
  for (TcoScenarioResult& r : out) {
    if (!r.known()) continue;
    for (const TcoEngine::Line& line : r.scenario->lines)
      (line.benefit ? r.benefits : r.costs).push_back(run_line(line, r, engine.model().period));
    r.loan = loan_flow(engine, r);
    measure(engine, r);
  }
  return out;
}

}  // namespace gpusize
