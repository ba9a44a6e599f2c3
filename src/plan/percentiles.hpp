#pragma once
// Latency percentiles of a plan's option, by the closed form of `serve`.

#include <optional>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/serve/closed_form.hpp"

namespace gpusize {

/// Arrivals and lengths that a plan stands for: those of its profile; lengths that the user gave
/// keep the spread of the chat profile around their means.
Workload demand_workload(const Catalog& catalog, const PlanRequest& request);

/// Nothing for engines without continuous batching and where the queue would grow.
std::optional<ClosedForm> option_percentiles(const PlanOption& option, const Workload& workload);

}  // namespace gpusize
