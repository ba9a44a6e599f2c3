#include "catalog/model_architectures.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

struct Architecture {
  std::string_view name;  ///< model_type, or a class name of `architectures`
  FamilyBuilder build;
};

constexpr auto kArchitectures = std::to_array<Architecture>({
    {"llama", build_llama},
    {"LlamaForCausalLM", build_llama},
    {"yi", build_llama},
    {"mistral", build_llama},
    {"MistralForCausalLM", build_llama},
    {"InternLMForCausalLM", build_llama},
    {"phi3", build_llama},
    {"Phi3ForCausalLM", build_llama},
    {"qwen2", build_llama},
    {"Qwen2ForCausalLM", build_llama},
    {"qwen2_vl", build_llama},
    {"qwen2_vl_text", build_llama},
    {"qwen2_5_vl", build_llama},
    {"qwen2_5_vl_text", build_llama},
    {"qwen3", build_llama},
    {"Qwen3ForCausalLM", build_llama},
    {"qwen3_vl_text", build_llama},
    {"gemma", build_gemma},
    {"GemmaForCausalLM", build_gemma},
    {"gemma2", build_gemma},
    {"Gemma2ForCausalLM", build_gemma},
    {"gemma3_text", build_gemma},
    {"Gemma3ForCausalLM", build_gemma},
    {"mixtral", build_mixtral},
    {"MixtralForCausalLM", build_mixtral},
    {"qwen2_moe", build_qwen_moe},
    {"Qwen2MoeForCausalLM", build_qwen_moe},
    {"qwen3_moe", build_qwen_moe},
    {"Qwen3MoeForCausalLM", build_qwen_moe},
    {"qwen3_vl_moe_text", build_qwen_moe},
    {"gpt_oss", build_gpt_oss},
    {"GptOssForCausalLM", build_gpt_oss},
    {"llama4_text", build_llama4},
    {"Llama4ForCausalLM", build_llama4},
    {"minimax_m1", build_minimax_lightning},
    {"MiniMaxM1ForCausalLM", build_minimax_lightning},
    {"minimax_text_01", build_minimax_lightning},
    {"MiniMaxText01ForCausalLM", build_minimax_lightning},
    {"minimax_m2", build_minimax},
    {"MiniMaxM2ForCausalLM", build_minimax},
    {"minimax_m3", build_minimax},
    {"MiniMaxM3ForCausalLM", build_minimax},
    {"deepseek", build_deepseek},
    {"DeepseekForCausalLM", build_deepseek},
    {"deepseek_v2", build_deepseek},
    {"DeepseekV2ForCausalLM", build_deepseek},
    {"deepseek_vl_v2", build_deepseek},
    {"DeepseekVLV2ForCausalLM", build_deepseek},
    {"DeepseekOCRForCausalLM", build_deepseek},
    {"DeepseekOCR2ForCausalLM", build_deepseek},
    {"deepseek_v3", build_deepseek},
    {"DeepseekV3ForCausalLM", build_deepseek},
    {"deepseek_v32", build_deepseek},
    {"DeepseekV32ForCausalLM", build_deepseek},
    {"kimi_k2", build_deepseek},
    {"KimiK2ForCausalLM", build_deepseek},
    {"glm4_moe", build_glm4_moe},
    {"Glm4MoeForCausalLM", build_glm4_moe},
    {"glm4_moe_lite", build_deepseek},
    {"Glm4MoeLiteForCausalLM", build_deepseek},
    {"glm_moe_dsa", build_deepseek},
    {"GlmMoeDsaForCausalLM", build_deepseek},
    {"deepseek_v4", build_deepseek_v4},
    {"deepseek_ref", build_deepseek_v4},
    {"DeepseekV4ForCausalLM", build_deepseek_v4},
    {"qwen3_next", build_qwen_hybrid},
    {"Qwen3NextForCausalLM", build_qwen_hybrid},
    {"qwen3_5_text", build_qwen_hybrid},
    {"qwen3_5_moe_text", build_qwen_hybrid},
    {"gpt2", build_gpt},
    {"GPT2LMHeadModel", build_gpt},
    {"gptj", build_gptj},
    {"opt", build_opt},
    {"bloom", build_bloom},
    {"mpt", build_mpt},
    {"falcon", build_falcon},
});

/// Words in a model type or field name that mean a layer which is not modelled here.
struct Unsupported {
  std::string_view word;
  std::string_view what;
};
constexpr auto kUnsupported = std::to_array<Unsupported>({
    {"nemotron_h", "Mamba-2 layers and a hybrid layer pattern"},
    {"nemotron-nas", "layers whose sizes differ one by one (block_configs)"},
    {"deci", "layers whose sizes differ one by one (block_configs)"},
    {"mamba", "state-space layers"},
    {"jamba", "state-space layers"},
    {"zamba", "state-space layers"},
    {"bamba", "state-space layers"},
    {"falcon_h1", "state-space layers"},
    {"granitemoehybrid", "state-space layers"},
    {"lfm2", "short-convolution layers"},
    {"rwkv", "RWKV recurrence"},
    {"xlstm", "xLSTM recurrence"},
    {"recurrent_gemma", "recurrent blocks"},
    {"kimi_linear", "Kimi delta attention"},
    {"kimi_k3", "Kimi delta attention"},
    {"gemma4", "per-layer embeddings and two head sizes"},
    {"gemma3n", "per-layer embeddings and alternating updates"},
    {"mimo", "attention layers of two shapes"},
    {"step3", "multi-matrix factorised attention"},
    {"dbrx", "fused attention and expert settings"},
    {"mllama", "cross-attention layers"},
    {"t5", "an encoder and decoder"},
    {"bart", "an encoder and decoder"},
    {"whisper", "an encoder and decoder"},
    {"bert", "an encoder"},
    {"chatglm", "fused field names of an older class"},
});

/// Fields of which a plain dense transformer has none: when a builder did not ask for one that is
/// set, the config is of something else.
constexpr auto kStructural = std::to_array<std::string_view>({"kv_lora_rank",
                                                              "q_lora_rank",
                                                              "n_routed_experts",
                                                              "num_experts",
                                                              "num_local_experts",
                                                              "moe_intermediate_size",
                                                              "compress_ratios",
                                                              "hc_mult",
                                                              "index_topk",
                                                              "indexer_types",
                                                              "linear_num_key_heads",
                                                              "linear_num_value_heads",
                                                              "linear_attn_config",
                                                              "attn_type_list",
                                                              "sparse_attention_config",
                                                              "hybrid_override_pattern",
                                                              "hybrid_layer_pattern",
                                                              "layers_block_type",
                                                              "block_configs",
                                                              "ssm_cfg",
                                                              "ssm_state_size",
                                                              "mamba_d_state",
                                                              "mamba_num_heads",
                                                              "state_size",
                                                              "conv_kernel",
                                                              "cross_attention_layers",
                                                              "hidden_size_per_layer_input",
                                                              "num_encoder_layers",
                                                              "encoder_layers",
                                                              "is_encoder_decoder",
                                                              "moe_num_experts",
                                                              "n_shared_experts",
                                                              "num_experts_per_tok",
                                                              "ffn_config"});

const Architecture* architecture_named(std::string_view name) {
  const auto* found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                   [&](const Architecture& a) { return a.name == name; });
  return found == kArchitectures.end() ? nullptr : found;
}

/// The model_type under which a row's family knows itself: rows of class names follow it.
std::string_view type_of(const Architecture* row) {
  const auto is_class = [](std::string_view name) {
    return name.front() >= 'A' && name.front() <= 'Z';
  };
  while (row != kArchitectures.data() && is_class(row->name)) --row;
  return row->name;
}

bool reject_unsupported(FamilyContext& c, const std::vector<std::string>& architectures) {
  std::vector<std::string> names{to_lower(c.model_type)};
  for (const std::string& a : architectures) names.push_back(to_lower(a));
  for (const Unsupported& u : kUnsupported) {
    std::string joined(u.word);
    joined.erase(std::remove(joined.begin(), joined.end(), '_'), joined.end());
    for (const std::string& name : names) {
      if (!name.starts_with(u.word) && !name.starts_with(joined)) continue;
      c.config.error(
          "unsupported",
          fmt::format("the architecture \"{}\" has {}, which is not modelled", name, u.what),
          c.config.language().find("model_type"));
      return true;
    }
  }
  return false;
}

/// A model without layers of these kinds must not carry their fields.
void reject_structural(FamilyContext& c) {
  const auto& asked = c.config.asked();
  for (const Node field : c.config.unknown()) {
    if (std::find(kStructural.begin(), kStructural.end(), field.key()) == kStructural.end())
      continue;
    if (!is_set(field) || std::find(asked.begin(), asked.end(), field.key()) != asked.end())
      continue;
    c.config.error(
        "unsupported",
        fmt::format("the config sets \"{}\", which an architecture \"{}\" does not have here",
                    field.key(), c.spec.architecture),
        field, "the model would be read as something it is not");
  }
}

void build_unlisted(FamilyContext& c) {
  const std::string name = c.spec.architecture.empty() ? "(none)" : c.spec.architecture;
  for (const std::string_view key : {"hidden_size", "num_hidden_layers", "num_attention_heads",
                                     "intermediate_size", "vocab_size"}) {
    if (c.config.language().find(key)) continue;
    c.config.error(
        "unsupported",
        fmt::format(
            "the architecture \"{}\" is not known and the config has no \"{}\" to read it as a "
            "plain transformer",
            name, key),
        c.config.language());
    return;
  }
  c.leave_out(fmt::format(
      "architecture: \"{}\" is not known; READ AS A LLAMA: gated FFN, RMSNorm, grouped-query "
      "attention. Check the parameter count against the published one",
      name));
  build_llama(c);
}

}  // namespace

bool is_set(Node node) {
  if (node.is_null()) return false;
  if (!node.is_scalar()) return node.size() > 0;
  if (const auto flag = node.boolean()) return *flag;
  if (const auto number = node.number()) return *number != 0.0;
  return !node.text().empty();
}

void build_model(FamilyContext& c, const std::vector<std::string>& architectures) {
  const Architecture* found = architecture_named(c.model_type);
  for (const std::string& name : architectures) {
    if (found == nullptr) found = architecture_named(name);
  }
  if (found == nullptr && reject_unsupported(c, architectures)) return;
  if (found == nullptr) {
    build_unlisted(c);
  } else {
    // A class that is known to be more than its model_type says wins: a DeepSeek-V4 file once
    // called itself by another's type.
    for (const std::string& name : architectures) {
      const Architecture* by_class = architecture_named(name);
      const bool plain = found->build == build_llama;
      if (plain && by_class != nullptr && by_class->build != build_llama) found = by_class;
    }
    // Chosen by its class: the builder asks for the type that goes with it.
    if (found->name != c.model_type) c.model_type = type_of(found);
    found->build(c);
  }
  reject_structural(c);
}

}  // namespace gpusize
