#pragma once
// Attention variants: one source file each (attention_<name>.cpp) and one row in the table of
// attention_table.cpp. See docs/add-an-attention.md.

#include <span>
#include <string_view>
#include <vector>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/formula.hpp"
#include "gpusize/ops/graph.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/ops/tensors.hpp"

namespace gpusize {

/// What an attention block needs to know of its surroundings.
struct AttentionContext {
  const AttentionSpec* spec = nullptr;
  std::int64_t hidden = 0;
  const WeightPlan* weights = nullptr;
  bool mtp = false;  ///< a block of the multi-token-prediction module: its own formats
  std::int64_t tp = 1;
  Dtype kv = Dtype::kBf16;
  StepShape shape;
  double layers = 1.0;  ///< layers of this kind: the count of every operator
  OperatorPart part = OperatorPart::kMain;
};

struct AttentionVariant {
  AttentionKind kind;
  std::string_view name;
  /// Tensors of one block; the caller multiplies by layers.
  void (*tensors)(const AttentionSpec& spec, std::int64_t hidden, std::vector<TensorGroup>& out);
  /// Cache of one block on one of `tp` ranks.
  KvFootprint (*kv)(const AttentionSpec& spec, std::int64_t tp, Dtype kv);
  /// Kernels of one block on one rank; norms and all-reduce are the caller's.
  void (*operators)(const AttentionContext& context, std::vector<Operator>& out);
  /// Formulas that this variant's numbers follow, for `explain` and docs/formulas.md.
  std::span<const Formula> formulas;
};

/// The row of a kind.
const AttentionVariant& attention_variant(AttentionKind kind);
std::span<const AttentionVariant> attention_variants();

}  // namespace gpusize
