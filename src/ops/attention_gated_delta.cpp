// Gated DeltaNet (arXiv:2412.06464) as in Qwen3-Next: a matrix of key_dim x value_dim per value
// head is the whole memory of a sequence, so nothing grows with context.

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {
namespace {

constexpr double kPrefillChunk =
    64.0;  // tokens per chunk of the chunked algorithm (flash-linear-attention)

struct Widths {
  double key;
  double value;
  double value_heads;
  [[nodiscard]] double conv() const { return 2.0 * key + value; }
};

Widths widths(const AttentionSpec& a, std::int64_t tp) {
  const double ranks = dbl(tp);
  return {heads_per_rank(dbl(a.linear_key_heads), ranks) * dbl(a.linear_key_dim),
          heads_per_rank(dbl(a.linear_value_heads), ranks) * dbl(a.linear_value_dim),
          heads_per_rank(dbl(a.linear_value_heads), ranks)};
}

double state_bytes(const AttentionSpec& a, const Widths& w) {
  return w.value_heads * dbl(a.linear_key_dim * a.linear_value_dim * a.state_element_bytes);
}

double conv_bytes(const AttentionSpec& a, const Widths& w) {
  return w.conv() * dbl(a.conv_kernel - 1) * kActivationBytes;
}

void tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  const std::int64_t key = a.linear_key_heads * a.linear_key_dim;
  const std::int64_t value = a.linear_value_heads * a.linear_value_dim;
  const TensorRole in = TensorRole::kAttention;
  add_matrix(out, "linear.in", in, Sharding::kTensorParallel, 2 * key + value, hidden);
  add_matrix(out, "linear.in_gate", in, Sharding::kTensorParallel, value, hidden);
  add_wide(out, "linear.in_decay", in, Sharding::kTensorParallel, 2 * a.linear_value_heads, hidden);
  add_wide(out, "linear.conv", in, Sharding::kTensorParallel, 2 * key + value, a.conv_kernel);
  add_wide(out, "linear.decay", in, Sharding::kTensorParallel, 2 * a.linear_value_heads);
  add_norm(out, "linear.norm", a.linear_value_dim);
  add_matrix(out, "linear.out", TensorRole::kAttentionOutput, Sharding::kTensorParallel, hidden,
             value);
}

KvFootprint kv(const AttentionSpec& a, std::int64_t tp, Dtype /*kv*/) {
  const Widths w = widths(a, tp);
  KvFootprint f;
  f.fixed = Bytes::from_base(state_bytes(a, w) + conv_bytes(a, w));
  return f;
}

/// Decode reads and writes the state for each token; prefill works in chunks and touches it once
/// per sequence, with products inside a chunk besides.
void core(const AttentionContext& c, const Widths& w, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double key_dim = dbl(a.linear_key_dim);
  const double value_dim = dbl(a.linear_value_dim);
  const double state = 2.0 * state_bytes(a, w);
  const double state_flops = 7.0 * w.value_heads * key_dim * value_dim;
  const double io = tokens * (2.0 * w.key + 2.0 * w.value);
  if (s.phase == Phase::kDecode) {
    KernelWork& work = sink.elementwise("linear.core", io, 0.0);
    work.flops = Flops::from_base(tokens * state_flops);
    work.kv_bytes = Bytes::from_base(tokens * state);
    return;
  }
  const double chunk = std::min(kPrefillChunk, s.query_tokens);
  const double chunk_flops = 2.0 * w.value_heads * chunk * (2.0 * key_dim + 2.0 * value_dim);
  const double flops = state_flops + chunk_flops;
  const double attended = flops / (2.0 * w.value_heads * (key_dim + value_dim));
  KernelWork& work =
      add_core(sink, "linear.core", s,
               {w.value_heads, w.value_heads, key_dim, value_dim, attended, 1.0, state, false});
  work.activation_bytes = Bytes::from_base(io * kActivationBytes);
}

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double hidden = dbl(c.hidden);
  const Widths w = widths(a, c.tp);
  const WeightFormat& in = format_of(c, TensorRole::kAttention);
  const WeightFormat& back = format_of(c, TensorRole::kAttentionOutput);
  sink.quantise("linear.quantise", tokens, hidden, in);
  sink.gemm("linear.in", tokens, w.conv() + w.value, hidden, in);
  sink.gemm("linear.in_decay", tokens, 2.0 * w.value_heads, hidden, c.weights->wide);
  sink.elementwise("linear.conv", tokens * w.conv(), tokens * w.conv()).kv_bytes =
      Bytes::from_base(2.0 * c.shape.sequences * conv_bytes(a, w));
  core(c, w, out);
  sink.elementwise("linear.norm", 2.0 * tokens * w.value, tokens * w.value,
                   dbl(a.linear_value_dim));
  sink.quantise("linear.out_quantise", tokens, w.value, back);
  sink.gemm("linear.out", tokens, hidden, w.value, back);
}

constexpr std::array kFormulas{formulas::kDeltaState, formulas::kDeltaFlops};

}  // namespace

const AttentionVariant kGatedDeltaAttention{
    AttentionKind::kGatedDelta, "gated_delta", tensors, kv, operators, kFormulas};

}  // namespace gpusize
