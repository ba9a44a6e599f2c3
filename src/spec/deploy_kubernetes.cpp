// Kubernetes' own workloads, LeaderWorkerSet and Kubeflow training jobs.

#include <algorithm>
#include <array>

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

bool is_kind(Node root, std::string_view kind, std::string_view group) {
  return text_at(root, "kind") == kind && text_at(root, "apiVersion").starts_with(group);
}

std::string object_name(Node root) {
  const Node metadata = root.find("metadata");
  const std::string name = text_at(metadata, "name");
  return name.empty() ? text_at(metadata, "generateName") : name;
}

DeployedWorkload object(const DeployContext& context, Node root, std::string kind) {
  DeployedWorkload w = context.workload(std::move(kind), object_name(root), root);
  w.name_space = text_at(root.find("metadata"), "namespace");
  read_annotations(root.find("metadata"), w);
  return w;
}

constexpr std::array<std::string_view, 7> kPodKinds{
    "Deployment", "StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Pod"};

bool matches_workload(Node root) {
  const std::string kind = text_at(root, "kind");
  const std::string api = text_at(root, "apiVersion");
  const bool own = api == "v1" || api.starts_with("apps/") || api.starts_with("batch/") ||
                   api.empty() || api.starts_with("extensions/");
  return own && std::find(kPodKinds.begin(), kPodKinds.end(), kind) != kPodKinds.end();
}

void read_workload(const DeployContext& context, Node root) {
  const std::string kind = text_at(root, "kind");
  DeployedWorkload w = object(context, root, kind);
  Node spec = root.find("spec");
  if (kind == "CronJob") spec = node_at(spec, "jobTemplate.spec");
  const Node template_node = kind == "Pod" ? root : spec ? spec.find("template") : Node{};
  const Node pod = template_node ? template_node.find("spec") : Node{};
  if (!read_pod(context, pod, template_node ? template_node.find("metadata") : Node{}, {}, w))
    return;
  if (kind == "Job" || kind == "CronJob") {
    const Stated<std::int64_t> parallel = count_at(spec, "parallelism", "replicas", w);
    const bool one_instance = w.training || (w.args.nodes && w.args.nodes->value > 1);
    (one_instance ? w.pods : w.replicas) = parallel;
  } else if (kind == "DaemonSet") {
    w.unresolved.push_back({"replicas", "number of matching nodes", place_of(root)});
  } else if (kind != "Pod") {
    w.replicas = count_at(spec, "replicas", "replicas", w);
  }
  // Replicas of a StatefulSet are the nodes of one instance when the engine says so.
  const bool nodes = w.args.nodes && w.args.nodes->value > 1;
  if (kind == "StatefulSet" && nodes && w.replicas) {
    w.pods = w.args.nodes;
    const std::int64_t instances =
        std::max<std::int64_t>(1, w.replicas->value / w.args.nodes->value);
    w.replicas->value = instances;
  }
  context.add(std::move(w));
}

bool matches_lws(Node root) { return is_kind(root, "LeaderWorkerSet", "leaderworkerset"); }

void read_lws(const DeployContext& context, Node root) {
  DeployedWorkload w = object(context, root, "LeaderWorkerSet");
  const Node spec = root.find("spec");
  const Node group = spec ? spec.find("leaderWorkerTemplate") : Node{};
  if (!group) return;
  w.replicas = count_at(spec, "replicas", "replicas", w);
  w.pods = count_at(group, "size", "pods of a group", w);
  ShellEnvironment given;
  if (w.pods) {
    given["LWS_GROUP_SIZE"] = shell_value(std::to_string(w.pods->value), w.pods->place);
    given["LWS_WORKER_INDEX"] = shell_value("0", w.pods->place);
  }
  given["LWS_LEADER_ADDRESS"] = shell_value("leader", place_of(group));
  const Node leader = group.find("leaderTemplate");
  const Node worker = group.find("workerTemplate");
  const Node first = leader ? leader : worker;
  if (!first) return;
  if (!read_pod(context, first.find("spec"), first.find("metadata"), given, w)) return;
  // A leader without GPUs (a proxy) leaves them all to the workers.
  if (leader && worker) {
    DeployedWorkload other = context.workload(w.kind, w.name, root);
    DeploymentSet scratch;
    const DeployContext quiet{scratch, context.source, context.shared};
    read_pod(quiet, worker.find("spec"), worker.find("metadata"), given, other);
    if (!w.gpus_per_pod && other.gpus_per_pod) {
      w.gpus_per_pod = other.gpus_per_pod;
      w.gpu_resource = other.gpu_resource;
      if (w.pods) w.pods->value = std::max<std::int64_t>(1, w.pods->value - 1);
    }
    if (!w.gpu) {
      w.gpu = other.gpu;
      w.gpu_key = other.gpu_key;
    }
    if (w.engine.empty() && !other.engine.empty()) {
      w.engine = other.engine;
      w.args = other.args;
      w.engine_place = other.engine_place;
    }
  }
  const Node labels = node_at(root, "metadata.labels");
  const std::string role = text_at(labels, "llm-d.ai/role");
  if (role == "prefill" || role == "decode") w.role = role;
  context.add(std::move(w));
}

constexpr std::array<std::string_view, 4> kTrainingKinds{"PyTorchJob", "MPIJob", "TrainJob",
                                                         "JobSet"};

bool matches_training(Node root) {
  const std::string kind = text_at(root, "kind");
  return std::find(kTrainingKinds.begin(), kTrainingKinds.end(), kind) != kTrainingKinds.end();
}

/// Adds a group of pods to the job's: `replicas` of them, GPUs as its template says.
void add_pods(const DeployContext& context, Node replicas_at, std::string_view key,
              Node template_node, DeployedWorkload& w) {
  DeployedWorkload pods = context.workload(w.kind, w.name, replicas_at);
  if (!read_pod(context, template_node.find("spec"), template_node.find("metadata"), {}, pods))
    return;
  const Stated<std::int64_t> count = count_at(replicas_at, key, "nodes", w);
  if (w.engine.empty()) {
    pods.name_space = w.name_space;
    pods.pods = w.pods;
    for (UnresolvedValue& u : w.unresolved) pods.unresolved.push_back(u);
    pods.place = w.place;
    w = std::move(pods);
  } else if (!w.gpus_per_pod) {
    w.gpus_per_pod = pods.gpus_per_pod;
  }
  if (count) {
    const std::int64_t before = w.pods ? w.pods->value : 0;
    w.pods = Placed<std::int64_t>{before + count->value, count->place};
  }
}

void read_training(const DeployContext& context, Node root) {
  const std::string kind = text_at(root, "kind");
  DeployedWorkload w = object(context, root, kind);
  const Node spec = root.find("spec");
  if (!spec) return;
  for (const std::string_view key : {"pytorchReplicaSpecs", "mpiReplicaSpecs"}) {
    const Node groups = spec.find(key);
    if (!groups || !groups.is_map()) continue;
    for (const Node group : groups) {
      if (const Node t = group.find("template")) add_pods(context, group, "replicas", t, w);
    }
  }
  const Node jobs = spec.find("replicatedJobs");
  if (jobs && jobs.is_sequence()) {
    for (const Node job : jobs) {
      if (const Node t = node_at(job, "template.spec.template"))
        add_pods(context, node_at(job, "template.spec"), "parallelism", t, w);
    }
  }
  w.training = true;
  if (w.engine.empty()) w.engine = "torchrun";
  context.add(std::move(w));
}

}  // namespace

const KindReader kWorkloadReader{"Kubernetes workload", matches_workload, read_workload};
const KindReader kLeaderWorkerSetReader{"LeaderWorkerSet", matches_lws, read_lws};
const KindReader kTrainingJobReader{"training job", matches_training, read_training};

}  // namespace gpusize
