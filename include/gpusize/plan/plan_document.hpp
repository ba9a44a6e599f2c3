#pragma once
// The result document of `plan`.

#include <memory>
#include <span>

#include "gpusize/core/document.hpp"
#include "gpusize/core/formula.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Everything that a plan says, each number with its derivation. An `owner` of model and plan (the
/// catalog outlives the document anyway) lets reasons of times be made when they are asked; without
/// one all are made now.
ResultDocument plan_document(const Catalog& catalog, const ModelSpec& model,
                             const PlanRequest& request, const PlanResult& plan,
                             const std::shared_ptr<const void>& owner = nullptr);

/// Formulas of options: from a replica to the fleet and its cost.
std::span<const Formula> plan_option_formulas();

/// The request behind a document, from its `inputs`; `plan-...` diagnostics when they are damaged.
Result<PlanRequest> read_plan_request(Node inputs);

}  // namespace gpusize
