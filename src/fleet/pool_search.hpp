#pragma once
// Local search for pools that are too large to solve exactly.

#include <cstdint>
#include <vector>

#include "gpusize/fleet/pool_solver.hpp"

namespace gpusize {

/// The best assignment that `moves` single moves from `start` find. Threshold accepting: a move is
/// taken when it costs less than a threshold more, which falls from a few cards to nothing (Dueck
/// and Scheuer, Journal of Computational Physics 90(1), 1990). Repeatable: the random numbers are
/// those of a fixed seed, and no exponential is drawn.
std::vector<std::size_t> search_pool(const PoolProblem& problem, std::vector<std::size_t> start,
                                     std::int64_t moves);

}  // namespace gpusize
