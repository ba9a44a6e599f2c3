#pragma once
// The result document of `train` and of `estimate --phase train`.

#include "gpusize/core/document.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/plan/train_plan.hpp"

namespace gpusize {

/// `status` is feasible or infeasible; every number has its derivation. Diagnostics are for
/// requests that make no sense.
Result<ResultDocument> train_document(const Catalog& catalog, const ModelSpec& model,
                                      const TrainRequest& request);

/// The request behind a document, from its `inputs`.
Result<TrainRequest> read_train_request(Node inputs);

}  // namespace gpusize
