// Partial objects: a Kustomize patch repeats kind, name and container of a workload and states only
// what it changes.

#include <algorithm>

#include <fmt/format.h>

#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

bool is_patch(const DeployedWorkload& w) {
  return w.engine.empty() && !w.image && w.skipped.empty() && !w.training;
}

bool names(const DeployedWorkload& patch, const DeployedWorkload& w) {
  return !w.engine.empty() && w.kind == patch.kind && w.name == patch.name &&
         w.container == patch.container && w.file != patch.file &&
         (patch.name_space.empty() || w.name_space.empty() || patch.name_space == w.name_space);
}

template <typename T>
void lay_over(const Stated<T>& patch, Stated<T>& into) {
  if (patch) into = patch;
}

/// What a pod patch may state of GPUs, nodes and replicas. Places are those of the patch.
void apply(const DeployedWorkload& patch, DeployedWorkload& w) {
  lay_over(patch.replicas, w.replicas);
  lay_over(patch.gpu_resource, w.gpu_resource);
  lay_over(patch.gpus_per_pod, w.gpus_per_pod);
  if (patch.gpu) {
    w.gpu = patch.gpu;
    w.gpu_key = patch.gpu_key;
  }
  for (const auto& [key, value] : patch.annotations) w.annotations[key] = value;
  if (patch.shared_memory && *patch.shared_memory) w.shared_memory = true;
  w.gpus_per_replica.reset();
  w.total_gpus.reset();
  settle_counts(w);
}

}  // namespace

void apply_patches(DeploymentSet& set) {
  std::vector<DeployedWorkload> kept;
  std::vector<DeployedWorkload> patches;
  for (DeployedWorkload& w : set.workloads) (is_patch(w) ? patches : kept).push_back(std::move(w));
  for (DeployedWorkload& patch : patches) {
    const auto meant = [&](const DeployedWorkload& w) { return names(patch, w); };
    const auto rivals = std::count_if(patches.begin(), patches.end(), [&](const auto& other) {
      return other.kind == patch.kind && other.name == patch.name &&
             other.container == patch.container && other.file != patch.file;
    });
    const auto target = std::find_if(kept.begin(), kept.end(), meant);
    if (target == kept.end()) {
      kept.push_back(std::move(patch));
    } else if (rivals > 0 || std::count_if(kept.begin(), kept.end(), meant) > 1) {
      set.not_assessed.push_back(
          {"GS904",
           fmt::format("one of several overlays of {} {}; render the one that is deployed: "
                       "kustomize build ... | gpusize check -",
                       patch.kind, patch.name),
           patch.file, patch.place});
    } else {
      apply(patch, *target);
    }
  }
  set.workloads = std::move(kept);
}

}  // namespace gpusize
