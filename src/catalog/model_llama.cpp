// Dense decoder-only models with gated feed-forward blocks and RMSNorm.

#include <algorithm>
#include <array>

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

/// What the class does without saying so in its config.
struct LlamaTraits {
  std::string_view model_type;
  bool qkv_bias = false;         ///< always biased (no config flag)
  bool o_bias_with_flag = true;  ///< attention_bias covers o_proj too
  QkNorm qk_norm = QkNorm::kNone;
  bool window_needs_flag = false;  ///< sliding_window counts only with use_sliding_window
};

// Transformers modelling files of the same names.
constexpr auto kTraits = std::to_array<LlamaTraits>({
    {"llama"},
    {"qwen2", true, false, QkNorm::kNone, true},
    {"qwen2_vl", true, false, QkNorm::kNone, true},
    {"qwen2_vl_text", true, false, QkNorm::kNone, true},
    {"qwen2_5_vl", true, false, QkNorm::kNone, true},
    {"qwen2_5_vl_text", true, false, QkNorm::kNone, true},
    {"qwen3", false, true, QkNorm::kPerHead, true},
    {"qwen3_vl_text", false, true, QkNorm::kPerHead, true},
    {"phi3", false, false, QkNorm::kNone, false},
});

const LlamaTraits& traits_of(std::string_view model_type) {
  const auto* found = std::find_if(kTraits.begin(), kTraits.end(), [&](const LlamaTraits& t) {
    return t.model_type == model_type;
  });
  return found == kTraits.end() ? kTraits.front() : *found;
}

FfnSpec read_dense(FamilyContext& c) {
  FfnSpec ffn;
  ffn.intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
  ffn.bias = c.config.flag_or("mlp_bias", false);
  return ffn;
}

/// The window in tokens, 0 when it is off or never reached.
std::int64_t read_window(FamilyContext& c, bool needs_flag) {
  const std::int64_t window = c.config.integer_or({"sliding_window"}, kContextBounds, 0);
  const bool on = c.config.flag_or("use_sliding_window", !needs_flag);
  return on && window < c.spec.max_context ? window : 0;
}

}  // namespace

void build_llama(FamilyContext& c) {
  const LlamaTraits& traits = traits_of(c.model_type);
  read_sizes(c);
  AttentionSpec attention = read_heads(c);
  const bool bias = c.config.flag_or("attention_bias", c.config.flag_or("qkv_bias", false));
  attention.qkv_bias = traits.qkv_bias || bias;
  attention.o_bias = bias && traits.o_bias_with_flag;
  attention.qk_norm = traits.qk_norm;
  c.spec.lm_head_bias = c.config.flag_or("lm_head_bias", false);
  const FfnSpec ffn = read_dense(c);
  const std::int64_t window = read_window(c, traits.window_needs_flag);
  const std::int64_t first_window =
      traits.window_needs_flag ? c.config.integer_or({"max_window_layers"}, kSmallBounds, 0) : 0;
  const auto types = read_layer_types(c);
  set_layers(c, [&](std::int64_t i) {
    LayerKind kind{attention, ffn};
    if (!types.empty()) {
      apply_layer_type(kind.attention, entry_of(c, "layer_types", types, i), window, 0);
    } else if (window > 0 && i >= first_window) {
      kind.attention.window = window;
    }
    return kind;
  });
}

void build_gemma(FamilyContext& c) {
  read_sizes(c, true);
  AttentionSpec attention = read_heads(c);
  attention.qkv_bias = attention.o_bias = c.config.flag_or("attention_bias", false);
  const bool third = c.is("gemma3_text") || c.is("gemma3");
  if (third) attention.qk_norm = QkNorm::kPerHead;
  if (!c.is("gemma")) c.spec.norms_per_layer = 4;
  const FfnSpec ffn = read_dense(c);
  const std::int64_t window = c.is("gemma") ? 0 : read_window(c, false);
  // Gemma 2: every other layer slides, starting with the first; Gemma 3: all but every sixth.
  const std::int64_t pattern =
      third ? c.config.integer_or({"sliding_window_pattern", "_sliding_window_pattern"},
                                  kLayerBounds, 6)
            : 2;
  const auto types = read_layer_types(c);
  c.config.ignore({"query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping"});
  set_layers(c, [&](std::int64_t i) {
    LayerKind kind{attention, ffn};
    if (!types.empty()) {
      apply_layer_type(kind.attention, entry_of(c, "layer_types", types, i), window, 0);
    } else if ((i + 1) % pattern != 0) {
      kind.attention.window = window;
    }
    return kind;
  });
}

}  // namespace gpusize
