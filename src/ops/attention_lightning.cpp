// Lightning attention (arXiv:2401.04658) as in MiniMax-M1: linear attention with a decayed
// head_dim x head_dim state per head and an output gate.

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {
namespace {

constexpr double kPrefillBlock = 256.0;  // tokens per block of the tiled algorithm

void tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  const std::int64_t width = a.heads * a.head_dim;
  add_matrix(out, "linear.in", TensorRole::kAttention, Sharding::kTensorParallel, 3 * width,
             hidden);
  add_matrix(out, "linear.in_gate", TensorRole::kAttention, Sharding::kTensorParallel, width,
             hidden);
  add_norm(out, "linear.norm", width);
  add_matrix(out, "linear.out", TensorRole::kAttentionOutput, Sharding::kTensorParallel, hidden,
             width);
}

double state_bytes(const AttentionSpec& a, std::int64_t tp) {
  return heads_per_rank(dbl(a.heads), dbl(tp)) *
         dbl(a.head_dim * a.head_dim * a.state_element_bytes);
}

KvFootprint kv(const AttentionSpec& a, std::int64_t tp, Dtype /*kv*/) {
  KvFootprint f;
  f.fixed = Bytes::from_base(state_bytes(a, tp));
  return f;
}

void core(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double heads = heads_per_rank(dbl(a.heads), dbl(c.tp));
  const double dim = dbl(a.head_dim);
  const double width = heads * dim;
  const double state = 2.0 * state_bytes(a, c.tp);
  const double state_flops = 5.0 * dim * dim;  // decay, rank-one write, query
  if (s.phase == Phase::kDecode) {
    KernelWork& work = sink.elementwise("linear.core", 3.0 * tokens * width, tokens * width);
    work.flops = Flops::from_base(tokens * heads * state_flops);
    work.kv_bytes = Bytes::from_base(tokens * state);
    return;
  }
  const double block = std::min(kPrefillBlock, s.query_tokens);
  const double attended = (state_flops + 4.0 * block * dim) / (4.0 * dim);
  KernelWork& work =
      add_core(sink, "linear.core", s, {heads, heads, dim, dim, attended, 1.0, state, false});
  work.activation_bytes = Bytes::from_base(4.0 * tokens * width * kActivationBytes);
}

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double hidden = dbl(c.hidden);
  const double width = heads_per_rank(dbl(a.heads), dbl(c.tp)) * dbl(a.head_dim);
  const WeightFormat& in = format_of(c, TensorRole::kAttention);
  const WeightFormat& back = format_of(c, TensorRole::kAttentionOutput);
  sink.quantise("linear.quantise", tokens, hidden, in);
  sink.gemm("linear.in", tokens, 4.0 * width, hidden, in);
  core(c, out);
  sink.elementwise("linear.norm", 2.0 * tokens * width, tokens * width, width);
  sink.quantise("linear.out_quantise", tokens, width, back);
  sink.gemm("linear.out", tokens, hidden, width, back);
}

constexpr std::array kFormulas{formulas::kLightningState};

}  // namespace

const AttentionVariant kLightningAttention{
    AttentionKind::kLightning, "lightning", tensors, kv, operators, kFormulas};

}  // namespace gpusize
