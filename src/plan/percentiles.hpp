#pragma once
// Latency percentiles of a plan's option: by the closed form of `serve` in the search, by
// simulation where the user asks to verify.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/serve/closed_form.hpp"

namespace gpusize {

/// Arrivals and lengths that a plan stands for: those of its profile; lengths that the user gave
/// keep the spread of the chat profile around their means.
Workload demand_workload(const Catalog& catalog, const PlanRequest& request);

/// Nothing for engines without continuous batching and where the queue would grow.
std::optional<ClosedForm> option_percentiles(const PlanOption& option, const Workload& workload);
/// What a plan states of each of its options: by simulation where there was one. On `jobs` threads,
/// since this is most of a plan's time.
std::vector<std::optional<ClosedForm>> stated_percentiles(const std::vector<PlanOption>& options,
                                                          const Workload& workload, int jobs);

/// Replicas of the option that the percentile targets take, at least those it has; nothing when no
/// number of them is enough.
std::optional<std::int64_t> replicas_for_percentiles(const PlanOption& option,
                                                     const PlanRequest& request,
                                                     const Workload& workload);

/// Whether the gaps between arrivals vary so much more than Poisson's that the closed form, made
/// for steady arrivals, does not see the queues that they make.
bool comes_in_bursts(const Workload& workload);

/// Simulates the first options and puts those that miss a target behind the others; where arrivals
/// come in bursts, replicas are added until none is missed. Notes say so.
void verify_options(std::vector<PlanOption>& options, const PlanRequest& request,
                    const Workload& workload, std::vector<std::string>& notes);

/// The targets among a document's inputs, and back.
void write_percentile_targets(ObjectWriter& out, const PercentileTargets& targets);
PercentileTargets read_percentile_targets(MapReader& reader);

}  // namespace gpusize
