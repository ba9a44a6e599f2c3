#include "catalog/quantisation_names.hpp"

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

using Visit = std::function<void(TensorRole, const std::string&)>;

/// Where the parts of a layer hang in the module tree.
struct Paths {
  std::string attention;
  std::string ffn;
  std::string shared;
};

bool starts(const ModelSpec& m, std::string_view text) {
  return to_lower(m.architecture).starts_with(text);
}

Paths paths_of(const ModelSpec& m, const LayerKind& kind, const std::string& layer) {
  if (kind.attention.kind == AttentionKind::kCompressed) {
    return {layer + ".attn", layer + ".ffn", layer + ".ffn.shared_experts"};
  }
  Paths p{layer + ".self_attn", layer + ".mlp", {}};
  if (kind.attention.kind == AttentionKind::kGatedDelta) p.attention = layer + ".linear_attn";
  if (kind.ffn.is_moe() && (starts(m, "minimax") || starts(m, "mixtral")))
    p.ffn = layer + ".block_sparse_moe";
  p.shared =
      p.ffn + (kind.ffn.shared_gate || starts(m, "llama4") ? ".shared_expert" : ".shared_experts");
  return p;
}

void visit_attention(const AttentionSpec& a, const std::string& path, const Visit& visit) {
  const auto in = [&](const char* name) { visit(TensorRole::kAttention, path + name); };
  switch (a.kind) {
    case AttentionKind::kGatedDelta:
      in(".in_proj_qkv");
      in(".in_proj_z");
      visit(TensorRole::kAttentionOutput, path + ".out_proj");
      return;
    case AttentionKind::kCompressed:
      in(".wq_a");
      in(".wq_b");
      in(".wkv");
      visit(TensorRole::kAttentionOutput, path + ".wo_a");
      if (a.has_indexer) visit(TensorRole::kIndexer, path + ".indexer.wq_b");
      return;
    case AttentionKind::kMla:
    case AttentionKind::kSparseMla:
      in(a.q_lora_rank > 0 ? ".q_a_proj" : ".q_proj");
      if (a.q_lora_rank > 0) in(".q_b_proj");
      in(".kv_a_proj_with_mqa");
      in(".kv_b_proj");
      if (a.has_indexer) visit(TensorRole::kIndexer, path + ".indexer.wq_b");
      break;
    case AttentionKind::kGqa:
    case AttentionKind::kBlockSparse:
    case AttentionKind::kLightning:
      in(".q_proj");
      in(".k_proj");
      in(".v_proj");
      if (a.has_indexer) visit(TensorRole::kIndexer, path + ".index_q_proj");
      break;
  }
  visit(TensorRole::kAttentionOutput, path + ".o_proj");
}

void visit_ffn(const FfnSpec& f, const Paths& p, const Visit& visit) {
  for (const char* name : {".gate_proj", ".up_proj", ".down_proj"}) {
    if (f.intermediate > 0) visit(TensorRole::kDenseFfn, p.ffn + name);
    if (f.shared_intermediate > 0) visit(TensorRole::kSharedExpert, p.shared + name);
    if (f.is_moe()) visit(TensorRole::kExpert, p.ffn + ".experts.0" + name);
  }
}

std::string layer_path(const ModelSpec& m, const LayerKind& kind, std::int64_t layer, bool mtp) {
  const bool v4 = kind.attention.kind == AttentionKind::kCompressed;
  if (!mtp) return fmt::format("{}layers.{}", v4 ? "" : "model.", layer);
  if (v4) return "mtp.0";
  if (m.mtp.style == MtpStyle::kQuantisable) return "mtp.layers.0";
  return fmt::format("model.layers.{}", m.layer_count() + layer);
}

}  // namespace

void visit_modules(const ModelSpec& m, std::int64_t layer, bool mtp, const Visit& visit) {
  const std::size_t index = mtp ? m.mtp.kind : m.layers[static_cast<std::size_t>(layer)];
  const LayerKind& kind = m.kinds[index];
  const Paths paths = paths_of(m, kind, layer_path(m, kind, layer, mtp));
  visit_attention(kind.attention, paths.attention, visit);
  visit_ffn(kind.ffn, paths, visit);
  if (mtp && m.mtp.style == MtpStyle::kQuantisable) visit(TensorRole::kMtp, "mtp.fc");
}

}  // namespace gpusize
