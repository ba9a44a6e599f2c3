#pragma once
// The result document of `plan`.

#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Everything that a plan says, each number with its derivation.
ResultDocument plan_document(const Catalog& catalog, const ModelSpec& model, const PlanRequest& request,
                             const PlanResult& plan);

}  // namespace gpusize
