#include "manifest/megatron_model.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gpusize {
namespace {

std::string text(std::int64_t value) { return fmt::format("{}", value); }

bool is_plain_attention(const AttentionSpec& a) {
  const bool known = a.kind == AttentionKind::kGqa || a.kind == AttentionKind::kMla;
  return known && a.window == 0 && a.chunk == 0 && !a.sinks && !a.output_gate && !a.has_indexer &&
         (a.qkv_bias || !a.o_bias) && a.qk_norm != QkNorm::kFull &&
         (a.kind == AttentionKind::kMla || a.v_head_dim == a.head_dim);
}

bool is_plain_ffn(const FfnSpec& f) { return !f.shared_gate && !f.hash_router && !f.expert_bias; }

class ModelArguments {
 public:
  ModelArguments(const ModelSpec& model, std::int64_t sequence) : m_(model), sequence_(sequence) {}

  Result<std::vector<EngineOption>> run() {
    if (const std::string what = unknown_part(); !what.empty()) {
      return make_error("manifest-train-model",
                        fmt::format("Megatron's GPT has no arguments for {} of {}", what, m_.id),
                        {}, "GQA or latent attention over all tokens, dense layers before experts");
    }
    sizes();
    attention();
    feed_forward();
    add("vocab-size", text(m_.vocab));
    add("make-vocab-size-divisible-by", "1");
    if (!m_.tied_embeddings) add("untie-embeddings-and-output-weights");
    return std::move(out_);
  }

 private:
  void add(std::string name, std::string value = {}) {
    out_.push_back({std::move(name), std::move(value)});
  }

  [[nodiscard]] const LayerKind& kind(std::size_t layer) const {
    return m_.kinds[m_.layers[layer]];
  }

  /// Layers before the first with experts.
  [[nodiscard]] std::size_t dense_layers() const {
    std::size_t n = 0;
    while (n < m_.layers.size() && !kind(n).ffn.is_moe()) ++n;
    return n;
  }

  [[nodiscard]] std::string unknown_part() const {
    if (m_.hyper_connections > 0 || m_.parallel_block || m_.embedding_norm || m_.lm_head_bias)
      return "the block";
    if (m_.vision) return "the vision tower";
    if (m_.norms_per_layer != 2) return "the norms";
    const LayerKind& first = kind(0);
    const std::size_t dense = dense_layers();
    for (std::size_t i = 0; i < m_.layers.size(); ++i) {
      const LayerKind& layer = kind(i);
      if (!is_plain_attention(layer.attention) || layer.attention != first.attention)
        return "the attention";
      if (!is_plain_ffn(layer.ffn)) return "the experts";
      const LayerKind& like = kind(i < dense ? 0 : dense);
      if (layer.ffn != like.ffn) return "the order of layers";
    }
    if (first.attention.o_bias != first.ffn.bias) return "the biases";
    return {};
  }

  void sizes() {
    add("num-layers", text(m_.layer_count()));
    add("hidden-size", text(m_.hidden));
    add("max-position-embeddings", text(std::max(m_.max_context, sequence_)));
    add("position-embedding-type", m_.learned_positions > 0 ? "learned_absolute" : "rope");
    add("normalization", m_.norm_bias ? "LayerNorm" : "RMSNorm");
    if (!kind(0).ffn.bias) add("disable-bias-linear");
  }

  void attention() {
    const AttentionSpec& a = kind(0).attention;
    add("num-attention-heads", text(a.heads));
    if (a.qkv_bias && !kind(0).ffn.bias) add("add-qkv-bias");
    if (a.qk_norm == QkNorm::kPerHead) add("qk-layernorm");
    if (a.kind == AttentionKind::kMla) {
      add("multi-latent-attention");
      if (a.q_lora_rank > 0) add("q-lora-rank", text(a.q_lora_rank));
      add("kv-lora-rank", text(a.kv_lora_rank));
      add("qk-head-dim", text(a.nope_dim));
      add("qk-pos-emb-head-dim", text(a.rope_dim));
      add("v-head-dim", text(a.v_head_dim));
      return;
    }
    if (a.head_dim * a.heads != m_.hidden) add("kv-channels", text(a.head_dim));
    if (a.kv_heads < a.heads) {
      add("group-query-attention");
      add("num-query-groups", text(a.kv_heads));
    }
  }

  void feed_forward() {
    const std::size_t dense = dense_layers();
    const FfnSpec& first = kind(0).ffn;
    if (first.gated) add("swiglu");
    add("ffn-hidden-size", text(first.is_moe() ? first.expert_intermediate : first.intermediate));
    if (dense == m_.layers.size()) return;
    const FfnSpec& f = kind(dense).ffn;
    add("num-experts", text(f.experts));
    add("moe-ffn-hidden-size", text(f.expert_intermediate));
    add("moe-router-topk", text(f.top_k));
    if (f.expert_groups > 1 && f.group_limit > 0) {
      add("moe-router-num-groups", text(f.expert_groups));
      add("moe-router-group-topk", text(f.group_limit));
    }
    if (f.router_bias) add("moe-router-enable-expert-bias");
    if (f.shared_intermediate > 0)
      add("moe-shared-expert-intermediate-size", text(f.shared_intermediate));
    if (dense > 0)
      add("moe-layer-freq", fmt::format("([0]*{}+[1]*{})", dense, m_.layers.size() - dense));
  }

  const ModelSpec& m_;
  std::int64_t sequence_;
  std::vector<EngineOption> out_;
};

}  // namespace

Result<std::vector<EngineOption>> megatron_model(const ModelSpec& model, std::int64_t sequence) {
  return ModelArguments(model, sequence).run();
}

}  // namespace gpusize
