#pragma once
// What a cost model says when its numbers move: tornado, simulation, break-even, the split of a
// hybrid fleet. All of them run the same engine as the answer itself.

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/tco/engine.hpp"

namespace gpusize {

/// Total costs and benefits by scenario and lane, not rounded to cents: `[scenario][lane]`.
struct TcoTotals {
  std::vector<std::vector<double>> cost;
  std::vector<std::vector<double>> benefit;
};
/// NaN where something is missing. Arguments as for TcoEngine::run; scenarios not run stay zero.
TcoTotals tco_totals(const TcoEngine& engine, std::span<const double> assumptions,
                     std::size_t width, std::span<const std::size_t> only = {});

/// One assumption at both ends of its range, all others at their values.
struct TcoSwing {
  std::size_t scenario = 0;
  const TcoAssumption* driver = nullptr;
  double at_low = 0.0;
  double at_high = 0.0;
  double net_at_low = 0.0;  ///< benefit less cost
  double net_at_high = 0.0;

  [[nodiscard]] double swing() const { return std::fabs(at_high - at_low); }
  [[nodiscard]] double net_swing() const { return std::fabs(net_at_high - net_at_low); }
};
/// For every scenario the drivers that move its cost or benefit, widest swing of the net first.
std::vector<TcoSwing> tco_sensitivity(const TcoEngine& engine);

/// Totals of one scenario over all draws.
struct TcoSpread {
  std::size_t scenario = 0;
  double p10 = 0.0;
  double p50 = 0.0;
  double p90 = 0.0;
  double mean = 0.0;
  double cheapest_share = 0.0;  ///< of the draws
  double net_p10 = 0.0;         ///< of benefit less cost
  double net_p50 = 0.0;
  double net_p90 = 0.0;
  double gain_share = 0.0;  ///< of the draws: the benefit is more than the cost
  double from = 0.0;        ///< of the histogram
  double step = 0.0;
  std::vector<std::int64_t> counts;
};
/// Draws every assumption with a range from a triangle (low, value, high), each on its own. The
/// same seed gives the same draws on every machine and with any number of threads. Scenarios
/// without a price are left out.
std::vector<TcoSpread> tco_simulation(const TcoEngine& engine, std::int64_t draws,
                                      std::uint64_t seed, int threads = 1);

/// Inverse of the triangular distribution: the value below which a share `u` of the draws lies.
double triangular(double low, double mode, double high, double u);

/// Where two scenarios cost the same as one assumption moves.
struct TcoCrossing {
  std::optional<double> at;   ///< nothing: they never cross in the range
  bool cheaper_above = true;  ///< `a` is cheaper above the crossing
  double a_usd = 0.0;         ///< totals at the crossing, else at the present value
  double b_usd = 0.0;
  bool step = false;  ///< costs jump there (a whole replica more), so that the totals differ
};
/// Crossings of any two of `scenarios` as `assumption` moves over [low, high]: looks at `points`
/// values evenly spaced in the logarithm, once for all pairs, and closes in on the first change of
/// sign.
class TcoCrossings {
 public:
  TcoCrossings(const TcoEngine& engine, std::vector<std::size_t> scenarios,
               std::string_view assumption, double low, double high, std::size_t points = 512);
  /// The first value at which scenario `a` stops or begins to cost less than `b`.
  [[nodiscard]] TcoCrossing of(std::size_t a, std::size_t b) const;

 private:
  [[nodiscard]] TcoCrossing finish(TcoCrossing crossing, std::size_t a, std::size_t b,
                                   double where) const;

  const TcoEngine& engine_;
  std::vector<std::size_t> scenarios_;
  std::string assumption_;
  std::vector<double> grid_;
  std::vector<std::vector<double>> costs_;  ///< by scenario and value
};

/// Totals of scenarios over values of one assumption: `[scenario][value]`; `only` as for
/// tco_totals.
std::vector<std::vector<double>> tco_curve(const TcoEngine& engine, std::string_view assumption,
                                           std::span<const double> values,
                                           std::span<const std::size_t> only = {});

/// The value of `base_replicas` in 0 ... `most` at which scenario `scenario` costs least, by trying
/// every one; ties go to the smaller.
std::int64_t cheapest_base(const TcoEngine& engine, std::size_t scenario, std::int64_t most);

}  // namespace gpusize
