// DeepSeek-V4 attention (inference/model.py of the released checkpoints): multi-query over a
// sliding window of shared K = V vectors, plus one compressed entry per `ratio` tokens: selected by
// an indexer at ratio 4, all of them at ratio 128. The output projection is grouped and low-rank.

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {
namespace {

/// Ratio 4 pools two overlapping windows: its projections are twice as wide.
std::int64_t pool_width(const AttentionSpec& a, std::int64_t dim) {
  return a.has_indexer ? 2 * dim : dim;
}

void add_compressor(const AttentionSpec& a, std::int64_t dim, std::int64_t hidden, TensorRole role,
                    TensorList& out) {
  const std::int64_t width = pool_width(a, dim);
  TensorGroup& pair =
      add_wide(out, "compressor.kv_gate", role, Sharding::kReplicated, width, hidden);
  pair.count = pair.active_count = 2;
  add_wide(out, "compressor.positions", role, Sharding::kReplicated, a.compress_ratio, width)
      .fixed_bytes = 4;
  add_norm(out, "compressor.norm", dim);
}

void tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  const TensorRole in = TensorRole::kAttention;
  add_matrix(out, "attention.q_a", in, Sharding::kReplicated, a.q_lora_rank, hidden);
  add_norm(out, "attention.q_a_norm", a.q_lora_rank);
  add_matrix(out, "attention.q_b", in, Sharding::kTensorParallel, a.heads * a.head_dim,
             a.q_lora_rank);
  add_matrix(out, "attention.kv", in, Sharding::kReplicated, a.head_dim, hidden);
  add_norm(out, "attention.kv_norm", a.head_dim);
  add_wide(out, "attention.sinks", in, Sharding::kTensorParallel, a.heads).fixed_bytes = 4;
  const TensorRole back = TensorRole::kAttentionOutput;
  add_matrix(out, "attention.out_a", back, Sharding::kTensorParallel, a.o_groups * a.o_lora_rank,
             a.heads * a.head_dim / a.o_groups);
  add_matrix(out, "attention.out_b", back, Sharding::kTensorParallel, hidden,
             a.o_groups * a.o_lora_rank);
  if (a.compress_ratio > 0) add_compressor(a, a.head_dim, hidden, in, out);
  if (!a.has_indexer) return;
  add_matrix(out, "indexer.q_b", TensorRole::kIndexer, Sharding::kReplicated,
             a.indexer_heads * a.indexer_dim, a.q_lora_rank);
  add_wide(out, "indexer.weights", TensorRole::kIndexer, Sharding::kReplicated, a.indexer_heads,
           hidden);
  add_compressor(a, a.indexer_dim, hidden, TensorRole::kIndexer, out);
}

/// FP8 (FlashMLA tests/quant.py): 448 FP8 numbers, 64 16-bit rotary ones, 7 scale bytes and a pad.
double entry_bytes(const AttentionSpec& a, Dtype kv) {
  if (kv != Dtype::kFp8) return kv_vector_bytes(dbl(a.head_dim), kv);
  const double nope = dbl(a.nope_dim);
  return nope + 2.0 * dbl(a.rope_dim) + nope / 64.0 + 1.0;
}

double index_bytes(const AttentionSpec& a, Dtype kv) {
  const double dim = dbl(a.indexer_dim);
  return kv == Dtype::kFp8 ? dim + dim / 32.0 : kv_vector_bytes(dim, kv);
}

/// Unpooled tokens of the compressor: values and gates in fp32, two windows where they overlap.
double compressor_state(const AttentionSpec& a, std::int64_t dim) {
  const std::int64_t tokens = a.has_indexer ? 2 * a.compress_ratio : a.compress_ratio;
  return dbl(tokens) * dbl(pool_width(a, dim)) * 2.0 * 4.0;
}

KvFootprint kv(const AttentionSpec& a, std::int64_t /*tp*/, Dtype dtype) {
  KvFootprint f;
  f.windowed = BytesPerToken::from_base(entry_bytes(a, dtype));
  f.window = a.window;
  if (a.compress_ratio == 0) return f;
  double per_entry = entry_bytes(a, dtype);
  double state = compressor_state(a, a.head_dim);
  if (a.has_indexer) {
    per_entry += index_bytes(a, dtype);
    state += compressor_state(a, a.indexer_dim);
  }
  f.growing = BytesPerToken::from_base(per_entry / dbl(a.compress_ratio));
  f.fixed = Bytes::from_base(state);
  return f;
}

void compress(const OperatorSink& sink, const AttentionContext& c, std::int64_t dim,
              std::string_view gemm, std::string_view pool) {
  const AttentionSpec& a = *c.spec;
  const double tokens = c.shape.tokens();
  const double width = dbl(pool_width(a, dim));
  sink.gemm(gemm, tokens, 2.0 * width, dbl(c.hidden), c.weights->wide);
  sink.elementwise(pool, 2.0 * tokens * width, tokens * dbl(dim) / dbl(a.compress_ratio), dbl(dim));
}

void indexer_operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double heads = dbl(a.indexer_heads);
  const double dim = dbl(a.indexer_dim);
  const double ratio = dbl(a.compress_ratio);
  const double attended = mean_attended(s.context_tokens, s.query_tokens, 0.0) / ratio;
  const double all = (s.context_tokens + s.query_tokens) / ratio;
  sink.gemm("indexer.q", tokens, heads * dim, dbl(a.q_lora_rank),
            format_of(c, TensorRole::kIndexer));
  sink.gemm("indexer.weights", tokens, heads, dbl(c.hidden), c.weights->wide);
  compress(sink, c, a.indexer_dim, "indexer.compress", "indexer.pool");
  KernelWork& scores = add_core(sink, "indexer.scores", s,
                                {heads, 1.0, dim, 0.0, attended, all, index_bytes(a, c.kv), true});
  scores.compute = Dtype::kFp8;
  constexpr double kLogitBytes = 4.0;
  KernelWork& top = sink.elementwise("indexer.topk", 0.0, 0.0, attended);
  top.activation_bytes =
      Bytes::from_base(tokens * kLogitBytes * (2.0 * attended + std::min(dbl(a.top_k), attended)));
}

void output(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const double tokens = c.shape.tokens();
  const double heads = dbl(a.heads) / dbl(c.tp);
  const double groups = heads_per_rank(dbl(a.o_groups), dbl(c.tp));
  const WeightFormat& format = format_of(c, TensorRole::kAttentionOutput);
  const double width = heads * dbl(a.head_dim);
  sink.quantise("attention.out_quantise", tokens, width, format);
  sink.grouped_gemm("attention.out_a", tokens * groups, dbl(a.o_lora_rank), width / groups, groups,
                    format);
  sink.gemm("attention.out_b", tokens, dbl(c.hidden), groups * dbl(a.o_lora_rank), format);
}

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double rank = dbl(a.q_lora_rank);
  const double dim = dbl(a.head_dim);
  const double heads = dbl(a.heads) / dbl(c.tp);
  const WeightFormat& format = format_of(c, TensorRole::kAttention);
  sink.quantise("attention.quantise", tokens, dbl(c.hidden), format);
  sink.gemm("attention.qkv_a", tokens, rank + dim, dbl(c.hidden), format);
  sink.elementwise("attention.latent_norm", tokens * (rank + dim), tokens * (rank + dim), rank);
  sink.quantise("attention.q_quantise", tokens, rank, format);
  sink.gemm("attention.q_b", tokens, heads * dim, rank, format);
  if (a.compress_ratio > 0) compress(sink, c, a.head_dim, "compressor.kv_gate", "compressor.pool");
  if (a.has_indexer) indexer_operators(c, out);

  const double bytes = entry_bytes(a, c.kv);
  double attended = mean_attended(s.context_tokens, s.query_tokens, dbl(a.window));
  double read = tokens_read(s.context_tokens, s.query_tokens, dbl(a.window));
  if (a.compress_ratio > 0) {
    const double ratio = dbl(a.compress_ratio);
    const double limit =
        a.has_indexer ? dbl(a.top_k) * ratio : 0.0;  // in tokens behind the entries
    const double all = (s.context_tokens + s.query_tokens) / ratio;
    attended += mean_attended(s.context_tokens, s.query_tokens, limit) / ratio;
    read += a.has_indexer ? std::min(all, dbl(a.top_k) * s.query_tokens) : all;
  }
  sink.elementwise("attention.rope", tokens * (heads + 1.0) * dim, tokens * heads * dim).kv_bytes =
      Bytes::from_base(tokens * bytes);
  add_core(sink, "attention.core", s, {heads, 1.0, dim, dim, attended, read, bytes, true});
  output(c, out);
}

constexpr std::array kFormulas{formulas::kCompressedKv, formulas::kCompressedAttended,
                               formulas::kIndexerFlops};

}  // namespace

const AttentionVariant kCompressedAttention{
    AttentionKind::kCompressed, "compressed", tensors, kv, operators, kFormulas};

}  // namespace gpusize
