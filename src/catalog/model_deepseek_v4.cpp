// DeepSeek-V4: compressed attention, hyper-connections, hash-routed first layers, no dense FFN.

#include <fmt/format.h>

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kIndexedRatio = 4;  // only these layers select with an indexer

AttentionSpec read_attention(FamilyContext& c) {
  ConfigFields& f = c.config;
  AttentionSpec a = read_heads(c);
  a.kind = AttentionKind::kCompressed;
  a.kv_heads = 1;
  a.q_lora_rank = f.required({"q_lora_rank"}, kWidthBounds);
  a.rope_dim = f.integer_or({"qk_rope_head_dim"}, kWidthBounds, 64);
  a.nope_dim = a.head_dim - a.rope_dim;
  if (a.nope_dim < 0) {
    f.error("heads",
            fmt::format("qk_rope_head_dim {} is more than head_dim {}", a.rope_dim, a.head_dim),
            f.language().find("qk_rope_head_dim"));
  }
  a.o_groups = f.required({"o_groups"}, kHeadBounds);
  a.o_lora_rank = f.required({"o_lora_rank"}, kWidthBounds);
  a.window = f.required({"sliding_window"}, kContextBounds);
  a.sinks = true;
  if (a.heads * a.head_dim % a.o_groups != 0)
    f.error("heads", "o_groups does not divide the attention output");
  f.ignore({"attention_bias", "num_key_value_heads", "compress_rope_theta", "hc_eps",
            "hc_sinkhorn_iters", "swiglu_limit", "expert_dtype", "kv_lora_rank"});
  return a;
}

AttentionSpec with_ratio(const AttentionSpec& base, std::int64_t ratio,
                         const AttentionSpec& indexer) {
  AttentionSpec a = base;
  a.compress_ratio = ratio;
  if (ratio == kIndexedRatio) {
    a.has_indexer = true;
    a.indexer_heads = indexer.indexer_heads;
    a.indexer_dim = indexer.indexer_dim;
    a.top_k = indexer.top_k;
  }
  return a;
}

FfnSpec read_experts(FamilyContext& c) {
  FfnSpec ffn;
  ffn.experts = c.config.required({"n_routed_experts"}, kExpertBounds);
  ffn.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  ffn.expert_intermediate = c.config.required({"moe_intermediate_size"}, kWidthBounds);
  ffn.shared_intermediate =
      c.config.integer_or({"n_shared_experts"}, kSmallBounds, 1) * ffn.expert_intermediate;
  ffn.router_bias = true;
  return ffn;
}

}  // namespace

void build_deepseek_v4(FamilyContext& c) {
  ConfigFields& f = c.config;
  read_sizes(c);
  c.spec.hyper_connections = f.required({"hc_mult"}, {1, 64});
  const AttentionSpec attention = read_attention(c);
  AttentionSpec indexer;
  indexer.indexer_heads = f.required({"index_n_heads"}, kHeadBounds);
  indexer.indexer_dim = f.required({"index_head_dim"}, kWidthBounds);
  indexer.top_k = f.required({"index_topk"}, kContextBounds);
  const FfnSpec experts = read_experts(c);
  FfnSpec hashed = experts;
  hashed.hash_router = true;
  hashed.router_bias = false;
  const std::int64_t hash_layers = f.integer_or({"num_hash_layers"}, kSmallBounds, 0);
  if (!f.has("compress_ratios")) f.error("missing", "the model config has no \"compress_ratios\"");
  const auto ratios = f.integers("compress_ratios", kSmallBounds);
  set_layers(c, [&](std::int64_t i) {
    const std::int64_t ratio = entry_of(c, "compress_ratios", ratios, i);
    return LayerKind{with_ratio(attention, ratio, indexer), i < hash_layers ? hashed : experts};
  });
  // The module after the last layer sees its window only (the list's last entry is its own).
  const auto last = static_cast<std::size_t>(c.layers);
  const std::int64_t own = last < ratios.size() ? ratios.back() : 0;
  read_nextn(c, {with_ratio(attention, own, indexer), experts}, false);
  c.spec.mtp.style = MtpStyle::kSplitProjection;
}

}  // namespace gpusize
