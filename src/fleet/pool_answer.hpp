#pragma once
// The steps of a pool's answer: ways to run each model, their assignment, their places.

#include <memory>
#include <string>
#include <vector>

#include "gpusize/fleet/pool.hpp"
#include "gpusize/fleet/pool_placing.hpp"
#include "gpusize/fleet/pool_solver.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/tco/cost.hpp"

namespace gpusize {

/// A way to run a model: the planner's best option on one card or slice size.
struct PoolWay {
  std::size_t option = 0;             ///< of the model's plan
  std::size_t cut = 0;                ///< of the problem
  std::vector<std::int64_t> running;  ///< replicas per hour
};

struct PoolWays {
  PlanRequest request;
  PlanResult plan;
  std::vector<PoolWay> ways;
  std::string reason;  ///< why there is no way
};

/// Everything that the solver and the document need; cards as in the PoolSpec.
struct PoolWorld {
  PoolProblem problem;  ///< kinds and cuts; `models` for those with a way, in their order
  std::vector<std::string> slices;  ///< per cut: the slice's name, empty for whole cards
  std::vector<Why> licences;        ///< per cut: USD a month of one card, null when none
  std::vector<std::int64_t> node_gpus;
  std::vector<CardCost> costs;
  std::vector<PoolWays> models;  ///< as in the PoolSpec
  std::vector<NotAssessed> not_assessed;
};

/// Asks the planner about every model. `est-...` and `plan-...` problems carry the model's place.
Result<PoolWorld> pool_world(const Catalog& catalog, const PoolSpec& pool,
                             const std::vector<std::shared_ptr<const ModelSpec>>& models);

/// A formula of pool_formulas(), or null.
const Formula* pool_formula(std::string_view id);

struct PoolAnswer {
  bool feasible = false;
  bool optimal = false;
  std::vector<std::size_t> placed;  ///< models of the pool, in their order
  std::vector<std::size_t> way;     ///< per placed model
  std::vector<std::size_t> left;    ///< models that did not fit, or have no way
  PoolPlacing placing;              ///< `model` counts `placed`
  std::vector<std::int64_t> cards;  ///< per kind, spares included
  double usd_per_month = 0.0;
  double lower_bound = 0.0;
  std::vector<std::int64_t> addition;  ///< cards per kind above the limits that would hold all
  bool addition_proven = false;        ///< no smaller number does
};

PoolAnswer answer_pool(const PoolSpec& pool, const PoolWorld& world);

}  // namespace gpusize
