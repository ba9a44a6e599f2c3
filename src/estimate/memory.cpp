#include "gpusize/estimate/memory.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

constexpr double kActivationBytes = 2.0;  // 16-bit activations between kernels

/// Live elements per token of one layer at each of its three moments.
struct LayerWidths {
  double attention = 0.0;
  double ffn = 0.0;
  double experts = 0.0;
};

LayerWidths widths_of(const ModelSpec& model, const LayerKind& kind, const Layout& layout) {
  const double tp = static_cast<double>(layout.tp);
  const AttentionSpec& a = kind.attention;
  const FfnSpec& f = kind.ffn;
  const double gate = f.gated ? 3.0 : 2.0;  // gate and up in, product out
  LayerWidths out;
  // Q, K, V and the output of the step's tokens. Latent attention (kv_heads = heads) is expanded to
  // K and V per head while a prompt chunk is processed, which the largest step is: vLLM
  // v1/attention/backends/mla/common.py, _forward_prefill (kv_b_proj of the chunk). What it expands
  // of earlier chunks besides is in docs/limitations.md.
  out.attention = static_cast<double>((a.heads + a.kv_heads) * (a.head_dim + a.v_head_dim)) / tp;
  out.ffn = gate * static_cast<double>(f.intermediate + f.shared_intermediate) / tp;
  if (f.is_moe()) {
    // Every token is copied to its experts: hidden in and out, gate, up and product between.
    const double rows = static_cast<double>(f.top_k) * static_cast<double>(layout.dp) /
                        static_cast<double>(layout.ep);
    out.experts = rows * (2.0 * static_cast<double>(model.hidden) +
                          gate * static_cast<double>(f.expert_intermediate) /
                              static_cast<double>(layout.expert_tp()));
  }
  return out;
}

double residual_elements(const ModelSpec& model) {
  const double streams =
      model.hyper_connections > 0 ? static_cast<double>(model.hyper_connections) : 1.0;
  return (streams + 1.0) * static_cast<double>(model.hidden);
}

double applied_fraction(const Deployment& d) {
  if (d.memory_fraction) return *d.memory_fraction;
  if (d.engine->memory_rule == MemoryRule::kStaticFraction) return sglang_reserve(d).fraction;
  return d.engine->memory_fraction.value_or(1.0);
}

/// The pool that the engine would give to the KV cache.
Bytes room_for_kv(const MemoryPerGpu& m, MemoryRule rule) {
  const Bytes others = m.weights + m.activations + m.runtime;
  Bytes room;
  switch (rule) {
    case MemoryRule::kAll: room = m.capacity - others; break;
    case MemoryRule::kFractionOfTotal: room = m.fraction * m.capacity - others; break;
    case MemoryRule::kFractionOfFree: room = m.fraction * (m.capacity - others); break;
    case MemoryRule::kStaticFraction:
      room = min(m.fraction * m.capacity - m.weights, m.capacity - others);
      break;
  }
  return max(room, Bytes{});
}

Bytes usable_bytes(const MemoryPerGpu& m, MemoryRule rule) {
  if (rule == MemoryRule::kFractionOfTotal) return m.fraction * m.capacity;
  return m.weights + m.activations + m.runtime + m.kv_room;
}

}  // namespace

WidestMoment widest_moment(const Deployment& d) {
  WidestMoment out;
  const auto consider = [&](WidestMoment::What what, std::size_t kind, double elements) {
    if (elements > out.elements) out = {what, kind, elements};
  };
  for (std::size_t k = 0; k < d.model->kinds.size(); ++k) {
    const LayerWidths widths = widths_of(*d.model, d.model->kinds[k], d.layout);
    consider(WidestMoment::What::kAttention, k, widths.attention);
    consider(WidestMoment::What::kFfn, k, widths.ffn);
    consider(WidestMoment::What::kExperts, k, widths.experts);
  }
  return out;
}

double further_peers(const Deployment& d) {
  const std::int64_t in_node = std::min(d.layout.tp * d.layout.dp, d.gpu->node_gpus);
  return static_cast<double>(std::max<std::int64_t>(0, in_node - 2));
}

SglangReserve sglang_reserve(const Deployment& d) {
  SglangReserve r;
  r.total_mib = d.gpu->memory.in(units::MiB);
  r.chunk_tokens = static_cast<double>(std::max<std::int64_t>(batched_token_limit(d), 2048));
  r.gpus = static_cast<double>(d.layout.gpus());
  const bool few = r.gpus < 4;
  r.graph_batch = r.total_mib < 35e3    ? (few ? 24 : 80)
                  : r.total_mib < 60e3  ? (few ? 32 : 160)
                  : r.total_mib < 160e3 ? (few ? 256 : 512)
                                        : 512;
  r.dp_graph_batch = d.layout.dp > 1 ? r.graph_batch * static_cast<double>(d.layout.dp) : 0.0;
  r.floor_mib = r.total_mib > 60e3 ? 10240.0 : 0.0;
  const double wanted = 512.0 + 1.5 * r.chunk_tokens + 2.0 * r.graph_batch + 1024.0 * r.gpus / 8.0 +
                        3.0 * r.dp_graph_batch;
  r.reserved_mib = std::max(wanted, r.floor_mib);
  r.fraction = std::clamp((r.total_mib - r.reserved_mib) / r.total_mib, 0.1, 0.95);
  return r;
}

Bytes activation_bytes(const Deployment& d, const ActivationPeak& peak) {
  const double per_token =
      (residual_elements(*d.model) + widest_moment(d).elements) * kActivationBytes;
  const Bytes forward = peak.tokens * per_token * units::B;
  const Bytes logits =
      peak.logit_rows * static_cast<double>(d.model->vocab) * d.engine->logit_entry;
  const Bytes hidden =
      peak.tokens * static_cast<double>(d.model->hidden) * kActivationBytes * units::B;
  return max(forward, logits + hidden);
}

ActivationPeak engine_peak(const Deployment& d) {
  ActivationPeak peak;
  peak.tokens = static_cast<double>(batched_token_limit(d));
  peak.logit_rows = static_cast<double>(sequence_limit(d));
  return peak;
}

MemoryPerGpu memory_per_gpu(const Deployment& d, const ActivationPeak& peak, Bytes kv_needed) {
  return memory_per_gpu(d, peak, kv_needed,
                        weight_bytes_per_gpu(*d.model, d.weights, d.layout, d.load_mtp));
}

MemoryPerGpu memory_per_gpu(const Deployment& d, const ActivationPeak& peak, Bytes kv_needed,
                            const WeightBytes& weights) {
  MemoryPerGpu m;
  m.capacity = d.gpu->memory;
  m.fraction = applied_fraction(d);
  m.weights_by_role = weights;
  m.weights = m.weights_by_role.total();
  m.activations = activation_bytes(d, peak);
  m.context = d.engine->context_bytes;
  m.graphs = d.engine->graph_bytes;
  if (d.layout.gpus() > 1) {
    m.communication =
        d.engine->communication_bytes + further_peers(d) * d.engine->communication_per_peer;
  }
  m.runtime = m.context + m.graphs + m.communication;
  m.kv_room = room_for_kv(m, d.engine->memory_rule);
  m.usable = usable_bytes(m, d.engine->memory_rule);
  m.kv_cache = kv_needed;
  m.free = m.capacity - (m.weights + m.kv_cache + m.activations + m.runtime);
  return m;
}

std::int64_t sequences_that_fit(const Deployment& d, Bytes kv_room, std::int64_t tokens) {
  const Bytes one = kv_bytes_per_sequence(*d.model, d.layout, d.kv, tokens,
                                          d.engine->kv_block_tokens, d.load_mtp);
  if (one <= Bytes{}) return std::int64_t{1} << 40;  // nothing is cached
  return static_cast<std::int64_t>(std::floor(kv_room / one));
}

std::int64_t kv_tokens_that_fit(const Deployment& d, Bytes kv_room) {
  const BytesPerToken per_token = kv_bytes_per_token_per_gpu(*d.model, d.layout, d.kv, d.load_mtp);
  if (per_token <= BytesPerToken{}) return 0;
  return static_cast<std::int64_t>(std::floor((kv_room / per_token).in(units::token)));
}

}  // namespace gpusize
