// DeepSeek sparse attention (DeepSeek-V3.2, arXiv:2512.02556): MLA whose queries attend to the
// top_k tokens that a small indexer picks. Layers without an indexer of their own (GLM-5.2) use the
// selection of an earlier layer.

#include <array>

#include "ops/attention_common.hpp"

namespace gpusize {
namespace {

constexpr double kScaleGroup = 128.0;  // one fp32 scale per 128 numbers in the FP8 layouts

void tensors(const AttentionSpec& a, std::int64_t hidden, TensorList& out) {
  mla_tensors(a, hidden, out);
  if (!a.has_indexer) return;
  add_matrix(out, "indexer.q_b", TensorRole::kIndexer, Sharding::kReplicated,
             a.indexer_heads * a.indexer_dim, a.q_lora_rank);
  add_matrix(out, "indexer.k", TensorRole::kIndexer, Sharding::kReplicated, a.indexer_dim, hidden);
  add_norm(out, "indexer.k_norm", 2 * a.indexer_dim).fixed_bytes = 4;
  add_wide(out, "indexer.weights", TensorRole::kIndexer, Sharding::kReplicated, a.indexer_heads,
           hidden);
}

/// FP8 (FlashMLA README): FP8 latent, fp32 scales, 16-bit rotary part: 656 B for V3.2.
double latent_bytes(const AttentionSpec& a, Dtype kv) {
  const double latent = dbl(a.kv_lora_rank);
  if (kv == Dtype::kFp8) return latent + 4.0 * latent / kScaleGroup + 2.0 * dbl(a.rope_dim);
  return kv_vector_bytes(latent + dbl(a.rope_dim), kv);
}

/// FP8 (DeepGEMM): FP8 key and its scale: 132 B for V3.2.
double index_bytes(const AttentionSpec& a, Dtype kv) {
  if (!a.has_indexer) return 0.0;
  const double dim = dbl(a.indexer_dim);
  return kv == Dtype::kFp8 ? dim + 4.0 * dim / kScaleGroup : kv_vector_bytes(dim, kv);
}

KvFootprint kv(const AttentionSpec& a, std::int64_t /*tp*/, Dtype dtype) {
  KvFootprint f;
  f.growing = BytesPerToken::from_base(latent_bytes(a, dtype) + index_bytes(a, dtype));
  return f;
}

void indexer_operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const OperatorSink sink = sink_of(c, out);
  const StepShape& s = c.shape;
  const double tokens = s.tokens();
  const double heads = dbl(a.indexer_heads);
  const double dim = dbl(a.indexer_dim);
  const double attended = mean_attended(s.context_tokens, s.query_tokens, 0.0);
  const double all = s.context_tokens + s.query_tokens;
  const double bytes = index_bytes(a, c.kv);
  const WeightFormat& format = format_of(c, TensorRole::kIndexer);
  sink.gemm("indexer.q", tokens, heads * dim, dbl(a.q_lora_rank), format);
  sink.gemm("indexer.k", tokens, dim, dbl(c.hidden), format);
  sink.gemm("indexer.weights", tokens, heads, dbl(c.hidden), c.weights->wide);
  sink.elementwise("indexer.rope", tokens * (heads + 1.0) * dim, tokens * heads * dim, dim)
      .kv_bytes = Bytes::from_base(tokens * bytes);
  KernelWork& scores =
      add_core(sink, "indexer.scores", s, {heads, 1.0, dim, 0.0, attended, all, bytes, true});
  scores.compute = Dtype::kFp8;  // the index is computed in FP8 (DeepGEMM fp8_mqa_logits)
  // fp32 logits are written, read again, and top_k indices kept.
  constexpr double kLogitBytes = 4.0;
  KernelWork& top = sink.elementwise("indexer.topk", 0.0, 0.0, attended);
  top.activation_bytes =
      Bytes::from_base(tokens * kLogitBytes * (2.0 * attended + std::min(dbl(a.top_k), attended)));
}

void operators(const AttentionContext& c, std::vector<Operator>& out) {
  const AttentionSpec& a = *c.spec;
  const StepShape& s = c.shape;
  const double top_k = dbl(a.top_k);
  const double all = s.context_tokens + s.query_tokens;
  mla_projections(c, out);
  if (a.has_indexer) indexer_operators(c, out);
  mla_absorbed_core(c, mean_attended(s.context_tokens, s.query_tokens, top_k),
                    std::min(all, top_k * s.query_tokens), latent_bytes(a, c.kv), out);
  mla_output(c, out);
}

constexpr std::array kFormulas{formulas::kMlaKv, formulas::kSparseKvFp8, formulas::kIndexerFlops,
                               formulas::kSelected, formulas::kMlaDecodeFlops};

}  // namespace

const AttentionVariant kSparseMlaAttention{
    AttentionKind::kSparseMla, "sparse_mla", tensors, kv, operators, kFormulas};

}  // namespace gpusize
