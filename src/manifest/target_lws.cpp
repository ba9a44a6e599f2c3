// A LeaderWorkerSet: a group of pods is one replica, a pod one of its nodes.

#include <fmt/format.h>

#include "manifest/kubernetes_parts.hpp"
#include "manifest/targets.hpp"

namespace gpusize {
namespace {

/// The nodes of one group near each other: they exchange activations in every step.
Tree near_group() {
  return {
      {"podAffinity",
       {{"preferredDuringSchedulingIgnoredDuringExecution",
         Tree::array({{{"weight", 100},
                       {"podAffinityTerm",
                        {{"topologyKey", "topology.kubernetes.io/zone"},
                         {"matchLabelKeys", Tree::array({"leaderworkerset.sigs.k8s.io/group-key"})},
                         {"labelSelector",
                          {{"matchExpressions",
                            Tree::array({{{"key", "leaderworkerset.sigs.k8s.io/group-key"},
                                          {"operator", "Exists"}}})}}}}}}})}}}};
}

Tree pod_template(const Manifest& m, const EngineCommand& command, PodRole role) {
  Tree pod = pod_spec(m, command, role);
  if (m.nodes > 1) pod["affinity"] = near_group();
  return {{"metadata", {{"labels", pod_labels(m)}}}, {"spec", pod}};
}

/// A worker's command in a shell, which does the arithmetic on its index.
EngineCommand in_shell(const EngineCommand& command) {
  std::string line = "exec";
  for (const std::string& word : command.program) line += " " + word;
  for (const std::string& word : command.arguments()) line += " " + word;
  EngineCommand out;
  out.program = {"sh", "-c"};
  out.positional = {line};
  return out;
}

Tree lws(const Manifest& m, const Tree& group) {
  return {{"apiVersion", "leaderworkerset.x-k8s.io/v1"},
          {"kind", "LeaderWorkerSet"},
          {"metadata", object_metadata(m, true)},
          {"spec", {{"replicas", m.replicas}, {"leaderWorkerTemplate", group}}}};
}

}  // namespace

Result<std::string> write_lws(const Manifest& m) {
  if (m.nodes > 1 && m.engine == "tensorrt-llm")
    return *needs_one_node(m, "TensorRT-LLM in a LeaderWorkerSet",
                           "its nodes are joined by MPI: --target slurm");
  const Rendezvous leader{false, "0", "$(LWS_LEADER_ADDRESS)", "0"};
  const auto command = engine_command(m, kOptionFolder, m.nodes > 1 ? &leader : nullptr);
  if (!command.ok()) return command.errors();
  Tree group{{"size", m.nodes}};
  group["#restart"] = "A replica that lost a node starts again as a whole";
  group["restartPolicy"] = "RecreateGroupOnPodRestart";
  if (m.nodes > 1) {
    const Rendezvous follower{
        true, "${LWS_WORKER_INDEX}", "${LWS_LEADER_ADDRESS}",
        fmt::format("$((LWS_WORKER_INDEX*{}))", m.settings.layout.dp / m.nodes)};
    const auto worker = engine_command(m, kOptionFolder, &follower);
    if (!worker.ok()) return worker.errors();
    group["leaderTemplate"] = pod_template(m, *command, PodRole::kServer);
    group["workerTemplate"] = pod_template(m, in_shell(*worker), PodRole::kWorker);
  } else {
    group["workerTemplate"] = pod_template(m, *command, PodRole::kServer);
  }
  std::vector<Tree> objects{with_comments(m, lws(m, group))};
  add_object(objects, option_file_object(m, *command));
  add_object(objects, service_object(m, {{"leaderworkerset.sigs.k8s.io/worker-index", "0"}}));
  add_object(objects, service_monitor_object(m));
  add_object(objects, scaled_object(m, "leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"));
  return yaml_text(objects);
}

}  // namespace gpusize
