// Multi-head latent attention (arXiv:2405.04434 section 2.1). Decode runs in the absorbed form:
// Q is carried into the latent space (W_UK), attention is multi-query over the latent vectors, and
// the result is carried back (W_UV). Prefill expands the latent vectors to K and V first.

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {

void mla_tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  const std::int64_t q = a.heads * (a.nope_dim + a.rope_dim);
  if (a.q_lora_rank > 0) {
    add_matrix(out, "attention.q_a", TensorRole::kAttention, Sharding::kReplicated, a.q_lora_rank,
               hidden);
    add_norm(out, "attention.q_a_norm", a.q_lora_rank);
    add_matrix(out, "attention.q_b", TensorRole::kAttention, Sharding::kTensorParallel, q,
               a.q_lora_rank);
  } else {
    add_matrix(out, "attention.q", TensorRole::kAttention, Sharding::kTensorParallel, q, hidden);
  }
  add_matrix(out, "attention.kv_a", TensorRole::kAttention, Sharding::kReplicated,
             a.kv_lora_rank + a.rope_dim, hidden);
  add_norm(out, "attention.kv_a_norm", a.kv_lora_rank);
  add_matrix(out, "attention.kv_b", TensorRole::kAttention, Sharding::kTensorParallel,
             a.heads * (a.nope_dim + a.v_head_dim), a.kv_lora_rank);
  add_matrix(out, "attention.out", TensorRole::kAttentionOutput, Sharding::kTensorParallel, hidden,
             a.heads * a.v_head_dim);
}

void mla_projections(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double hidden = dbl(c.hidden);
  const double latent = dbl(a.kv_lora_rank + a.rope_dim);
  const double q = dbl(a.heads * (a.nope_dim + a.rope_dim)) / dbl(c.tp);
  const double rank = dbl(a.q_lora_rank);
  const WeightFormat& format = format_of(c, TensorRole::kAttention);
  sink.quantise("attention.quantise", tokens, hidden, format);
  if (a.q_lora_rank > 0) {
    sink.gemm("attention.qkv_a", tokens, rank + latent, hidden, format);
    sink.elementwise("attention.latent_norm", tokens * (rank + latent), tokens * (rank + latent),
                     rank);
    sink.quantise("attention.q_quantise", tokens, rank, format);
    sink.gemm("attention.q_b", tokens, q, rank, format);
  } else {
    sink.gemm("attention.q", tokens, q, hidden, format);
    sink.gemm("attention.kv_a", tokens, latent, hidden, format);
    sink.elementwise("attention.latent_norm", tokens * latent, tokens * latent,
                     dbl(a.kv_lora_rank));
  }
}

void mla_absorbed_core(const AttentionContext& c, double attended, double read_tokens,
                       double bytes_per_token, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double heads = dbl(a.heads) / dbl(c.tp);
  const double latent = dbl(a.kv_lora_rank);
  const WeightFormat& format = format_of(c, TensorRole::kAttention);
  // Engines run the per-head products on 16-bit activations.
  const auto absorb = [&](std::string_view name, double n, double k) {
    KernelWork& work = sink.grouped_gemm(name, tokens * heads, n, k, heads, format);
    work.equal_groups = true;
    work.compute = c.weights->wide.compute;
    work.activation_bytes = Bytes::from_base(tokens * heads * (n + k) * kActivationBytes);
  };
  absorb("attention.q_absorb", latent, dbl(a.nope_dim));
  sink.elementwise("attention.rope", tokens * (heads + 1.0) * dbl(a.rope_dim) + tokens * latent,
                   tokens * heads * dbl(a.rope_dim))
      .kv_bytes = Bytes::from_base(tokens * bytes_per_token);
  add_core(
      sink, "attention.core", c.shape,
      {heads, 1.0, latent + dbl(a.rope_dim), latent, attended, read_tokens, bytes_per_token, true});
  absorb("attention.v_up", dbl(a.v_head_dim), latent);
}

void mla_output(const AttentionContext& c, std::vector<Operator>& out) {
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double value = dbl(c.spec->heads * c.spec->v_head_dim) / dbl(c.tp);
  const WeightFormat& format = format_of(c, TensorRole::kAttentionOutput);
  sink.quantise("attention.out_quantise", tokens, value, format);
  sink.gemm("attention.out", tokens, dbl(c.hidden), value, format);
}

namespace {

/// The latent vector is on every tensor-parallel rank.
KvFootprint kv(const AttentionSpec& a, std::int64_t /*tp*/, Dtype dtype) {
  KvFootprint f;
  f.growing = BytesPerToken::from_base(kv_vector_bytes(dbl(a.kv_lora_rank + a.rope_dim), dtype));
  return f;
}

/// Prefill: K and V of all tokens are expanded from the latent vectors.
void expanded_core(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double heads = dbl(a.heads) / dbl(c.tp);
  const double all = s.context_tokens + s.query_tokens;
  const double qk = dbl(a.nope_dim + a.rope_dim);
  const double v = dbl(a.v_head_dim);
  const double cached = kv(a, c.tp, c.kv).growing.in(units::B_per_token);
  const WeightFormat& format = format_of(c, TensorRole::kAttention);
  sink.quantise("attention.kv_quantise", s.sequences * all, dbl(a.kv_lora_rank), format);
  KernelWork& up = sink.gemm("attention.kv_b", s.sequences * all, heads * (dbl(a.nope_dim) + v),
                             dbl(a.kv_lora_rank), format);
  up.kv_bytes = Bytes::from_base(s.sequences * s.context_tokens * cached);
  sink.elementwise("attention.rope",
                   tokens * (heads * dbl(a.rope_dim) + dbl(a.kv_lora_rank + a.rope_dim)),
                   tokens * heads * dbl(a.rope_dim))
      .kv_bytes = Bytes::from_base(tokens * cached);
  add_core(sink, "attention.core", s,
           {heads, heads, qk, v, mean_attended(s.context_tokens, s.query_tokens, 0.0), all,
            heads * (qk + v) * kActivationBytes, false});
}

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const StepShape& s = c.shape;
  mla_projections(c, out);
  if (s.phase == Phase::kPrefill) {
    expanded_core(c, out);
  } else {
    mla_absorbed_core(c, mean_attended(s.context_tokens, s.query_tokens, 0.0),
                      s.context_tokens + s.query_tokens,
                      kv(*c.spec, c.tp, c.kv).growing.in(units::B_per_token), out);
  }
  mla_output(c, out);
}

constexpr std::array kFormulas{formulas::kMlaKv, formulas::kMlaDecodeFlops,
                               formulas::kMlaPrefillFlops, formulas::kCausalMean};

}  // namespace

const AttentionVariant kMlaAttention{AttentionKind::kMla, "mla",    mla_tensors, kv,
                                     operators,           kFormulas};

}  // namespace gpusize
