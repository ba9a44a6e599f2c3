#pragma once
// A pool as an integer program, for a solver that is not ours.

#include <string>

#include "gpusize/fleet/pool_solver.hpp"

namespace gpusize {

/// The problem of solve_pool() in CPLEX's LP format, straight from its statement: one binary per
/// model and choice, cards per cut that hold every hour, spares behind a switch per kind. Nothing
/// of our bound or search is in it.
std::string pool_lp(const PoolProblem& problem);

}  // namespace gpusize
