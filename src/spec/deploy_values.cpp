// Helm values that are read without rendering: vLLM production-stack and llm-d modelservice. A
// chart that wraps one of them keeps its values one level down.

#include <algorithm>
#include <cctype>

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

/// The map that holds `key`, here or one level down.
Node holder(Node root, std::string_view key) {
  if (!root || !root.is_map() || root.find("kind")) return {};
  if (root.find(key)) return root;
  for (const Node child : root) {
    if (child.is_map() && child.find(key)) return child;
  }
  return {};
}

/// `maxModelLen` to `max-model-len`.
std::string dashed(std::string_view camel) {
  std::string out;
  for (const char c : camel) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) out.push_back('-');
    out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return out;
}

std::vector<ShellWord> words_of(Node list) {
  std::vector<ShellWord> out;
  if (!list || !list.is_sequence()) return out;
  for (const Node item : list) {
    if (!item.is_scalar()) continue;
    // One item may hold an option and its value.
    ShellEnvironment none;
    Locator where(nullptr, place_of(item), 0);
    const ShellScript script = read_shell(item.text(), where, none);
    if (script.commands.size() == 1 && item.text().starts_with("--")) {
      for (ShellWord word : script.commands.front().words) {
        word.place = place_of(item);
        out.push_back(std::move(word));
      }
    } else {
      out.push_back({std::string(item.text()), "", place_of(item)});
    }
  }
  return out;
}

// --- production-stack ----------------------------------------------------------------------------

bool matches_stack(Node root) {
  const Node at = holder(root, "servingEngineSpec");
  return at && at.find("servingEngineSpec").is_map();
}

/// GPUs that an engine is shown where none is requested.
void read_visible_devices(Node spec, DeployedWorkload& w) {
  const Node devices = node_at(spec, "lmcacheConfig.cudaVisibleDevices");
  if (!devices || !devices.is_scalar() || devices.text().empty()) return;
  const auto count = static_cast<std::int64_t>(split(devices.text(), ',').size());
  w.gpus_per_pod = Placed<std::int64_t>{count, place_of(devices)};
}

void read_model_spec(const DeployContext& context, Node spec) {
  DeployedWorkload w = context.workload("helm:production-stack", text_at(spec, "name"), spec);
  w.engine = "vllm";
  w.engine_place = place_of(spec);
  const std::string image = text_at(spec, "repository") + ":" + text_at(spec, "tag");
  w.image = Placed<std::string>{image, place_of(spec)};
  if (const Node tag = spec.find("tag"))
    w.engine_version = version_from_image(image, place_of(tag));
  keep_own_version(w);
  w.args.model = stated_text(spec.find("modelURL"));
  if (w.args.model) w.args.model->value = model_from_uri(w.args.model->value);
  const Node config = spec.find("vllmConfig");
  if (config && config.is_map()) {
    for (const Node option : config) {
      if (option.is_scalar())
        apply_value(kVllm, dashed(option.key()), option.text(), place_of(option), w);
    }
    apply_arguments(kVllm, words_of(config.find("extraArgs")), w);
  }
  const Node gpu_type = spec.find("requestGPUType");
  w.gpus_per_pod = count_at(spec, "requestGPU", "gpus", w);
  if (w.gpus_per_pod) {
    w.gpu_resource = gpu_type && gpu_type.is_scalar()
                         ? stated_text(gpu_type)
                         : Placed<std::string>{"nvidia.com/gpu", w.gpus_per_pod->place};
  } else {
    read_visible_devices(spec, w);
  }
  w.replicas = count_at(spec, "replicaCount", "replicas", w);
  const Node most = node_at(spec, "autoscaling.maxReplicas");
  if (most && text_at(spec.find("autoscaling"), "enabled") == "true")
    w.max_replicas = count_at(spec.find("autoscaling"), "maxReplicas", "replicas", w);
  const Node keda = spec.find("keda");
  if (keda && text_at(keda, "enabled") == "true")
    w.max_replicas = count_at(keda, "maxReplicaCount", "replicas", w);
  const Node ray = spec.find("raySpec");
  if (ray && ray.is_map() && text_at(ray, "enabled") != "false") {
    const Stated<std::int64_t> head = count_at(ray.find("headNode"), "requestGPU", "gpus", w);
    // The head is one more node; replicaCount then counts the workers of one instance.
    if (head && head->value > 0) {
      const std::int64_t workers = w.replicas ? w.replicas->value : 1;
      w.pods = Placed<std::int64_t>{workers + 1, head->place};
      w.replicas.reset();
    }
  }
  const std::string kv_role = text_at(spec.find("lmcacheConfig"), "kvRole");
  if (kv_role == "kv_producer") w.role = "prefill";
  if (kv_role == "kv_consumer") w.role = "decode";
  read_node_selection(spec, w);
  context.add(std::move(w));
}

void read_stack(const DeployContext& context, Node root) {
  const Node specs = node_at(holder(root, "servingEngineSpec"), "servingEngineSpec.modelSpec");
  if (!specs || !specs.is_sequence()) return;
  for (const Node spec : specs) {
    if (spec.is_map() && text_at(spec, "enabled") != "false") read_model_spec(context, spec);
  }
}

// --- llm-d modelservice ------------------------------------------------------------------------

bool matches_modelservice(Node root) {
  const Node at = holder(root, "modelArtifacts");
  return at && (at.find("decode") || at.find("prefill"));
}

std::string model_of(Node values) {
  const Node artifacts = values.find("modelArtifacts");
  const std::string uri = text_at(artifacts, "uri");
  const std::string name = text_at(artifacts, "name");
  const bool templated = uri.find("{{") != std::string::npos;
  if (uri.starts_with("hf://") && !templated) return model_from_uri(uri);
  return name.empty() ? uri : name;
}

/// The vendor behind an accelerator type or an image.
std::string other_vendor(const std::string& type, const std::string& image) {
  if (type.find("gaudi") != std::string::npos || image.find("habana") != std::string::npos)
    return "Intel Gaudi";
  if (type.find("tpu") != std::string::npos) return "TPU";
  return {};
}

void read_pool(const DeployContext& context, Node values, std::string_view role) {
  const Node pool = values.find(role);
  if (!pool || !pool.is_map() || text_at(pool, "create") == "false") return;
  const std::string model = model_of(values);
  DeployedWorkload w =
      context.workload("helm:llm-d-modelservice", model.empty() ? std::string(role) : model, pool);
  w.role = role;
  const Node artifacts = values.find("modelArtifacts");
  const Node name = artifacts.find("name");
  if (!model.empty()) w.args.model = Placed<std::string>{model, place_of(name ? name : artifacts)};
  const Node containers = pool.find("containers");
  std::string image;
  bool engine = false;
  if (containers && containers.is_sequence()) {
    for (const Node container : containers) {
      if (!container.is_map()) continue;
      const std::string how = text_at(container, "modelCommand");
      const bool serves = how == "vllmServe" || how == "imageDefault" || how == "custom" ||
                          text_at(container, "mountModelVolume") == "true";
      if (!serves && engine) continue;
      image = text_at(container, "image");
      const Stated<std::string> stated = w.args.model;
      read_container(context, container, pool, {}, w);
      if (how == "vllmServe") {
        w.engine = "vllm";
        w.engine_place = place_of(container);
        apply_arguments(kVllm, words_of(container.find("args")), w);
        keep_own_version(w);
        w.args.model = stated;
      }
      engine = !w.engine.empty();
      if (engine) break;
    }
  }
  if (!engine) return;
  const Node parallelism = pool.find("parallelism");
  const auto degree = [&](std::string_view key) {
    return count_at(parallelism, key, "parallelism", w);
  };
  if (const auto tensor = degree("tensor")) w.args.tp = tensor;
  if (const auto data = degree("data")) w.args.dp = data;
  if (const auto local = degree("dataLocal")) w.args.dp_local = local;
  const std::int64_t tensor = w.args.tp ? w.args.tp->value : 1;
  const std::int64_t local = w.args.dp_local ? w.args.dp_local->value : 1;
  const Place at = parallelism ? place_of(parallelism) : place_of(pool);
  w.gpus_per_pod = Placed<std::int64_t>{tensor * local, at};
  const auto workers = degree("workers");
  if (workers && workers->value > 1) w.pods = workers;
  if (w.args.dp && w.args.dp->value > local && local > 0)
    w.pods = Placed<std::int64_t>{w.args.dp->value / local, w.args.dp->place};
  std::string type = text_at(pool.find("accelerator"), "type");
  if (type.empty()) type = text_at(values.find("accelerator"), "type");
  const std::string vendor =
      other_vendor(image.find("habana") != std::string::npos ? "gaudi" : type, image);
  if (!vendor.empty()) w.skipped = vendor;
  const Node cards = pool.find("acceleratorTypes");
  const Node card_values = cards ? cards.find("labelValues") : Node{};
  if (card_values && card_values.is_sequence() && card_values.size() == 1) {
    w.gpu = stated_text(*card_values.begin());
    w.gpu_key = text_at(cards, "labelKey");
  }
  w.replicas = count_at(pool, "replicas", "replicas", w);
  context.add(std::move(w));
}

void read_modelservice(const DeployContext& context, Node root) {
  const Node values = holder(root, "modelArtifacts");
  read_pool(context, values, "decode");
  read_pool(context, values, "prefill");
}

}  // namespace

const KindReader kProductionStackReader{"helm:production-stack", matches_stack, read_stack};
const KindReader kModelserviceReader{"helm:llm-d-modelservice", matches_modelservice,
                                     read_modelservice};

}  // namespace gpusize
