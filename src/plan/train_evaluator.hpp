#pragma once
// Points of a training search: the job of a layout, its block costs, a bound on its time.

#include <array>
#include <map>
#include <vector>

#include "gpusize/plan/train_plan.hpp"

namespace gpusize::plan {

/// What is run again in the backward pass.
struct RecomputeChoice {
  Recompute kind = Recompute::kNone;
  RecomputeParts parts;
};

/// The choices to try, those without recomputation first: the asked one; none, selective and full;
/// or with `all_layouts` every set of parts that the model has.
std::vector<RecomputeChoice> recompute_choices(const ModelSpec& model, const TrainRequest& request,
                                               const TrainChoice& choice);

/// Block costs of one card, shared by layouts that differ only in what a block does not see.
class TrainEvaluator {
 public:
  TrainEvaluator(const Catalog& catalog, const ModelSpec& model, const GpuSpec& gpu,
                 const TrainChoice& choice);

  [[nodiscard]] TrainJob job_of(const TrainLayout& layout, const RecomputeChoice& recompute,
                                double batch) const;
  const ModelCosts& costs(const TrainJob& job);

 private:
  using Key = std::array<std::int64_t, 7>;
  TrainJob job_;
  const TrainChoice& choice_;
  std::map<Key, ModelCosts> memo_;
};

/// Kernels of the layers and the pipeline's bubble over them: no layout finishes a step sooner.
Seconds least_time(const TrainJob& job, const ModelCosts& costs);

}  // namespace gpusize::plan
