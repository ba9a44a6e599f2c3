// The tensor list of a whole model: layers by kind, what stands around them, MTP module, vision
// tower. Attention blocks list their own (attention_*.cpp).

#include "gpusize/ops/tensors.hpp"

#include "gpusize/ops/attention.hpp"
#include "ops/tensor_list.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kFp32 = 4;
constexpr std::int64_t kInt64 = 8;

void add_norms(const ModelSpec& m, TensorList& out) {
  const std::int64_t width = m.norm_bias ? 2 * m.hidden : m.hidden;
  add_norm(out, "norms", m.norms_per_layer * width);
}

/// Gate, up and down (or up and down) of `count` equal feed-forward blocks.
void add_mlp(std::string_view name, TensorRole role, Sharding sharding, std::int64_t hidden,
             std::int64_t width, bool gated, std::int64_t count, std::int64_t active,
             TensorList& out) {
  const auto add = [&](std::int64_t rows, std::int64_t cols) -> TensorGroup& {
    TensorGroup& group = add_matrix(out, name, role, sharding, rows, cols);
    group.count = count;
    group.active_count = active;
    return group;
  };
  if (gated) add(width, hidden);
  add(width, hidden);
  add(hidden, width).splits_cols = true;
}

void add_expert_biases(const FfnSpec& f, std::int64_t hidden, TensorList& out) {
  add_wide(out, "moe.router_bias", TensorRole::kRouter, Sharding::kReplicated, f.experts);
  TensorGroup& bias = add_wide(out, "moe.expert_bias", TensorRole::kExpert, Sharding::kExpert,
                               2 * f.expert_intermediate + hidden);
  bias.count = f.experts;
  bias.active_count = f.top_k;
}

void add_experts(const ModelSpec& m, const FfnSpec& f, TensorList& out) {
  add_wide(out, "moe.router", TensorRole::kRouter, Sharding::kReplicated, f.experts, m.hidden);
  if (f.router_bias) {
    add_wide(out, "moe.correction", TensorRole::kRouter, Sharding::kReplicated, f.experts)
        .fixed_bytes = kFp32;
  }
  if (f.hash_router) {
    TensorGroup& table = add_wide(out, "moe.token_experts", TensorRole::kRouter,
                                  Sharding::kReplicated, m.vocab, f.top_k);
    table.fixed_bytes = kInt64;
    table.part = TensorPart::kTable;
  }
  add_mlp("moe.experts", TensorRole::kExpert, Sharding::kExpert, m.hidden, f.expert_intermediate,
          f.gated, f.experts, f.top_k, out);
  if (f.expert_bias) add_expert_biases(f, m.hidden, out);
  if (f.shared_intermediate > 0) {
    add_mlp("moe.shared", TensorRole::kSharedExpert, Sharding::kTensorParallel, m.hidden,
            f.shared_intermediate, f.gated, 1, 1, out);
  }
  if (f.shared_gate)
    add_wide(out, "moe.shared_gate", TensorRole::kRouter, Sharding::kReplicated, 1, m.hidden);
}

void add_ffn(const ModelSpec& m, const FfnSpec& f, TensorList& out) {
  if (f.is_moe()) add_experts(m, f, out);
  if (f.intermediate == 0) return;
  add_mlp("ffn", TensorRole::kDenseFfn, Sharding::kTensorParallel, m.hidden, f.intermediate,
          f.gated, 1, 1, out);
  if (f.bias) {
    add_wide(out, "ffn.up_bias", TensorRole::kDenseFfn, Sharding::kTensorParallel,
             (f.gated ? 2 : 1) * f.intermediate);
    add_wide(out, "ffn.down_bias", TensorRole::kDenseFfn, Sharding::kReplicated, m.hidden);
  }
}

/// Hyper-connections of one layer: mixing weights before attention and before the FFN, fp32
/// (DeepSeek-V4 inference/model.py; arXiv:2409.19606).
void add_hyper_connections(const ModelSpec& m, TensorList& out) {
  const std::int64_t hc = m.hyper_connections;
  if (hc == 0) return;
  const std::int64_t mix = (2 + hc) * hc;
  for (const std::int64_t size : {mix * hc * m.hidden, mix, std::int64_t{3}}) {
    TensorGroup& group =
        add_wide(out, "hyper_connections", TensorRole::kOther, Sharding::kReplicated, size);
    group.count = group.active_count = 2;
    group.fixed_bytes = kFp32;
  }
}

void add_hyper_head(const ModelSpec& m, TensorList& out) {
  const std::int64_t hc = m.hyper_connections;
  if (hc == 0) return;
  add_wide(out, "hyper_head", TensorRole::kOther, Sharding::kReplicated,
           hc * hc * m.hidden + hc + 1)
      .fixed_bytes = kFp32;
}

void add_layer(const ModelSpec& m, const LayerKind& kind, TensorList& out) {
  add_norms(m, out);
  attention_variant(kind.attention.kind).tensors(kind.attention, m.hidden, out);
  add_ffn(m, kind.ffn, out);
  add_hyper_connections(m, out);
}

void add_ends(const ModelSpec& m, TensorList& out) {
  add_matrix(out, "embedding", TensorRole::kEmbedding, Sharding::kTensorParallel, m.vocab,
             m.hidden);
  if (!m.tied_embeddings)
    add_matrix(out, "lm_head", TensorRole::kLmHead, Sharding::kTensorParallel, m.vocab, m.hidden);
  if (m.tied_embeddings && m.stores_tied_head) {
    add_matrix(out, "lm_head", TensorRole::kLmHead, Sharding::kTensorParallel, m.vocab, m.hidden)
        .part = TensorPart::kCopy;
  }
  if (m.lm_head_bias)
    add_wide(out, "lm_head_bias", TensorRole::kLmHead, Sharding::kTensorParallel, m.vocab);
  if (m.learned_positions > 0) {
    add_wide(out, "positions", TensorRole::kEmbedding, Sharding::kReplicated, m.learned_positions,
             m.hidden);
  }
  if (m.embedding_norm) add_norm(out, "embedding_norm", 2 * m.hidden);
  add_norm(out, "final_norm", m.norm_bias ? 2 * m.hidden : m.hidden);
  add_hyper_head(m, out);
}

/// What an MTP module has besides its transformer layer.
void add_mtp_joint(const ModelSpec& m, TensorList& out) {
  const std::int64_t h = m.hidden;
  switch (m.mtp.style) {
    case MtpStyle::kWideProjection:
      add_wide(out, "mtp.projection", TensorRole::kMtp, Sharding::kReplicated, h, 2 * h);
      break;
    case MtpStyle::kQuantisable:
      add_matrix(out, "mtp.projection", TensorRole::kMtp, Sharding::kReplicated, h, 2 * h);
      break;
    case MtpStyle::kSplitProjection: {
      TensorGroup& group =
          add_matrix(out, "mtp.projection", TensorRole::kMtp, Sharding::kReplicated, h, h);
      group.count = group.active_count = 2;
      add_hyper_head(m, out);
      break;
    }
  }
  add_norm(out, "mtp.norms", 3 * h);
}

void add_mtp(const ModelSpec& m, TensorList& out) {
  const std::size_t first = out.size();
  add_layer(m, m.kinds[m.mtp.kind], out);
  add_mtp_joint(m, out);
  for (std::size_t i = first; i < out.size(); ++i) {
    if (out[i].part == TensorPart::kMain) out[i].part = TensorPart::kMtp;
    out[i].layers = m.mtp.layers;
  }
  if (!m.mtp.own_embedding_copies) return;
  TensorGroup& copies = add_matrix(out, "mtp.copies", TensorRole::kEmbedding,
                                   Sharding::kTensorParallel, m.vocab, m.hidden);
  copies.count = copies.active_count = 2;
  copies.layers = m.mtp.layers;
  copies.part = TensorPart::kCopy;
}

/// Patch and position embeddings, transformer blocks with biases and two LayerNorms, projector.
void add_vision(const VisionSpec& v, TensorList& out) {
  const std::size_t first = out.size();
  const auto block = [&](std::int64_t rows, std::int64_t cols, Sharding sharding) {
    add_wide(out, "vision.block", TensorRole::kVision, sharding, rows, cols).layers = v.layers;
  };
  const auto once = [&](std::int64_t rows, std::int64_t cols, Sharding sharding) {
    add_wide(out, "vision", TensorRole::kVision, sharding, rows, cols);
  };
  const std::int64_t d = v.hidden;
  block(3 * d, d, Sharding::kTensorParallel);
  block(d, d, Sharding::kTensorParallel);
  block(2 * v.intermediate, d, Sharding::kTensorParallel);
  block(3 * d + d + v.intermediate + d + 4 * d, 1, Sharding::kReplicated);  // biases and norms
  once(d, v.patch_inputs + 1, Sharding::kReplicated);
  once(v.position_rows, d, Sharding::kReplicated);
  if (v.final_norm) once(2 * d, 1, Sharding::kReplicated);
  if (v.projector_in > 0) {
    once(2 * (v.projector_in / v.merged_patches), 1, Sharding::kReplicated);
    once(v.projector_in, v.projector_in + 1, Sharding::kTensorParallel);
    once(v.projector_out, v.projector_in + 1, Sharding::kTensorParallel);
  }
  for (std::size_t i = first; i < out.size(); ++i) out[i].part = TensorPart::kVision;
}

}  // namespace

std::vector<TensorGroup> tensors_of(const ModelSpec& model) {
  TensorList out;
  add_ends(model, out);
  for (std::size_t k = 0; k < model.kinds.size(); ++k) {
    const std::int64_t layers = model.count_of(k);
    if (layers == 0) continue;
    const std::size_t first = out.size();
    add_layer(model, model.kinds[k], out);
    for (std::size_t i = first; i < out.size(); ++i) {
      out[i].layers = layers;
      out[i].layer_kind = static_cast<int>(k);
    }
  }
  if (model.mtp.layers > 0) add_mtp(model, out);
  if (model.vision) add_vision(*model.vision, out);
  return out;
}

}  // namespace gpusize
