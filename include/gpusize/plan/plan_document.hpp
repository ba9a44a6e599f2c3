#pragma once
// The result document of `plan`.

#include <span>

#include "gpusize/core/document.hpp"
#include "gpusize/core/formula.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Everything that a plan says, each number with its derivation.
ResultDocument plan_document(const Catalog& catalog, const ModelSpec& model,
                             const PlanRequest& request, const PlanResult& plan);

/// Formulas of options: from a replica to the fleet and its cost.
std::span<const Formula> plan_option_formulas();

/// The request behind a document, from its `inputs`; `plan-...` diagnostics when they are damaged.
Result<PlanRequest> read_plan_request(Node inputs);

}  // namespace gpusize
