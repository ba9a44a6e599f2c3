// Mixture-of-experts models with plain grouped-query attention: Mixtral, Qwen, gpt-oss, Llama 4.

#include <algorithm>

#include "catalog/model_families.hpp"

namespace gpusize {

void build_mixtral(FamilyContext& c) {
  read_sizes(c);
  LayerKind kind;
  kind.attention = read_heads(c);
  const std::int64_t window = c.config.integer_or({"sliding_window"}, kContextBounds, 0);
  if (window < c.spec.max_context) kind.attention.window = window;
  kind.ffn.experts = c.config.required({"num_local_experts"}, kExpertBounds);
  kind.ffn.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  kind.ffn.expert_intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
  set_layers(c, [&](std::int64_t) { return kind; });
}

void build_qwen_moe(FamilyContext& c) {
  read_sizes(c);
  AttentionSpec attention = read_heads(c);
  const bool second = c.is("qwen2_moe");
  attention.qkv_bias =
      second || c.config.flag_or("attention_bias", false) || c.config.flag_or("qkv_bias", false);
  if (!second) attention.qk_norm = QkNorm::kPerHead;
  FfnSpec experts;
  experts.experts = c.config.required({"num_experts"}, kExpertBounds);
  experts.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  experts.expert_intermediate = c.config.required({"moe_intermediate_size"}, kWidthBounds);
  const std::int64_t shared = c.config.integer_or({"shared_expert_intermediate_size"}, {0, 1e6}, 0);
  if (second) {
    experts.shared_intermediate = shared;
    experts.shared_gate = shared > 0;
  }
  FfnSpec dense;
  dense.intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
  const std::int64_t step = c.config.integer_or({"decoder_sparse_step"}, kLayerBounds, 1);
  const auto dense_layers = c.config.integers("mlp_only_layers", kSmallBounds);
  const bool windowed = c.config.flag_or("use_sliding_window", false);
  if (windowed) attention.window = c.config.integer_or({"sliding_window"}, kContextBounds, 0);
  c.config.ignore({"sliding_window", "max_window_layers"});
  set_layers(c, [&](std::int64_t i) {
    const bool is_dense = (i + 1) % step != 0 || std::find(dense_layers.begin(), dense_layers.end(),
                                                           i) != dense_layers.end();
    return LayerKind{attention, is_dense ? dense : experts};
  });
}

void build_gpt_oss(FamilyContext& c) {
  read_sizes(c);
  LayerKind kind;
  kind.attention = read_heads(c);
  kind.attention.qkv_bias = kind.attention.o_bias = c.config.flag_or("attention_bias", true);
  kind.attention.sinks = true;
  kind.ffn.experts = c.config.required({"num_local_experts", "num_experts"}, kExpertBounds);
  kind.ffn.top_k = c.config.required({"num_experts_per_tok", "experts_per_token"}, kExpertBounds);
  kind.ffn.expert_intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
  kind.ffn.expert_bias = true;
  const std::int64_t window = c.config.integer_or({"sliding_window"}, kContextBounds, 128);
  const auto types = read_layer_types(c);
  c.config.ignore({"swiglu_limit", "initial_context_length"});
  set_layers(c, [&](std::int64_t i) {
    LayerKind layer = kind;
    if (types.empty()) {
      if (i % 2 == 0) layer.attention.window = window;  // the class default: sliding first
    } else {
      apply_layer_type(layer.attention, entry_of(c, "layer_types", types, i), window, 0);
    }
    return layer;
  });
}

void build_llama4(FamilyContext& c) {
  read_sizes(c);
  const AttentionSpec attention = read_heads(c);
  c.config.ignore(
      {"use_qk_norm", "attention_bias", "attn_temperature_tuning", "floor_scale", "attn_scale"});
  FfnSpec experts;
  experts.experts = c.config.required({"num_local_experts"}, kExpertBounds);
  experts.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  experts.expert_intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
  experts.shared_intermediate = experts.expert_intermediate;
  FfnSpec dense;
  dense.intermediate = c.config.required({"intermediate_size_mlp"}, kWidthBounds);
  const std::int64_t step = c.config.integer_or({"interleave_moe_layer_step"}, kLayerBounds, 1);
  const std::int64_t chunk = c.config.integer_or({"attention_chunk_size"}, kContextBounds, 8192);
  // Every fourth layer attends to everything without positions, the others to their chunk (the
  // class default where the config lists nothing).
  const std::int64_t interval = c.config.integer_or({"no_rope_layer_interval"}, kLayerBounds, 4);
  const auto rope = c.config.integers("no_rope_layers", {0, 1});
  const auto moe = c.config.integers("moe_layers", kSmallBounds);
  const auto types = read_layer_types(c);
  set_layers(c, [&](std::int64_t i) {
    LayerKind kind{attention, dense};
    const bool listed = std::find(moe.begin(), moe.end(), i) != moe.end();
    if (moe.empty() ? (i + 1) % step == 0 : listed) kind.ffn = experts;
    if (!types.empty()) {
      apply_layer_type(kind.attention, entry_of(c, "layer_types", types, i), 0, chunk);
    } else {
      const bool full =
          rope.empty() ? (i + 1) % interval == 0 : entry_of(c, "no_rope_layers", rope, i) == 0;
      if (!full) kind.attention.chunk = chunk;
    }
    return kind;
  });
}

}  // namespace gpusize
