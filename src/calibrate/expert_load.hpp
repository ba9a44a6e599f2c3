#pragma once
// Which tokens lists of timed expert blocks send to the rank that they time.

#include "gpusize/spec/kernel_row.hpp"

namespace gpusize::calibrate {

/// Of the fullest rank.
struct ExpertLoad {
  double rows = 0.0;    ///< copies of tokens for its experts
  double groups = 0.0;  ///< experts that get any
  double tokens = 0.0;  ///< tokens of which it gets a copy or more
};

/// The load that lists mean by their distribution. `balanced` deals copies round. `power_law_a`
/// draws the share of every expert from a Pareto law of exponent a (between 1 and 0.8 of the
/// tokens, or between 0.01 and 2 where there are no more copies than experts), gives no expert more
/// than each token once, hands what is left over to the emptiest experts of each rank in turn, and
/// fills the tokens' choices expert by expert. Mean of draws with a fixed seed.
/// Source: github:ai-dynamo/aiconfigurator@095f58a5 collector/helper.py, read 2026-11-27.
ExpertLoad expert_load(const KernelRow& row);

}  // namespace gpusize::calibrate
