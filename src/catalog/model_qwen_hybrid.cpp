// Qwen3-Next, Qwen3.5 and Qwen3.6: gated DeltaNet layers with full attention in every fourth.

#include <fmt/format.h>

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

AttentionSpec read_linear(FamilyContext& c) {
  ConfigFields& f = c.config;
  AttentionSpec a;
  a.kind = AttentionKind::kGatedDelta;
  a.linear_key_heads = f.required({"linear_num_key_heads"}, kHeadBounds);
  a.linear_value_heads = f.required({"linear_num_value_heads"}, kHeadBounds);
  a.linear_key_dim = f.required({"linear_key_head_dim"}, kWidthBounds);
  a.linear_value_dim = f.required({"linear_value_head_dim"}, kWidthBounds);
  a.conv_kernel = f.integer_or({"linear_conv_kernel_dim"}, {1, 1024}, 4);
  const std::string state = f.word("mamba_ssm_dtype");
  const auto dtype = dtype_from(state.empty() ? "float32" : state);
  a.state_element_bytes = dtype && bits_of(*dtype) <= 16.0 ? 2 : 4;
  return a;
}

FfnSpec read_ffn(FamilyContext& c, bool experts) {
  FfnSpec ffn;
  if (!experts) {
    ffn.intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
    return ffn;
  }
  ffn.experts = c.config.required({"num_experts"}, kExpertBounds);
  ffn.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  ffn.expert_intermediate = c.config.required({"moe_intermediate_size"}, kWidthBounds);
  ffn.shared_intermediate = c.config.integer_or({"shared_expert_intermediate_size"}, {0, 1e6}, 0);
  ffn.shared_gate = ffn.shared_intermediate > 0;
  c.config.ignore({"intermediate_size", "decoder_sparse_step", "mlp_only_layers"});
  return ffn;
}

}  // namespace

void build_qwen_hybrid(FamilyContext& c) {
  ConfigFields& f = c.config;
  read_sizes(c);
  AttentionSpec full = read_heads(c);
  full.qkv_bias = full.o_bias = f.flag_or("attention_bias", false);
  full.qk_norm = QkNorm::kPerHead;
  full.output_gate = f.flag_or("attn_output_gate", true);
  const AttentionSpec linear = read_linear(c);
  const FfnSpec ffn = read_ffn(c, f.has("num_experts"));
  const std::int64_t interval = f.integer_or({"full_attention_interval"}, kLayerBounds, 4);
  const auto types = f.words("layer_types");
  for (const std::string& type : types) {
    if (type == "full_attention" || type == "linear_attention") continue;
    f.error("unsupported", fmt::format("layers of type \"{}\" are not modelled here", type),
            f.node("layer_types"));
    break;
  }
  f.ignore({"mtp_use_dedicated_embeddings", "output_gate_type", "use_sliding_window"});
  set_layers(c, [&](std::int64_t i) {
    const bool is_full = types.empty() ? (i + 1) % interval == 0
                                       : entry_of(c, "layer_types", types, i) == "full_attention";
    return LayerKind{is_full ? full : linear, ffn};
  });
  // Qwen3-Next's file holds one module although its config is silent.
  const std::int64_t by_habit = c.bare_config && c.is("qwen3_next") ? 1 : c.mtp_layers;
  c.spec.mtp.layers = f.integer_or({"mtp_num_hidden_layers"}, kSmallBounds, by_habit);
  c.spec.mtp.style = MtpStyle::kQuantisable;
  if (c.spec.mtp.layers > 0) c.spec.mtp.kind = kind_index(c, {full, ffn});
}

}  // namespace gpusize
