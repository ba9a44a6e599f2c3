#include "manifest/targets.hpp"

#include <array>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr auto kTargets = std::to_array<ManifestTarget>({
    {"k8s", "Kubernetes Deployment with Service, ServiceMonitor and KEDA rule", write_k8s},
    {"lws", "LeaderWorkerSet: replicas of one or several nodes", write_lws},
    {"kserve", "KServe InferenceService with its own container", write_kserve},
    {"helm-vllm", "values of the vLLM production-stack chart", write_helm_vllm},
    {"compose", "a compose file for one host", write_compose},
    {"slurm", "a Slurm job, one array task a replica", write_slurm},
    {"command", "the engine's command line of one replica", write_command},
});

}  // namespace

std::vector<ManifestTarget> manifest_targets() { return {kTargets.begin(), kTargets.end()}; }

Result<ManifestTarget> find_manifest_target(const std::string& name) {
  std::vector<std::string> names;
  std::string list;
  for (const ManifestTarget& target : kTargets) {
    if (target.name == name) return target;
    names.emplace_back(target.name);
    list += fmt::format("{}{}", list.empty() ? "" : ", ", target.name);
  }
  const std::string near = did_you_mean(name, names);
  return make_error("manifest-target", fmt::format("unknown target \"{}\"", printable(name)), {},
                    fmt::format("{}{}one of: {}", near, near.empty() ? "" : " ", list));
}

std::optional<Diagnostic> needs_one_node(const Manifest& m, std::string_view target,
                                         std::string hint) {
  if (m.nodes == 1) return {};
  return make_error("manifest-target-nodes",
                    fmt::format("{} starts a replica on one node, this one takes {} of {} GPUs",
                                target, m.nodes, m.gpus_per_node),
                    {}, std::move(hint));
}

std::optional<Diagnostic> needs_whole_cards(const Manifest& m, std::string_view target) {
  if (m.card.part.empty()) return {};
  return make_error("manifest-target-part",
                    fmt::format("{} cannot ask for {} of a {}", target, m.card.part, m.card.id), {},
                    "--target k8s, lws, kserve or helm-vllm ask for parts of cards");
}

}  // namespace gpusize
