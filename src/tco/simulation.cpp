// The simulation: draws in blocks of lanes, each block with a generator of its own, so that the
// result depends on the seed alone.

#include <algorithm>
#include <cmath>
#include <random>

#include "gpusize/core/parallel.hpp"
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

TcoSpread spread_of(std::size_t scenario, std::vector<double> costs, std::vector<double> nets) {
  TcoSpread out;
  out.scenario = scenario;
  double sum = 0.0;
  for (const double cost : costs) sum += cost;
  const auto count = static_cast<double>(costs.size());
  out.mean = sum / count;
  const auto [least, most] = std::minmax_element(costs.begin(), costs.end());
  out.from = *least;
  out.step = (*most - *least) / static_cast<double>(kBins);
  out.counts.assign(kBins, 0);
  for (const double cost : costs) {
    const double bin = out.step > 0.0 ? (cost - out.from) / out.step : 0.0;
    ++out.counts[std::min(kBins - 1, static_cast<std::size_t>(bin))];
  }
  out.p10 = quantile(costs, 0.1);
  out.p50 = quantile(costs, 0.5);
  out.p90 = quantile(costs, 0.9);
  const auto gains = std::count_if(nets.begin(), nets.end(), [](double net) { return net > 0.0; });
  out.gain_share = static_cast<double>(gains) / count;
  out.net_p10 = quantile(nets, 0.1);
  out.net_p50 = quantile(nets, 0.5);
  out.net_p90 = quantile(nets, 0.9);
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

namespace {

/// Draws one block and puts its totals in place.
struct Simulation {
  const TcoEngine& engine;
  std::uint64_t seed;
  std::size_t count;
  std::vector<Range> ranges;
  std::vector<double> base;
  std::vector<std::vector<double>> costs;  ///< [scenario][draw]
  std::vector<std::vector<double>> nets;

  void run_block(std::size_t block) {
    const std::size_t first = block * kLanes;
    const std::size_t width = std::min(kLanes, count - first);
    std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U),
                        static_cast<std::uint32_t>(block)};
    std::mt19937_64 random(mixed);
    std::vector<double> lanes;
    lanes.reserve(base.size() * width);
    for (const double value : base) lanes.insert(lanes.end(), width, value);
    for (const Range& r : ranges) {
      for (std::size_t i = 0; i < width; ++i)
        lanes[r.index * width + i] = triangular(r.low, r.mode, r.high, uniform(random));
    }
    const TcoTotals some = tco_totals(engine, lanes, width);
    for (std::size_t s = 0; s < costs.size(); ++s) {
      for (std::size_t i = 0; i < width; ++i) {
        costs[s][first + i] = some.cost[s][i];
        nets[s][first + i] = some.benefit[s][i] - some.cost[s][i];
      }
    }
  }
};

}  // namespace

std::vector<TcoSpread> tco_simulation(const TcoEngine& engine, std::int64_t draws,
                                      std::uint64_t seed, int threads) {
  std::vector<TcoSpread> out;
  if (draws <= 0) return out;
  const auto count = static_cast<std::size_t>(draws);
  const std::size_t scenarios = engine.scenarios().size();
  const std::vector<std::vector<double>> room(scenarios, std::vector<double>(count));
  Simulation work{engine, seed, count, ranges_of(engine.model()), engine.base_values(), room, room};
  if (work.ranges.empty()) return out;  // nothing varies
  const std::size_t blocks = (count + kLanes - 1) / kLanes;
  for_each_index(blocks, threads, [&](std::size_t block) { work.run_block(block); });

  std::vector<std::size_t> known;
  for (std::size_t s = 0; s < scenarios; ++s) {
    if (engine.scenarios()[s].missing.empty()) known.push_back(s);
  }
  std::vector<std::int64_t> cheapest(scenarios, 0);
  for (std::size_t i = 0; i < count && !known.empty(); ++i) {
    ++cheapest[*std::min_element(known.begin(), known.end(), [&](std::size_t x, std::size_t y) {
      return work.costs[x][i] < work.costs[y][i];
    })];
  }
  for (const std::size_t s : known) {
    out.push_back(spread_of(s, std::move(work.costs[s]), std::move(work.nets[s])));
    out.back().cheapest_share = static_cast<double>(cheapest[s]) / static_cast<double>(draws);
  }
  return out;
}

}  // namespace gpusize
