// MiniMax: M1 with lightning attention, M2 with full attention, M3 with block-sparse attention.

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

FfnSpec read_experts(FamilyContext& c) {
  FfnSpec ffn;
  ffn.experts = c.config.required({"num_local_experts"}, kExpertBounds);
  ffn.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  ffn.expert_intermediate = c.config.has("moe_intermediate_size")
                                ? c.config.required({"moe_intermediate_size"}, kWidthBounds)
                                : c.config.required({"intermediate_size"}, kWidthBounds);
  c.config.ignore({"intermediate_size"});
  ffn.router_bias = c.config.flag_or("use_routing_bias", false);
  return ffn;
}

void mention_mtp(FamilyContext& c) {
  const std::int64_t modules = c.config.integer_or({"num_mtp_modules"}, kSmallBounds, 0);
  c.config.ignore({"num_nextn_predict_layers", "use_mtp", "mtp_transformer_layers"});
  if (modules > 0) c.leave_out("num_mtp_modules: the published checkpoints hold no MTP modules");
}

/// The index branch of block-sparse layers.
struct SparseConfig {
  std::vector<std::int64_t> layers;
  std::int64_t heads = 0;
  std::int64_t dim = 0;
  std::int64_t blocks = 0;
  std::int64_t block = 0;
};

SparseConfig read_sparse(FamilyContext& c, Diagnostics& out) {
  SparseConfig s;
  const Node map = c.config.node("sparse_attention_config");
  if (!map) return s;
  ConfigFields f(map, map, out);
  s.layers = f.integers("sparse_attention_freq", {0, 1});
  s.heads = f.required({"sparse_num_index_heads"}, kHeadBounds);
  s.dim = f.required({"sparse_index_dim"}, kWidthBounds);
  s.blocks = f.required({"sparse_topk_blocks"}, kWidthBounds);
  s.block = f.required({"sparse_block_size"}, kWidthBounds);
  return s;
}

}  // namespace

void build_minimax_lightning(FamilyContext& c) {
  read_sizes(c);
  const AttentionSpec softmax = read_heads(c);
  AttentionSpec linear = softmax;
  linear.kind = AttentionKind::kLightning;
  linear.kv_heads = linear.heads;
  linear.state_element_bytes = 4;
  const FfnSpec ffn = read_experts(c);
  if (c.config.integer_or({"shared_intermediate_size"}, {0, 1e6}, 0) > 0) {
    c.leave_out("shared_intermediate_size: a shared expert is not modelled for this architecture");
  }
  const auto types = c.config.integers("attn_type_list", {0, 1});
  set_layers(c, [&](std::int64_t i) {
    return LayerKind{entry_of(c, "attn_type_list", types, i) == 1 ? softmax : linear, ffn};
  });
}

void build_minimax(FamilyContext& c) {
  read_sizes(c);
  AttentionSpec attention = read_heads(c);
  const bool third = !c.is("minimax_m2");
  if (c.config.flag_or("use_qk_norm", false))
    attention.qk_norm = third ? QkNorm::kPerHead : QkNorm::kFull;
  c.config.ignore(
      {"qk_norm_type", "attention_output_gate", "swiglu_limit", "swiglu_alpha", "use_gemma_norm"});
  FfnSpec experts = read_experts(c);
  FfnSpec dense;
  if (third) {
    experts.shared_intermediate = c.config.integer_or({"shared_intermediate_size"}, {0, 1e6}, 0);
    dense.intermediate =
        c.config.integer_or({"dense_intermediate_size"}, kWidthBounds, experts.expert_intermediate);
  }
  c.config.ignore({"shared_intermediate_size", "n_shared_experts", "first_k_dense_replace"});
  const auto types = c.config.integers("attn_type_list", {0, 1});
  for (const std::int64_t type : types) {
    if (type == 0)
      c.config.error("unsupported", "linear layers (attn_type_list 0) in this architecture");
    if (type == 0) break;
  }
  const auto moe = c.config.integers("moe_layer_freq", {0, 1});
  Diagnostics problems;
  const SparseConfig sparse = read_sparse(c, problems);
  for (const Diagnostic& d : problems)
    c.config.error("sparse", d.message, c.config.node("sparse_attention_config"));
  AttentionSpec selecting = attention;
  selecting.kind = AttentionKind::kBlockSparse;
  selecting.has_indexer = true;
  selecting.indexer_heads = sparse.heads;
  selecting.indexer_dim = sparse.dim;
  selecting.top_k = sparse.blocks;
  selecting.block = sparse.block;
  set_layers(c, [&](std::int64_t i) {
    const bool selects =
        !sparse.layers.empty() && entry_of(c, "sparse_attention_freq", sparse.layers, i) == 1;
    const bool is_dense = !moe.empty() && entry_of(c, "moe_layer_freq", moe, i) == 0;
    return LayerKind{selects ? selecting : attention, is_dense ? dense : experts};
  });
  mention_mtp(c);
}

}  // namespace gpusize
