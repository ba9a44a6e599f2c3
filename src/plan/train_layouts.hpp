#pragma once
// The layouts of a training search.

#include <functional>

#include "gpusize/plan/train_plan.hpp"

namespace gpusize::plan {

/// One point of the space: a layout with what is recomputed.
struct TrainPoint {
  TrainLayout layout;
  Recompute recompute = Recompute::kNone;
};

/// Every layout of `gpus` cards that divides the model: tensor ranks divide the heads and stay
/// inside a link domain, stages hold at least one layer, expert ranks divide the experts, the batch
/// divides over ranks and passes. `visit` returns false to stop.
void for_each_layout(const ModelSpec& model, const GpuSpec& gpu, const FrameworkProfile& framework,
                     const TrainRequest& request, double global_batch, std::int64_t gpus,
                     const std::function<bool(const TrainLayout&)>& visit);

}  // namespace gpusize::plan
