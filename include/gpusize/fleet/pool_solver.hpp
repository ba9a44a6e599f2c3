#pragma once
// Several models on one fleet at least cost: each model takes one way to run, and models whose
// peaks fall into different hours share cards.

#include <cstdint>
#include <vector>

namespace gpusize {

/// Cards of one kind, whole or cut into `parts` equal slices.
struct PoolResource {
  double usd_per_month = 0.0;  ///< of one more card
  std::int64_t parts = 1;      ///< slices that fill one card
  std::int64_t owned = 0;      ///< cards at hand, which cost nothing more
  std::int64_t most = -1;      ///< cards that may be had at all; -1: no limit
};

/// One way to run a model: `need[h]` slices (or cards) of `resource` in hour `h`.
struct PoolChoice {
  std::size_t resource = 0;
  std::vector<std::int64_t> need;
};

/// All choices have the same number of hours; every model has at least one choice.
struct PoolProblem {
  std::vector<PoolResource> resources;
  std::vector<std::vector<PoolChoice>> models;
  std::size_t hours = 1;
};

struct PoolSolution {
  bool feasible = false;
  std::vector<std::size_t> choice;  ///< per model
  std::vector<std::int64_t> cards;  ///< per resource, in use at its peak hour
  double usd_per_month = 0.0;       ///< of cards beyond those owned
  double lower_bound = 0.0;         ///< proven: no assignment costs less
  bool optimal = false;             ///< the search was complete
  [[nodiscard]] double gap() const {
    return usd_per_month > 0.0 ? (usd_per_month - lower_bound) / usd_per_month : 0.0;
  }
};

/// Cards per resource and their cost for one assignment.
PoolSolution price_pool(const PoolProblem& problem, const std::vector<std::size_t>& choice);

/// Branch and bound, complete for small pools; `most_nodes` cuts it off, and `lower_bound` is then
/// the Lagrangian one. Never worse than each model's cheapest choice alone.
/// Method: the peak over hours is at least any weighted mean of the hours, so weights per resource
/// that add up to its price give a bound that splits by model (Lagrangian relaxation; Fisher,
/// Management Science 27(1), 1981). The weights come from subgradient steps.
/// Tested: tests/unit/fleet/pool_test.cpp against brute force.
PoolSolution solve_pool(const PoolProblem& problem, std::int64_t most_nodes = 400'000);

}  // namespace gpusize
