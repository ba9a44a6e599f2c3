#pragma once
// Which tokens lists of timed expert blocks send to the rank that they time.

#include <vector>

#include "calibrate/expert_deal.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize::calibrate {

/// Of the fullest rank.
struct ExpertLoad {
  double rows = 0.0;              ///< copies of tokens for its experts
  double groups = 0.0;            ///< experts that get any
  double tokens = 0.0;            ///< tokens of which it gets a copy or more
  std::vector<CopyCounts> draws;  ///< copies of each of its experts, draw by draw; empty: even

  /// Rows of the tiles that hold the copies, where a tile of `tile_rows` holds those of one expert
  /// and the first expert gets `on_first` more. Mean of the draws.
  [[nodiscard]] double padded(double tile_rows, double on_first = 0.0) const;
};

/// The load that lists mean by their distribution. `balanced` deals copies round. `power_law_a`
/// draws the share of every expert from a Pareto law of exponent a (between 1 and 0.8 of the
/// tokens, or between 0.01 and 2 where there are no more copies than experts), makes whole copies
/// of them (`Dealing`) and fills the tokens' choices expert by expert. Mean of draws with a fixed
/// seed.
/// Source: github:ai-dynamo/aiconfigurator@095f58a5 collector/helper.py, read 2026-11-27.
ExpertLoad expert_load(const KernelRow& row, Dealing dealing = Dealing::kPerRank);

}  // namespace gpusize::calibrate
