#pragma once
// Time of a whole expert block as lists of layers time it.

#include "calibrate/kernel_family.hpp"
#include "gpusize/core/work.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize::calibrate {

/// Copies of tokens on the slowest rank, and the experts that they touch.
struct ExpertLoad {
  double rows = 0.0;
  double groups = 0.0;
};

/// The load that lists mean by their distribution: `balanced` deals copies round; `power_law_a`
/// draws each expert's share from a Pareto law of exponent a between 1 and 0.8 of the tokens and
/// times the fullest rank (mean and deviation of the bounded law; normal maximum of `ep` sums).
/// Source: aiconfigurator, collector/helper.py, read 2026-11-27.
ExpertLoad expert_load(const KernelRow& row);

/// Routing and its launches, two grouped products whose memory and compute times add up, and the
/// passes between them. `weight` carries the formats and one expert matrix's bytes per element.
Seconds expert_block_time(const KernelRow& row, const KernelWork& product, const Device& device,
                          const KernelFamily& family, const ExpertBlockRates& rates);

}  // namespace gpusize::calibrate
