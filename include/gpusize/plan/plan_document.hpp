#pragma once
// The result document of `plan`.

#include "gpusize/core/document.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Everything that a plan says, each number with its derivation.
ResultDocument plan_document(const Catalog& catalog, const ModelSpec& model, const PlanRequest& request,
                             const PlanResult& plan);

/// The request behind a document, from its `inputs`; `plan-...` diagnostics when they are damaged.
Result<PlanRequest> read_plan_request(Node inputs);

}  // namespace gpusize
