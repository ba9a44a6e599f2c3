// Option files that stand for themselves: trtllm-serve's YAML, vLLM's --config, accelerate's launch
// config, and recipes that name a model and its variants.

#include <algorithm>
#include <array>

#include "gpusize/core/text.hpp"
#include "spec/deploy_context.hpp"

namespace gpusize {
namespace {

template <std::size_t N>
std::size_t count_keys(Node root, const std::array<std::string_view, N>& keys) {
  std::size_t out = 0;
  for (const Node child : root) {
    std::string key(child.key());
    std::replace(key.begin(), key.end(), '-', '_');
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) ++out;
  }
  return out;
}

constexpr std::array<std::string_view, 12> kTrtKeys{"kv_cache_config",
                                                    "cuda_graph_config",
                                                    "enable_attention_dp",
                                                    "moe_config",
                                                    "attention_dp_config",
                                                    "max_num_tokens",
                                                    "max_seq_len",
                                                    "max_batch_size",
                                                    "moe_expert_parallel_size",
                                                    "print_iter_log",
                                                    "disable_overlap_scheduler",
                                                    "cache_transceiver_config"};

bool matches_trtllm(Node root) { return !root.find("kind") && count_keys(root, kTrtKeys) >= 2; }

void read_trtllm(const DeployContext& context, Node root) {
  DeployedWorkload w = context.workload("trtllm-serve yaml", "-", root);
  w.engine = "tensorrt-llm";
  w.engine_place = place_of(root);
  apply_option_file(kTensorRtLlm, root, w);
  context.add(std::move(w));
}

constexpr std::array<std::string_view, 8> kVllmKeys{
    "tensor_parallel_size",   "gpu_memory_utilization", "max_model_len",          "max_num_seqs",
    "pipeline_parallel_size", "enable_expert_parallel", "max_num_batched_tokens", "kv_cache_dtype"};

bool matches_vllm(Node root) {
  const Node model = root.find("model");
  return !root.find("kind") && model && model.is_scalar() && count_keys(root, kVllmKeys) >= 1;
}

void read_vllm(const DeployContext& context, Node root) {
  DeployedWorkload w = context.workload("vllm config", text_at(root, "model"), root);
  w.engine = "vllm";
  w.engine_place = place_of(root);
  apply_option_file(kVllm, root, w);
  context.add(std::move(w));
}

bool matches_accelerate(Node root) {
  return root.find("compute_environment") && root.find("distributed_type");
}

void read_accelerate(const DeployContext& context, Node root) {
  DeployedWorkload w = context.workload("accelerate", "-", root);
  w.training = true;
  const std::string type = to_lower(text_at(root, "distributed_type"));
  w.engine = type == "deepspeed" || type == "fsdp" ? type : "torchrun";
  w.engine_place = place_of(root.find("distributed_type"));
  w.args.processes = count_at(root, "num_processes", "processes", w);
  w.args.nodes = count_at(root, "num_machines", "nodes", w);
  w.args.dtype = stated_text(root.find("mixed_precision"));
  const Node fsdp = root.find("fsdp_config");
  if (fsdp) w.args.sharding = stated_text(fsdp.find("fsdp_sharding_strategy"));
  context.add(std::move(w));
}

bool matches_recipe(Node root) {
  const Node model = root.find("model");
  return model && model.is_map() && model.find("model_id") && root.find("variants");
}

void read_recipe(const DeployContext& context, Node root) {
  const Node id = node_at(root, "model.model_id");
  DeployedWorkload w = context.workload("vllm recipe", text_at(root.find("meta"), "title"), root);
  w.engine = "vllm";
  w.engine_place = place_of(id);
  w.args.model = stated_text(id);
  const Node args = node_at(root, "model.base_args");
  if (args && args.is_sequence()) {
    std::vector<ShellWord> words;
    for (const Node a : args) {
      if (a.is_scalar()) words.push_back({std::string(a.text()), "", place_of(a)});
    }
    const Stated<std::string> model = w.args.model;
    apply_arguments(kVllm, words, w);
    w.args.model = model;
  }
  context.not_assessed("GS903", "a recipe for many cards, not a deployment: it names no GPUs",
                       place_of(root));
  context.add(std::move(w));
}

}  // namespace

const KindReader kTrtllmOptionsReader{"trtllm-serve yaml", matches_trtllm, read_trtllm};
const KindReader kVllmOptionsReader{"vllm config", matches_vllm, read_vllm};
const KindReader kAccelerateReader{"accelerate", matches_accelerate, read_accelerate};
const KindReader kVllmRecipeReader{"vllm recipe", matches_recipe, read_recipe};

}  // namespace gpusize
