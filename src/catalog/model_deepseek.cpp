// DeepSeek-MoE, V2, V3, V3.2 and what shares their blocks: GLM-4.5 to GLM-5, Kimi K2.

#include <algorithm>

#include <fmt/format.h>

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kIndexerDim = 128;

/// A size that DeepSeek-VL2's configs leave to the class.
std::int64_t size_or_class_default(FamilyContext& c, std::string_view name,
                                   std::int64_t otherwise) {
  if (const auto given = c.config.integer({name}, kWidthBounds)) return *given;
  c.leave_out(fmt::format("{}: not in the config; the class default {} is used", name, otherwise));
  return otherwise;
}

/// Multi-head latent attention (arXiv:2405.04434 section 2.1).
AttentionSpec read_mla(FamilyContext& c) {
  AttentionSpec a;
  a.kind = AttentionKind::kMla;
  a.heads = c.config.required({"num_attention_heads"}, kHeadBounds);
  a.kv_heads = a.heads;
  const bool silent = !c.config.language().find("q_lora_rank");
  a.q_lora_rank = c.config.integer_or({"q_lora_rank"}, {0, 1e6}, 0);
  if (silent) {
    a.q_lora_rank = 1536;
    c.leave_out("q_lora_rank: not in the config; the class default 1536 is used (null means none)");
  }
  a.kv_lora_rank = size_or_class_default(c, "kv_lora_rank", 512);
  a.nope_dim = size_or_class_default(c, "qk_nope_head_dim", 128);
  a.rope_dim = size_or_class_default(c, "qk_rope_head_dim", 64);
  a.v_head_dim = size_or_class_default(c, "v_head_dim", 128);
  a.head_dim = a.nope_dim + a.rope_dim;
  // head_dim is there in some MLA configs and means nothing (GLM-5 says 64, the heads have 256).
  c.config.ignore({"num_key_value_heads", "head_dim", "qk_head_dim", "attention_bias"});
  return a;
}

AttentionSpec read_attention(FamilyContext& c) {
  const bool latent = !c.is("deepseek") && !c.is("glm4_moe") && c.config.flag_or("use_mla", true);
  if (latent) return read_mla(c);
  c.config.ignore(
      {"q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"});
  AttentionSpec a = read_heads(c);
  const bool bias = c.config.flag_or("attention_bias", false);
  a.qkv_bias = bias;
  a.o_bias = bias && !c.is("glm4_moe");  // GLM-4.5 biases q, k and v only
  if (c.config.flag_or("use_qk_norm", false)) a.qk_norm = QkNorm::kPerHead;
  return a;
}

/// DeepSeek sparse attention (arXiv:2512.02556): one indexer per layer, or per group of layers
/// where `indexer_types` says that some share another's selection.
void read_indexer(FamilyContext& c, AttentionSpec& a) {
  if (!c.config.has("index_topk") || a.kind != AttentionKind::kMla) return;
  a.kind = AttentionKind::kSparseMla;
  a.has_indexer = true;
  a.top_k = c.config.required({"index_topk"}, kContextBounds);
  a.indexer_heads = c.config.required({"index_n_heads"}, kHeadBounds);
  a.indexer_dim = c.config.integer_or({"index_head_dim"}, kWidthBounds, kIndexerDim);
  c.config.ignore({"index_topk_freq", "index_skip_topk_offset", "index_share_for_mtp_iteration",
                   "index_topk_pattern"});
  if (a.q_lora_rank == 0) c.config.error("unsupported", "an indexer without q_lora_rank");
}

FfnSpec read_experts(FamilyContext& c) {
  FfnSpec ffn;
  ffn.experts =
      c.config.required({"n_routed_experts", "num_local_experts", "num_experts"}, kExpertBounds);
  ffn.top_k = c.config.required({"num_experts_per_tok"}, kExpertBounds);
  ffn.expert_intermediate = c.config.required({"moe_intermediate_size"}, kWidthBounds);
  constexpr Bounds kGroupBounds{0, 100'000};
  const std::int64_t groups = c.config.integer_or({"n_group"}, kGroupBounds, 1);
  const std::int64_t limit = c.config.integer_or({"topk_group"}, kGroupBounds, 0);
  if (groups > 1) {
    ffn.expert_groups = groups;
    ffn.group_limit = limit;
  }
  const std::int64_t shared = c.config.integer_or({"n_shared_experts"}, kSmallBounds, 0);
  ffn.shared_intermediate = shared * ffn.expert_intermediate;
  const bool corrected = c.config.word("topk_method") == "noaux_tc" ||
                         c.model_type.starts_with("glm") || c.is("kimi_k2");
  ffn.router_bias = corrected;
  return ffn;
}

/// Which layers carry experts.
class MoeLayers {
 public:
  explicit MoeLayers(FamilyContext& c) : types_(c.config.words("mlp_layer_types")) {
    first_ = c.config.integer_or({"first_k_dense_replace"}, kSmallBounds, 0);
    const Node freq = c.config.node("moe_layer_freq");
    if (freq && freq.is_sequence()) {
      list_ = c.config.integers("moe_layer_freq", {0, 1});
    } else {
      every_ = c.config.integer_or({"moe_layer_freq"}, kLayerBounds, 1);
    }
  }
  [[nodiscard]] bool contains(FamilyContext& c, std::int64_t i) const {
    if (!types_.empty()) return entry_of(c, "mlp_layer_types", types_, i) == "sparse";
    if (!list_.empty()) return entry_of(c, "moe_layer_freq", list_, i) == 1;
    return i >= first_ && i % every_ == 0;
  }

 private:
  std::vector<std::string> types_;
  std::vector<std::int64_t> list_;
  std::int64_t first_ = 0;
  std::int64_t every_ = 1;
};

/// GLM-5.2 lists its layers; they must all be what the other fields say.
void check_layer_types(FamilyContext& c) {
  for (const std::string& type : c.config.words("layer_types")) {
    if (type == "deepseek_sparse_attention" || type == "full_attention") continue;
    c.config.error("unsupported", fmt::format("layers of type \"{}\" are not modelled here", type),
                   c.config.node("layer_types"));
    return;
  }
}

void build(FamilyContext& c, bool copies_by_habit) {
  read_sizes(c);
  check_layer_types(c);
  AttentionSpec attention = read_attention(c);
  read_indexer(c, attention);
  const FfnSpec experts = read_experts(c);
  FfnSpec dense;
  dense.intermediate = c.config.required({"intermediate_size"}, kWidthBounds);
  const MoeLayers moe(c);
  const auto types = c.config.words("indexer_types");
  set_layers(c, [&](std::int64_t i) {
    LayerKind kind{attention, moe.contains(c, i) ? experts : dense};
    if (attention.has_indexer && !types.empty()) {
      kind.attention.has_indexer = entry_of(c, "indexer_types", types, i) == "full";
    }
    return kind;
  });
  read_nextn(c, {attention, experts}, copies_by_habit);
}

}  // namespace

void build_deepseek(FamilyContext& c) {
  const bool repeats = c.is("deepseek_v3") || c.is("deepseek_v32") || c.is("glm4_moe_lite");
  build(c, repeats);
}

void build_glm4_moe(FamilyContext& c) { build(c, true); }

}  // namespace gpusize
