#pragma once
// Generation between updates on the GPUs that train: the fastest layout of the engine.

#include "gpusize/estimate/serving.hpp"
#include "plan/train_post.hpp"

namespace gpusize::plan {

/// Mean lengths of one generated sequence; the rest of its group has most of the prompt cached.
RequestShape rollout_shape(const PostTraining& post);

/// Whether engine and formats that the request names are known. Formats are judged for `gpu`.
Diagnostics check_rollout(const Catalog& catalog, const ModelSpec& model, const GpuSpec& gpu,
                          const PostRequest& request);

/// The rollout of `sequences` sequences: engine layouts that divide the GPUs, beside the training
/// states or with these on the host, the fastest of all.
std::optional<Rollout> fastest_rollout(const Catalog& catalog, const TrainOption& option,
                                       const PostRequest& request, double sequences,
                                       NoRoom& short_of);

}  // namespace gpusize::plan
