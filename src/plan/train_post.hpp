#pragma once
// Post-training in a plan: what the request means, and the time of one round, its rollout by the
// inference estimator.

#include "gpusize/plan/train_plan.hpp"

namespace gpusize::plan {

/// Checks the request and names the models that stand beside the policy.
std::shared_ptr<const PostTraining> resolve_post(Diagnostics& problems, const TrainRequest& request,
                                                 TrainSpec& spec, std::vector<std::string>& notes);

/// Whether a pass would hold one half of a preference pair.
bool splits_pairs(const PostTraining* post, const TrainLayout& layout);

/// Sequences that one example of the data set becomes: a pair, a group, or one.
double sequences_per_example(const TrainRequest& request);
/// Tokens to train on: as asked, or what the data set makes.
double tokens_of(const TrainRequest& request, const TrainSpec& spec);

/// Why no engine can generate on the training GPUs.
struct NoRoom {
  Bytes needed;
  Bytes available;
};

/// The round of an option whose layout, step and memory are known. Nothing, with the reason, where
/// no layout of the engine has room for weights and one sequence.
std::optional<PostRound> post_round(const Catalog& catalog, const TrainOption& option,
                                    const ModelCosts& costs, const PostRequest& request,
                                    NoRoom& short_of);

}  // namespace gpusize::plan
