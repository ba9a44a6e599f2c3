#pragma once
// Post-training in the document: memory of the models beside the policy, the parts of a round.

#include "gpusize/plan/result_document.hpp"
#include "gpusize/plan/train_plan.hpp"

namespace gpusize::plan {

/// Rows of memory by role; only roles that the objective has.
std::vector<std::pair<std::string, Why>> why_side_models(const TrainOption& option);
/// Tokens that the data set makes.
Why why_dataset_tokens(const TrainRequest& request, const TrainSpec& spec);
/// The round of an option that has one.
void write_round(ObjectWriter out, const TrainOption& option, const PostRequest& request);

std::span<const Formula> post_formulas();

}  // namespace gpusize::plan
