// Block-sparse attention of MiniMax-M3: grouped-query attention over the blocks that an index
// branch picks (config: sparse_attention_config). Index keys are cached beside K and V.

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {
namespace {

void tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  gqa_tensors(a, hidden, out);
  add_matrix(out, "indexer.q", TensorRole::kIndexer, Sharding::kReplicated,
             a.indexer_heads * a.indexer_dim, hidden);
  add_matrix(out, "indexer.k", TensorRole::kIndexer, Sharding::kReplicated, a.indexer_dim, hidden);
  add_norm(out, "indexer.qk_norm", 2 * a.indexer_dim);
}

KvFootprint kv(const AttentionSpec& a, std::int64_t tp, Dtype dtype) {
  KvFootprint f = gqa_kv(a, tp, dtype);
  f.unlisted = BytesPerToken::from_base(kv_vector_bytes(dbl(a.indexer_dim), dtype));
  return f;
}

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double heads = dbl(a.indexer_heads);
  const double dim = dbl(a.indexer_dim);
  const double all = s.context_tokens + s.query_tokens;
  const double bytes = kv_vector_bytes(dim, c.kv);
  const WeightFormat& format = format_of(c, TensorRole::kIndexer);
  sink.gemm("indexer.qk", tokens, (heads + 1.0) * dim, dbl(c.hidden), format);
  sink.elementwise("indexer.rope", tokens * (heads + 1.0) * dim, tokens * heads * dim, dim)
      .kv_bytes = Bytes::from_base(tokens * bytes);
  const double attended = mean_attended(s.context_tokens, s.query_tokens, 0.0);
  add_core(sink, "indexer.scores", s, {heads, 1.0, dim, 0.0, attended, all, bytes, true});
  const double scores = tokens * heads * attended / dbl(a.block);  // one maximum per block
  sink.elementwise("indexer.topk", 2.0 * scores, scores, attended / dbl(a.block));

  const double limit = dbl(a.top_k * a.block);
  gqa_operators(c, mean_attended(s.context_tokens, s.query_tokens, limit),
                std::min(all, limit * s.query_tokens), out);
}

constexpr std::array kFormulas{formulas::kGqaKv, formulas::kBlockAttended, formulas::kIndexerFlops};

}  // namespace

const AttentionVariant kBlockSparseAttention{
    AttentionKind::kBlockSparse, "block_sparse", tensors, kv, operators, kFormulas};

}  // namespace gpusize
