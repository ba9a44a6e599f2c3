#pragma once
// What attention variants share: their table rows, the core kernel, plain projections.

#include "gpusize/ops/attention.hpp"
#include "gpusize/ops/formulas.hpp"
#include "ops/causal.hpp"
#include "ops/operator_list.hpp"
#include "ops/tensor_list.hpp"

namespace gpusize {

extern const AttentionVariant kGqaAttention;
extern const AttentionVariant kMlaAttention;
extern const AttentionVariant kSparseMlaAttention;
extern const AttentionVariant kCompressedAttention;
extern const AttentionVariant kBlockSparseAttention;
extern const AttentionVariant kGatedDeltaAttention;
extern const AttentionVariant kLightningAttention;

inline double dbl(std::int64_t v) { return static_cast<double>(v); }

/// Heads, dimensions and lengths of a core kernel.
struct CoreShape {
  double heads = 0.0;
  double kv_heads = 0.0;
  double qk_dim = 0.0;
  double v_dim = 0.0;
  double attended = 0.0;
  double read_tokens = 0.0;
  double bytes_per_token = 0.0;  ///< cached, of all kv heads of this rank
  bool shared_kv = false;
};

/// Softmax attention of one block: products with K and V, K and V read once per sequence.
inline KernelWork& add_core(const OperatorSink& sink, std::string_view name, const StepShape& s,
                            const CoreShape& c) {
  KernelWork& work = sink.add(name, s.phase == Phase::kPrefill ? KernelClass::kPrefillAttention
                                                               : KernelClass::kDecodeAttention);
  work.attention = {s.sequences, s.query_tokens, c.attended, c.read_tokens, c.heads,
                    c.kv_heads,  c.qk_dim,       c.v_dim,    c.shared_kv};
  const double rows = s.sequences * s.query_tokens * c.heads;
  work.flops = Flops::from_base(2.0 * rows * c.attended * (c.qk_dim + c.v_dim));
  work.kv_bytes = Bytes::from_base(s.sequences * c.read_tokens * c.bytes_per_token);
  work.activation_bytes = Bytes::from_base(rows * (c.qk_dim + c.v_dim) * kActivationBytes);
  return work;
}

inline OperatorSink sink_of(const AttentionContext& c, std::vector<Operator>& out) {
  return {out, c.layers, c.part};
}
inline const WeightFormat& format_of(const AttentionContext& c, TensorRole role) {
  return c.weights->of(role, c.mtp);
}

// attention_gqa.cpp, also used by block-sparse attention and MiniMax-M1's softmax layers.
void gqa_tensors(const AttentionSpec& spec, std::int64_t hidden, TensorList& out);
KvFootprint gqa_kv(const AttentionSpec& spec, std::int64_t tp, Dtype kv);
/// Projections, core and output with `attended` and `read_tokens` given.
void gqa_operators(const AttentionContext& context, double attended, double read_tokens,
                   std::vector<Operator>& out);

// attention_mla.cpp, also used by sparse MLA.
void mla_tensors(const AttentionSpec& spec, std::int64_t hidden, TensorList& out);
/// Projections up to Q and the latent KV vector.
void mla_projections(const AttentionContext& context, std::vector<Operator>& out);
/// Core in the absorbed form: MQA over the latent vectors.
void mla_absorbed_core(const AttentionContext& context, double attended, double read_tokens,
                       double bytes_per_token, std::vector<Operator>& out);
void mla_output(const AttentionContext& context, std::vector<Operator>& out);

}  // namespace gpusize
