// KServe: LLMInferenceService with its pools, and InferenceService with its predictor.

#include <array>

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

bool is_kserve(Node root, std::string_view kind) {
  return text_at(root, "kind") == kind &&
         text_at(root, "apiVersion").starts_with("serving.kserve.io");
}

bool matches_llm(Node root) { return is_kserve(root, "LLMInferenceService"); }

Stated<std::string> llm_model(Node spec) {
  const Node uri = node_at(spec, "model.uri");
  Stated<std::string> out = stated_text(uri);
  if (out) out->value = model_from_uri(out->value);
  return out;
}

/// One pool: `spec` itself (decode or everything) or `spec.prefill`.
void read_pool(const DeployContext& context, Node root, Node pool, const std::string& role) {
  const Node metadata = root.find("metadata");
  DeployedWorkload w = context.workload("LLMInferenceService", text_at(metadata, "name"), root);
  w.name_space = text_at(metadata, "namespace");
  w.role = role;
  read_annotations(metadata, w);
  const Node spec = root.find("spec");
  const Node pod = pool.find("template");
  // The controller's own template runs vLLM where the container names no image.
  w.engine = "vllm";
  w.engine_place = place_of(pool);
  DeployedWorkload read = w;
  if (pod && read_pod(context, pod, {}, {}, read)) {
    w = std::move(read);
    if (w.engine.empty()) w.engine = "vllm";
    w.shared_memory.reset();  // the controller's template mounts /dev/shm
  }
  if (pod) {
    // Arguments of a container without an image, and the controller's variable for further ones.
    const Node containers = pod.find("containers");
    if (containers && containers.is_sequence() && !w.image) {
      for (const Node container : containers) {
        if (text_at(container, "name") != "main") continue;
        apply_environment(kVllm, container_environment(container, context, {}), w);
        if (const Node args = container.find("args"); args && args.is_sequence()) {
          std::vector<ShellWord> words;
          for (const Node a : args) words.push_back(expand_kubernetes(a.text(), place_of(a), {}));
          apply_arguments(kVllm, words, w);
        }
      }
    }
  }
  w.args.model = llm_model(spec);
  if (const Node name = node_at(spec, "model.name")) w.args.served_name = stated_text(name);
  const Node parallelism = pool.find("parallelism");
  if (parallelism) {
    w.args.tp = count_at(parallelism, "tensor", "tp", w);
    w.args.pp = count_at(parallelism, "pipeline", "pp", w);
    w.args.dp = count_at(parallelism, "data", "dp", w);
    w.args.dp_local = count_at(parallelism, "dataLocal", "dp", w);
    if (const Node expert = parallelism.find("expert"))
      w.args.expert_parallel =
          Placed<bool>{text_at(parallelism, "expert") == "true", place_of(expert)};
  }
  if (w.args.dp && w.args.dp_local && w.args.dp_local->value > 0) {
    w.pods = Placed<std::int64_t>{
        std::max<std::int64_t>(1, w.args.dp->value / w.args.dp_local->value), w.args.dp->place};
  } else if (w.args.pp && pool.find("worker")) {
    w.pods = w.args.pp;
  }
  w.replicas = count_at(pool, "replicas", "replicas", w);
  context.add(std::move(w));
}

void read_llm(const DeployContext& context, Node root) {
  const Node spec = root.find("spec");
  if (!spec || !spec.is_map()) return;
  const Node prefill = spec.find("prefill");
  const bool split = prefill && prefill.is_map();
  read_pool(context, root, spec, split ? "decode" : "");
  if (split) read_pool(context, root, prefill, "prefill");
}

bool matches_inference_service(Node root) { return is_kserve(root, "InferenceService"); }

constexpr std::string_view kNimRuntime = "nvidia-nim-";

/// `nvidia-nim-llama3-70b-instruct-1.0.0`: the model between prefix and version.
std::string nim_model(std::string_view runtime) {
  runtime.remove_prefix(kNimRuntime.size());
  const std::size_t dash = runtime.rfind('-');
  if (dash != std::string_view::npos && dash + 1 < runtime.size() && runtime[dash + 1] >= '0' &&
      runtime[dash + 1] <= '9' && runtime.substr(dash).find('.') != std::string_view::npos)
    runtime = runtime.substr(0, dash);
  return std::string(runtime);
}

void read_inference_service(const DeployContext& context, Node root) {
  const Node metadata = root.find("metadata");
  const Node predictor = node_at(root, "spec.predictor");
  if (!predictor || !predictor.is_map()) return;
  DeployedWorkload w = context.workload("InferenceService", text_at(metadata, "name"), root);
  w.name_space = text_at(metadata, "namespace");
  read_annotations(metadata, w);
  read_node_selection(predictor, w);
  const Node model = predictor.find("model");
  const bool own_pod = predictor.find("containers") && read_pod(context, predictor, {}, {}, w);
  if (model && model.is_map()) {
    const std::string format = text_at(node_at(model, "modelFormat"), "name");
    const Node runtime = model.find("runtime");
    const std::string runtime_name = text_at(model, "runtime");
    if (runtime_name.starts_with(kNimRuntime) || format.starts_with(kNimRuntime)) {
      w.engine = "nim";
      const Node at = runtime ? runtime : node_at(model, "modelFormat.name");
      w.args.model = Placed<std::string>{nim_model(runtime ? runtime_name : format), place_of(at)};
    } else if (format == "huggingface" || runtime_name.find("vllm") != std::string::npos ||
               format == "vLLM") {
      w.engine = "vllm";
      w.engine_place = place_of(model);
    }
    if (w.engine != "nim") {
      read_container(context, model, {}, {}, w);
      if (w.engine == "vllm" && model.find("args") && !w.args.model) {
        std::vector<ShellWord> words;
        const ShellEnvironment environment = container_environment(model, context, {});
        const Node args = model.find("args");
        if (args.is_sequence()) {
          for (const Node a : args)
            words.push_back(expand_kubernetes(a.text(), place_of(a), environment));
        }
        apply_arguments(kVllm, words, w);
      }
      const Node uri = model.find("storageUri");
      if (uri && uri.is_scalar() && !w.args.model)
        w.args.model = Placed<std::string>{model_from_uri(uri.text()), place_of(uri)};
    }
    read_gpu_resources(model.find("resources"), w);
  } else if (!own_pod) {
    return;
  }
  const Node worker = predictor.find("workerSpec");
  if (worker && worker.is_map()) {
    if (!w.args.pp) w.args.pp = count_at(worker, "pipelineParallelSize", "pp", w);
    if (!w.args.tp) w.args.tp = count_at(worker, "tensorParallelSize", "tp", w);
    w.pods = w.args.pp;
  }
  if (w.engine.empty() && !w.gpu_resource) return;
  w.replicas = count_at(predictor, "minReplicas", "replicas", w);
  const Stated<std::int64_t> most = count_at(predictor, "maxReplicas", "replicas", w);
  if (most && (!w.replicas || most->value > w.replicas->value)) w.max_replicas = most;
  context.add(std::move(w));
}

}  // namespace

const KindReader kLlmInferenceServiceReader{"LLMInferenceService", matches_llm, read_llm};
const KindReader kInferenceServiceReader{"InferenceService", matches_inference_service,
                                         read_inference_service};

}  // namespace gpusize
