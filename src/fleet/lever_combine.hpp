#pragma once
// Which levers together: every pair, and the best pair extended greedily.

#include <vector>

#include "fleet/lever_table.hpp"

namespace gpusize {

/// Levers by their index in levers(), and the estimate with all of them.
struct LeverCombination {
  std::vector<std::size_t> levers;
  LeverPoint point;
};

/// The best that single levers, all pairs of them and a greedy extension of the best pair give; one
/// lever of a group at most. Only levers of `allowed` (by index) take part. It meets the targets
/// and fits, unless nothing does. `base` alone when no lever helps.
LeverCombination combine_levers(const LeverPoint& base, const std::vector<std::size_t>& allowed,
                                const LeverContext& context);

}  // namespace gpusize
