// Partial objects: a Kustomize patch repeats kind, name and container of a workload and states only
// what it changes.

#include <map>

#include <fmt/format.h>

#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

bool is_patch(const DeployedWorkload& w) {
  return w.engine.empty() && !w.image && w.skipped.empty() && !w.training;
}

/// What a patch repeats of the workload that it changes.
std::string key_of(const DeployedWorkload& w) {
  return fmt::format("{}/{}/{}", w.kind, w.name, w.container);
}

bool may_change(const DeployedWorkload& patch, const DeployedWorkload& w) {
  return !w.engine.empty() && w.file != patch.file &&
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
  std::map<std::string, std::vector<DeployedWorkload>> patches;
  for (DeployedWorkload& w : set.workloads) {
    if (is_patch(w))
      patches[key_of(w)].push_back(std::move(w));
    else
      kept.push_back(std::move(w));
  }
  std::map<std::string, std::vector<std::size_t>> by_key;
  if (!patches.empty()) {
    for (std::size_t i = 0; i < kept.size(); ++i) by_key[key_of(kept[i])].push_back(i);
  }
  for (auto& [key, list] : patches) {
    const auto found = by_key.find(key);
    const bool changes = found != by_key.end() && may_change(list.front(), kept[found->second[0]]);
    const bool sure = list.size() == 1 && changes && found->second.size() == 1;
    for (DeployedWorkload& patch : list) {
      if (sure) {
        apply(patch, kept[found->second[0]]);
      } else if (changes) {
        set.not_assessed.push_back(
            {"GS904",
             fmt::format("one of several overlays of {} {}; render the one that is deployed: "
                         "kustomize build ... | gpusize check -",
                         patch.kind, patch.name),
             patch.file, patch.place});
      } else {
        kept.push_back(std::move(patch));
      }
    }
  }
  set.workloads = std::move(kept);
}

}  // namespace gpusize
