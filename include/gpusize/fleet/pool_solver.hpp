#pragma once
// Several models on one fleet at least cost: each model takes one way to run, and models whose
// peaks fall into different hours share cards.

#include <cstdint>
#include <vector>

namespace gpusize {

/// One card of the pool.
struct PoolKind {
  double usd_per_month = 0.0;        ///< of one more card
  std::int64_t owned = 0;            ///< cards at hand
  std::int64_t most = -1;            ///< cards that may be had at all; -1: no limit
  double owned_usd_per_month = 0.0;  ///< of an owned card in use; not above `usd_per_month`
  std::int64_t spare = 0;            ///< idle cards on top, when any is in use
};

/// Cards of one kind, whole or cut into `parts` equal slices. A card is cut one way at a time.
struct PoolCut {
  std::size_t kind = 0;
  std::int64_t parts = 1;
  double usd_per_month = 0.0;  ///< of each card cut this way, on top of the card: licences
};

/// One way to run a model: `need[h]` slices (or cards) of `cut` in hour `h`.
struct PoolChoice {
  std::size_t cut = 0;
  std::vector<std::int64_t> need;
};

/// All choices have the same number of hours; every model has at least one choice.
struct PoolProblem {
  std::vector<PoolKind> kinds;
  std::vector<PoolCut> cuts;
  std::vector<std::vector<PoolChoice>> models;
  std::size_t hours = 1;
};

/// How long the search may take.
struct PoolEffort {
  std::int64_t most_nodes = 400'000;    ///< of branch and bound
  int steps = 2000;                     ///< of the bound's ascent
  std::int64_t most_moves = 1'000'000;  ///< of the local search; fewer for small pools
};

struct PoolSolution {
  bool feasible = false;
  std::vector<std::size_t> choice;  ///< per model
  std::vector<std::int64_t> cards;  ///< per kind, spares included
  double usd_per_month = 0.0;
  double lower_bound = 0.0;  ///< proven: no assignment costs less
  bool optimal = false;      ///< the search was complete
};

/// What `cards` of a kind cost a month, spares included in them.
double usd_per_month(const PoolKind& kind, std::int64_t cards);

/// Cards per kind and their cost for one assignment.
PoolSolution price_pool(const PoolProblem& problem, const std::vector<std::size_t>& choice);

/// Branch and bound, complete for small pools; the effort cuts it off, and `lower_bound` is then
/// the Lagrangian one. Never worse than each model's cheapest choice alone.
/// Method: the peak over hours is at least any weighted mean of the hours, so weights per cut give
/// a bound that splits by model (Lagrangian relaxation; Fisher, Management Science 27(1), 1981).
/// Their sum per card lies between what an owned card costs and the price of one more, and above it
/// where a limit binds. The weights come from multiplicative subgradient steps. A local search
/// gives branch and bound its first assignment, and large pools their best. Tested:
/// tests/unit/fleet/pool_test.cpp against brute force; tests/pool_cbc against another solver.
PoolSolution solve_pool(const PoolProblem& problem, const PoolEffort& effort = {});

}  // namespace gpusize
