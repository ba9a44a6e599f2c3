// Multi-head, grouped-query and multi-query attention, with sliding windows and chunks
// (arXiv:2305.13245, arXiv:2310.06825).

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {

void gqa_tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  const std::int64_t q = a.heads * a.head_dim * (a.output_gate ? 2 : 1);
  add_matrix(out, "attention.q", TensorRole::kAttention, Sharding::kTensorParallel, q, hidden);
  add_matrix(out, "attention.k", TensorRole::kAttention, Sharding::kKvHeads,
             a.kv_heads * a.head_dim, hidden)
      .kv_heads = a.kv_heads;
  add_matrix(out, "attention.v", TensorRole::kAttention, Sharding::kKvHeads,
             a.kv_heads * a.v_head_dim, hidden)
      .kv_heads = a.kv_heads;
  add_matrix(out, "attention.out", TensorRole::kAttentionOutput, Sharding::kTensorParallel, hidden,
             a.heads * a.v_head_dim);
  if (a.qkv_bias) {
    add_wide(out, "attention.q_bias", TensorRole::kAttention, Sharding::kTensorParallel, q);
    add_wide(out, "attention.kv_bias", TensorRole::kAttention, Sharding::kKvHeads,
             a.kv_heads * (a.head_dim + a.v_head_dim))
        .kv_heads = a.kv_heads;
  }
  if (a.o_bias)
    add_wide(out, "attention.out_bias", TensorRole::kAttentionOutput, Sharding::kReplicated,
             hidden);
  if (a.sinks)
    add_wide(out, "attention.sinks", TensorRole::kAttention, Sharding::kTensorParallel, a.heads);
  if (a.qk_norm == QkNorm::kPerHead) add_norm(out, "attention.qk_norm", 2 * a.head_dim);
  if (a.qk_norm == QkNorm::kFull)
    add_norm(out, "attention.qk_norm", (a.heads + a.kv_heads) * a.head_dim);
}

KvFootprint gqa_kv(const AttentionSpec& a, std::int64_t tp, Dtype kv) {
  const double heads = heads_per_rank(dbl(a.kv_heads), dbl(tp));
  const double bytes =
      heads * (kv_vector_bytes(dbl(a.head_dim), kv) + kv_vector_bytes(dbl(a.v_head_dim), kv));
  KvFootprint f;
  const std::int64_t limit = a.window > 0 ? a.window : a.chunk;
  if (limit > 0) {
    f.windowed = BytesPerToken::from_base(bytes);
    f.window = limit;
  } else {
    f.growing = BytesPerToken::from_base(bytes);
  }
  return f;
}

void gqa_operators(const AttentionContext& c, double attended, double read_tokens,
                   std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double hidden = dbl(c.hidden);
  const double tp = dbl(c.tp);
  const double heads = dbl(a.heads) / tp;
  const double kv_heads = heads_per_rank(dbl(a.kv_heads), tp);
  const double q = heads * dbl(a.head_dim);
  const double kv = kv_heads * dbl(a.head_dim + a.v_head_dim);
  const double value = heads * dbl(a.v_head_dim);
  const double bytes_per_token = kv_heads * (kv_vector_bytes(dbl(a.head_dim), c.kv) +
                                             kv_vector_bytes(dbl(a.v_head_dim), c.kv));
  const WeightFormat& in = format_of(c, TensorRole::kAttention);
  const WeightFormat& back = format_of(c, TensorRole::kAttentionOutput);

  sink.quantise("attention.quantise", tokens, hidden, in);
  sink.gemm("attention.qkv", tokens, q * (a.output_gate ? 2.0 : 1.0) + kv, hidden, in);
  if (a.qk_norm != QkNorm::kNone) {
    const double normed = tokens * (q + kv_heads * dbl(a.head_dim));
    sink.elementwise("attention.qk_norm", normed, normed, dbl(a.head_dim));
  }
  // Rotates Q and K and writes K and V to the cache.
  sink.elementwise("attention.rope", tokens * (q + kv), tokens * q).kv_bytes =
      Bytes::from_base(tokens * bytes_per_token);
  add_core(sink, "attention.core", c.shape,
           {heads, kv_heads, dbl(a.head_dim), dbl(a.v_head_dim), attended, read_tokens,
            bytes_per_token, false});
  if (a.output_gate) sink.elementwise("attention.gate", 2.0 * tokens * value, tokens * value);
  sink.quantise("attention.out_quantise", tokens, value, back);
  sink.gemm("attention.out", tokens, hidden, value, back);
}

namespace {

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const double context = c.shape.context_tokens;
  const double queries = c.shape.query_tokens;
  const double limit = dbl(a.window > 0 ? a.window : a.chunk);
  double attended = mean_attended(context, queries, limit);
  if (a.window == 0 && a.chunk > 0 && c.shape.phase == Phase::kPrefill) {
    attended = mean_attended_chunked(context, queries, dbl(a.chunk));
  }
  gqa_operators(c, attended, tokens_read(context, queries, limit), out);
}

constexpr std::array kFormulas{formulas::kGqaKv, formulas::kWindowKv, formulas::kCausalMean,
                               formulas::kPrefillFlops, formulas::kDecodeKvRead};

}  // namespace

const AttentionVariant kGqaAttention{AttentionKind::kGqa, "gqa",    gqa_tensors, gqa_kv,
                                     operators,           kFormulas};

}  // namespace gpusize
