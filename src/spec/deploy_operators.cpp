// Operators: Ray Serve (RayService), NVIDIA Dynamo graphs, NVIDIA NIM.

#include <algorithm>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/yaml_stream.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

std::string object_name(Node root) { return text_at(root.find("metadata"), "name"); }

// --- Ray ---------------------------------------------------------------------------------------

bool matches_ray(Node root) {
  const std::string kind = text_at(root, "kind");
  const bool object = (kind == "RayService" || kind == "RayCluster" || kind == "RayJob") &&
                      text_at(root, "apiVersion").starts_with("ray.io/");
  const Node applications = root.find("applications");
  return object || (kind.empty() && applications && applications.is_sequence());
}

/// GPUs and card of the first worker group that has any.
void read_worker_groups(const DeployContext& context, Node cluster, DeployedWorkload& w) {
  const Node groups = cluster ? cluster.find("workerGroupSpecs") : Node{};
  if (!groups || !groups.is_sequence()) return;
  for (const Node group : groups) {
    DeployedWorkload pod;
    DeploymentSet scratch;
    const DeployContext quiet{scratch, context.source, context.shared};
    if (!read_pod(quiet, node_at(group, "template.spec"), {}, {}, pod) || !pod.gpu_resource)
      continue;
    if (!w.gpu) {
      w.gpu = pod.gpu;
      w.gpu_key = pod.gpu_key;
    }
    if (!w.gpu_resource) w.gpu_resource = pod.gpu_resource;
    return;
  }
}

void read_llm_config(const DeployContext& context, Node config, Node cluster,
                     const std::string& name, Node root) {
  DeployedWorkload w = context.workload("RayService", name, root);
  w.engine = "vllm";
  w.engine_place = place_of(config);
  const Node loading = config.find("model_loading_config");
  const Node source = loading ? loading.find("model_source") : Node{};
  const Node id = loading ? loading.find("model_id") : Node{};
  w.args.model = stated_text(source && source.is_scalar() ? source : id);
  w.args.served_name = stated_text(id);
  apply_option_file(kVllm, config.find("engine_kwargs"), w);
  if (const Node card = config.find("accelerator_type"); card && card.is_scalar()) {
    w.gpu = stated_text(card);
    w.gpu_key = "accelerator_type";
  }
  read_worker_groups(context, cluster, w);
  const Node scaling = node_at(config, "deployment_config.autoscaling_config");
  w.replicas = count_at(scaling ? scaling : config.find("deployment_config"),
                        scaling ? "min_replicas" : "num_replicas", "replicas", w);
  if (scaling) w.max_replicas = count_at(scaling, "max_replicas", "replicas", w);
  if (!w.args.tp) w.args.tp = Placed<std::int64_t>{1, place_of(config)};
  context.add(std::move(w));
}

void read_applications(const DeployContext& context, Node serve, Node cluster,
                       const std::string& name, Node root) {
  const Node applications = serve.find("applications");
  if (!applications || !applications.is_sequence()) return;
  for (const Node application : applications) {
    const Node configs = node_at(application, "args.llm_configs");
    if (!configs || !configs.is_sequence()) continue;
    for (const Node config : configs) {
      if (config.is_map()) {
        read_llm_config(context, config, cluster, name, root);
      } else {
        context.not_assessed("GS902", "an llm_config kept in another file", place_of(config));
      }
    }
  }
}

void read_ray(const DeployContext& context, Node root) {
  const std::string name = object_name(root);
  if (root.find("applications")) return read_applications(context, root, {}, name, root);
  const Node spec = root.find("spec");
  const Node serve = spec ? spec.find("serveConfigV2") : Node{};
  const Node cluster = node_at(root, "spec.rayClusterConfig");
  if (serve && serve.is_scalar()) {
    const auto lines = static_cast<std::uint32_t>(std::max(0, place_of(serve).line));
    auto document = read_yaml(context.source->path(), serve.text(), {}, lines);
    if (document.ok()) document = resolve_merge_keys(*document);
    if (!document.ok() || !document->root().is_map()) {
      context.not_assessed("GS902", "serveConfigV2 is no YAML map", place_of(serve));
      return;
    }
    const std::size_t before = context.out.workloads.size();
    read_applications(context, document->root(), cluster, name, root);
    if (context.out.workloads.size() > before) return;
  }
  // Another application on Ray: its GPUs are all that can be said.
  DeployedWorkload w = context.workload(text_at(root, "kind"), name, root);
  read_worker_groups(context, cluster ? cluster : spec, w);
  if (!w.gpu_resource) return;
  context.not_assessed("GS903", "a Ray application that names no LLM engine", place_of(root));
}

// --- Dynamo ------------------------------------------------------------------------------------

bool matches_dynamo(Node root) { return text_at(root, "kind") == "DynamoGraphDeployment"; }

void read_dynamo_service(const DeployContext& context, Node root, Node service,
                         const ShellEnvironment& given) {
  DeployedWorkload w = context.workload("DynamoGraphDeployment", object_name(root), root);
  read_annotations(root.find("metadata"), w);
  const Node extra = service.find("extraPodSpec");
  const Node container = extra ? extra.find("mainContainer") : Node{};
  ShellEnvironment environment = given;
  environment = container_environment(service, context, environment);
  if (container && container.is_map()) read_container(context, container, extra, environment, w);
  if (extra) read_node_selection(extra, w);
  read_gpu_resources(service.find("resources"), w);
  if (!w.gpu_resource && container) read_gpu_resources(container.find("resources"), w);
  if (w.engine.empty() || !w.gpu_resource) return;  // front ends and planners
  w.container = std::string(service.key());
  const std::string role = text_at(service, "subComponentType");
  if (role == "prefill" || role == "decode") w.role = role;
  w.pods = count_at(service.find("multinode"), "nodeCount", "pods", w);
  w.replicas = count_at(service, "replicas", "replicas", w);
  context.add(std::move(w));
}

void read_dynamo(const DeployContext& context, Node root) {
  const Node services = node_at(root, "spec.services");
  if (!services || !services.is_map()) return;
  const Node spec = root.find("spec");
  const ShellEnvironment given = container_environment(spec, context, {});
  for (const Node service : services) {
    if (service.is_map()) read_dynamo_service(context, root, service, given);
  }
}

// --- NIM ---------------------------------------------------------------------------------------

bool matches_nim(Node root) {
  const std::string kind = text_at(root, "kind");
  return (kind == "NIMService" || kind == "NIMPipeline") &&
         text_at(root, "apiVersion").starts_with("apps.nvidia.com");
}

/// `nvcr.io/nim/meta/llama3-70b-instruct`: organisation and model behind `nim/`.
std::string nim_model(std::string_view repository) {
  const std::size_t at = repository.find("nim/");
  if (at == std::string_view::npos) return {};
  return std::string(repository.substr(at + 4));
}

void read_nim_spec(const DeployContext& context, Node root, Node spec, std::string name,
                   std::string kind) {
  DeployedWorkload w = context.workload(std::move(kind), std::move(name), root);
  w.engine = "nim";
  const Node repository = node_at(spec, "image.repository");
  if (repository && repository.is_scalar()) {
    w.image = stated_text(repository);
    const std::string model = nim_model(repository.text());
    if (!model.empty()) w.args.model = Placed<std::string>{model, place_of(repository)};
  }
  if (const Node tag = node_at(spec, "image.tag"); tag && tag.is_scalar())
    w.engine_version = version_from_image("nim:" + std::string(tag.text()), place_of(tag));
  read_gpu_resources(spec.find("resources"), w);
  read_node_selection(spec, w);
  w.replicas = count_at(spec, "replicas", "replicas", w);
  if (!w.replicas) w.replicas = count_at(spec, "replicaCount", "replicas", w);
  const Node hpa = node_at(spec, "scale.hpa");
  if (hpa && text_at(spec.find("scale"), "enabled") == "true") {
    w.replicas = count_at(hpa, "minReplicas", "replicas", w);
    w.max_replicas = count_at(hpa, "maxReplicas", "replicas", w);
  }
  context.add(std::move(w));
}

void read_nim(const DeployContext& context, Node root) {
  const Node spec = root.find("spec");
  if (!spec) return;
  const Node services = spec.find("services");
  if (!services || !services.is_sequence())
    return read_nim_spec(context, root, spec, object_name(root), text_at(root, "kind"));
  for (const Node service : services) {
    if (const Node inner = service.find("spec"))
      read_nim_spec(context, root, inner, text_at(service, "name"), text_at(root, "kind"));
  }
}

/// Values of the NIM chart: an image below `nim/` at the top and a model section.
bool matches_nim_values(Node root) {
  const std::string repository = text_at(root.find("image"), "repository");
  return repository.find("nim/") != std::string::npos && !root.find("kind");
}

void read_nim_values(const DeployContext& context, Node root) {
  const std::string name = text_at(root.find("model"), "name");
  read_nim_spec(context, root, root, name, "helm:nim-llm");
}

}  // namespace

const KindReader kRayReader{"RayService", matches_ray, read_ray};
const KindReader kDynamoReader{"DynamoGraphDeployment", matches_dynamo, read_dynamo};
const KindReader kNimReader{"NIMService", matches_nim, read_nim};
const KindReader kNimValuesReader{"helm:nim-llm", matches_nim_values, read_nim_values};

}  // namespace gpusize
