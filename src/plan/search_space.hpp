#pragma once
// What a search knows of a layout before it looks at any card.

#include <vector>

#include "gpusize/layout/enumerate.hpp"
#include "gpusize/ops/tensors.hpp"
#include "gpusize/plan/planner.hpp"

namespace gpusize {

/// Figures of one layout under one weight plan, the same for every card.
struct LayoutFacts {
  Layout layout;
  Infeasible why;          ///< set when the model cannot be divided so
  WeightBytes weights;     ///< heaviest pipeline stage
  Bytes streamed_weights;  ///< read by every decode step on one tensor-parallel rank, all stages:
                           ///< experts and embedding left out
  double layer_parameters = 0.0;  ///< multiplied per token in the layers (active experts only)
};

LayoutFacts layout_facts(const ModelSpec& model, const WeightPlan& weights, const Layout& layout,
                         const ParameterCounts& counts);

/// rate_upper_bound() from figures already at hand.
double rate_upper_bound(const Deployment& replica, const LayoutFacts& facts,
                        const RequestShape& request, double in_flight);

/// One card under one engine and pair of formats.
struct CardSpace {
  Deployment base;  ///< layout not yet set
  const CardCost* cost = nullptr;
  const std::vector<LayoutFacts>* layouts = nullptr;
  const Workload* workload = nullptr;  ///< for percentile targets
};

/// What the search of one card gives.
struct CardOutcome {
  std::vector<PlanOption> options;  ///< the best, or all when asked
  std::vector<PlanRejection> rejected;
  std::int64_t considered = 0;
  std::int64_t evaluated = 0;
};

CardOutcome search_card(const CardSpace& space, const PlanRequest& request, SearchMode mode);

/// GPUs and nodes of the option's replicas.
void count_gpus(PlanOption& option, const PlanRequest& request);

/// Fleet size for a replica that completes `rate` requests a second, with the headroom.
void size_fleet(PlanOption& option, const PlanRequest& request, double rate);

/// What the ranking minimises, from an option's figures.
double objective(const PlanOption& option, const PlanRequest& request);

}  // namespace gpusize
