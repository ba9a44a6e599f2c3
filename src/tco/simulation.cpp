// The simulation: draws in blocks of lanes, each block with a generator of its own, so that the
// result depends on the seed alone.

#include <algorithm>
#include <cmath>
#include <random>

#include "gpusize/tco/analysis.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kLanes = 128;
constexpr std::size_t kBins = 40;

/// 53 random bits as a number in [0, 1): the same on every machine, unlike the standard's own
/// distributions.
double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11U) * 0x1.0p-53; }

double quantile(std::vector<double>& values, double share) {
  const auto at =
      static_cast<std::ptrdiff_t>(std::min(static_cast<double>(values.size()) - 1.0,
                                           std::floor(share * static_cast<double>(values.size()))));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

TcoSpread spread_of(std::size_t scenario, std::vector<double> totals) {
  TcoSpread out;
  out.scenario = scenario;
  double sum = 0.0;
  for (const double total : totals) sum += total;
  out.mean = sum / static_cast<double>(totals.size());
  const auto [least, most] = std::minmax_element(totals.begin(), totals.end());
  out.from = *least;
  out.step = (*most - *least) / static_cast<double>(kBins);
  out.counts.assign(kBins, 0);
  for (const double total : totals) {
    const double bin = out.step > 0.0 ? (total - out.from) / out.step : 0.0;
    ++out.counts[std::min(kBins - 1, static_cast<std::size_t>(bin))];
  }
  out.p10 = quantile(totals, 0.1);
  out.p50 = quantile(totals, 0.5);
  out.p90 = quantile(totals, 0.9);
  return out;
}

/// Assumptions that have a range.
struct Range {
  std::size_t index;
  double low;
  double mode;
  double high;
};

std::vector<Range> ranges_of(const TcoModel& model) {
  std::vector<Range> out;
  for (std::size_t i = 0; i < model.assumptions.size(); ++i) {
    const TcoAssumption& a = model.assumptions[i];
    if (a.why == nullptr || (!a.low && !a.high)) continue;
    const Range range{i, std::min(a.low.value_or(a.value()), a.value()), a.value(),
                      std::max(a.high.value_or(a.value()), a.value())};
    if (range.low < range.high) out.push_back(range);
  }
  return out;
}

}  // namespace

double triangular(double low, double mode, double high, double u) {
  const double width = high - low;
  const double split = (mode - low) / width;
  if (u < split) return low + std::sqrt(u * width * (mode - low));
  return high - std::sqrt((1.0 - u) * width * (high - mode));
}

std::vector<TcoSpread> tco_simulation(const TcoEngine& engine, std::int64_t draws,
                                      std::uint64_t seed) {
  std::vector<TcoSpread> out;
  if (draws <= 0) return out;
  const std::vector<Range> ranges = ranges_of(engine.model());
  if (ranges.empty()) return out;  // nothing varies
  const std::vector<double> base = engine.base_values();
  const auto count = static_cast<std::size_t>(draws);
  std::vector<std::size_t> known;
  for (std::size_t s = 0; s < engine.scenarios().size(); ++s) {
    if (engine.scenarios()[s].missing.empty()) known.push_back(s);
  }
  std::vector<std::vector<double>> totals(engine.scenarios().size());
  std::vector<std::int64_t> cheapest(engine.scenarios().size(), 0);
  for (auto& row : totals) row.reserve(count);
  for (std::size_t block = 0; block * kLanes < count; ++block) {
    const std::size_t width = std::min(kLanes, count - block * kLanes);
    std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                        static_cast<std::uint32_t>(block)};
    std::mt19937_64 random(mixed);
    std::vector<double> lanes;
    for (const double value : base) lanes.insert(lanes.end(), width, value);
    for (const Range& r : ranges) {
      for (std::size_t i = 0; i < width; ++i)
        lanes[r.index * width + i] = triangular(r.low, r.mode, r.high, uniform(random));
    }
    const auto some = tco_totals(engine, lanes, width);
    for (std::size_t i = 0; i < width; ++i) {
      const auto best =
          std::min_element(known.begin(), known.end(),
                           [&](std::size_t x, std::size_t y) { return some[x][i] < some[y][i]; });
      if (best != known.end()) ++cheapest[*best];
    }
    for (const std::size_t s : known)
      totals[s].insert(totals[s].end(), some[s].begin(), some[s].end());
  }
  for (const std::size_t s : known) {
    out.push_back(spread_of(s, std::move(totals[s])));
    out.back().cheapest_share = static_cast<double>(cheapest[s]) / static_cast<double>(draws);
  }
  return out;
}

}  // namespace gpusize
