#include "gpusize/tco/analysis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

std::size_t index_of(const TcoEngine& engine, std::string_view assumption) {
  const auto slot = engine.slot_of(assumption);
  GPUSIZE_CHECK(slot && *slot < engine.model().assumptions.size(), "an assumption of the model");
  return *slot;
}

/// The base values, once per lane.
std::vector<double> lanes_of(const TcoEngine& engine, std::size_t width) {
  std::vector<double> out;
  for (const double value : engine.base_values()) out.insert(out.end(), width, value);
  return out;
}

/// Adds the totals of lanes `first` to `first + width` of `all`.
void add_totals(const TcoEngine& engine, std::span<const double> lanes, std::size_t first,
                std::size_t width, std::span<const std::size_t> only, TcoTotals& all) {
  const auto add = [&](std::size_t s, std::size_t, std::span<const double> table) {
    for (const TcoEngine::Line& line : engine.scenarios()[s].lines) {
      double* sum = (line.benefit ? all.benefit : all.cost)[s].data() + first;
      const double* quantity = table.data() + line.quantity * width;
      const double* price = table.data() + line.price * width;
      for (std::size_t i = 0; i < width; ++i) sum[i] += quantity[i] * price[i];
    }
  };
  engine.run(lanes, width, add, only);
}

}  // namespace

TcoTotals tco_totals(const TcoEngine& engine, std::span<const double> assumptions,
                     std::size_t width, std::span<const std::size_t> only) {
  constexpr std::size_t kBlock = 64;  // the tables of all scenarios stay in the cache
  const auto& scenarios = engine.scenarios();
  const std::vector<std::vector<double>> zeros(scenarios.size(), std::vector<double>(width, 0.0));
  TcoTotals out{zeros, zeros};
  std::vector<double> lanes;
  for (std::size_t first = 0; first < width; first += kBlock) {
    const std::size_t some = std::min(kBlock, width - first);
    lanes.clear();
    for (std::size_t a = first; a < assumptions.size(); a += width)
      lanes.insert(lanes.end(), assumptions.begin() + static_cast<std::ptrdiff_t>(a),
                   assumptions.begin() + static_cast<std::ptrdiff_t>(a + some));
    add_totals(engine, lanes, first, some, only, out);
  }
  for (std::size_t s = 0; s < scenarios.size(); ++s) {
    if (scenarios[s].missing.empty()) continue;
    out.cost[s].assign(width, std::numeric_limits<double>::quiet_NaN());
    out.benefit[s] = out.cost[s];
  }
  return out;
}

std::vector<TcoSwing> tco_sensitivity(const TcoEngine& engine) {
  const auto& assumptions = engine.model().assumptions;
  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < assumptions.size(); ++i) {
    if (assumptions[i].why && (assumptions[i].low || assumptions[i].high)) moved.push_back(i);
  }
  if (moved.empty()) return {};
  const std::size_t width = 2 * moved.size();
  std::vector<double> lanes = lanes_of(engine, width);
  for (std::size_t m = 0; m < moved.size(); ++m) {
    const TcoAssumption& a = assumptions[moved[m]];
    lanes[moved[m] * width + 2 * m] = a.low.value_or(a.value());
    lanes[moved[m] * width + 2 * m + 1] = a.high.value_or(a.value());
  }
  const auto totals = tco_totals(engine, lanes, width);
  std::vector<TcoSwing> out;
  for (std::size_t s = 0; s < totals.cost.size(); ++s) {
    const std::size_t first = out.size();
    const std::vector<double>& cost = totals.cost[s];
    const std::vector<double>& benefit = totals.benefit[s];
    for (std::size_t m = 0; m < moved.size(); ++m) {
      const std::size_t low = 2 * m;
      const std::size_t high = low + 1;
      const TcoSwing swing{s,          &assumptions[moved[m]],   cost[low],
                           cost[high], benefit[low] - cost[low], benefit[high] - cost[high]};
      constexpr double kHalfCent = 0.005;  // no effect
      if (swing.swing() > kHalfCent || swing.net_swing() > kHalfCent) out.push_back(swing);
    }
    std::stable_sort(
        out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
        [](const TcoSwing& x, const TcoSwing& y) { return x.net_swing() > y.net_swing(); });
  }
  return out;
}

TcoCrossings::TcoCrossings(const TcoEngine& engine, std::vector<std::size_t> scenarios,
                           std::string_view assumption, double low, double high, std::size_t points)
    : engine_(engine), scenarios_(std::move(scenarios)), assumption_(assumption), grid_(points) {
  for (std::size_t i = 0; i < points; ++i)
    grid_[i] = low * std::pow(high / low, static_cast<double>(i) / static_cast<double>(points - 1));
  costs_ = tco_curve(engine_, assumption_, grid_, scenarios_);
}

TcoCrossing TcoCrossings::of(std::size_t a, std::size_t b) const {
  const auto dearer = [&](const std::vector<std::vector<double>>& costs, std::size_t i) {
    return costs[a][i] > costs[b][i];
  };
  const bool first = dearer(costs_, 0);
  std::size_t i = 0;
  while (i < grid_.size() && dearer(costs_, i) == first) ++i;
  if (i == grid_.size()) {
    const double now = engine_.base_values()[index_of(engine_, assumption_)];
    return finish({std::nullopt, !first, 0.0, 0.0, false}, a, b, now);
  }
  double left = grid_[i - 1];
  double right = grid_[i];
  constexpr std::size_t kParts = 16;  // lanes of one run cost little more than one value
  std::array<double, kParts> inside{};
  const std::array<std::size_t, 2> pair{a, b};
  while (right - left > 1e-13 * right) {
    const double step = (right - left) / (kParts + 1);
    if (left + step <= left) break;
    for (std::size_t k = 0; k < kParts; ++k) inside[k] = left + static_cast<double>(k + 1) * step;
    const auto costs = tco_curve(engine_, assumption_, inside, pair);
    std::size_t k = 0;
    while (k < kParts && dearer(costs, k) == first) ++k;
    if (k > 0) left = inside[k - 1];
    if (k < kParts) right = inside[k];
  }
  return finish({right, first, 0.0, 0.0, false}, a, b, right);
}

TcoCrossing TcoCrossings::finish(TcoCrossing crossing, std::size_t a, std::size_t b,
                                 double where) const {
  const auto costs = tco_curve(engine_, assumption_, std::array<double, 1>{where},
                               std::array<std::size_t, 2>{a, b});
  crossing.a_usd = costs[a][0];
  crossing.b_usd = costs[b][0];
  constexpr double kSame = 1e-6;
  crossing.step = crossing.at.has_value() &&
                  std::fabs(crossing.a_usd - crossing.b_usd) > kSame * std::fabs(crossing.a_usd);
  return crossing;
}

std::vector<std::vector<double>> tco_curve(const TcoEngine& engine, std::string_view assumption,
                                           std::span<const double> values,
                                           std::span<const std::size_t> only) {
  const std::size_t at = index_of(engine, assumption);
  std::vector<double> lanes = lanes_of(engine, values.size());
  std::copy(values.begin(), values.end(),
            lanes.begin() + static_cast<std::ptrdiff_t>(at * values.size()));
  return tco_totals(engine, lanes, values.size(), only).cost;
}

std::int64_t cheapest_base(const TcoEngine& engine, std::size_t scenario, std::int64_t most) {
  constexpr std::int64_t kBlock = 256;
  std::int64_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t first = 0; first <= most; first += kBlock) {
    std::vector<double> bases;
    for (std::int64_t b = first; b <= std::min(most, first + kBlock - 1); ++b)
      bases.push_back(static_cast<double>(b));
    const auto totals = tco_curve(engine, "base_replicas", bases)[scenario];
    for (std::size_t i = 0; i < bases.size(); ++i) {
      if (totals[i] >= least) continue;
      least = totals[i];
      best = first + static_cast<std::int64_t>(i);
    }
  }
  return best;
}

}  // namespace gpusize
