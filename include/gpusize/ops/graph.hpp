#pragma once
// One forward pass as a list of kernels on one GPU under a layout: FLOPs and bytes, no times.

#include <cstdint>
#include <string_view>
#include <vector>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/work.hpp"
#include "gpusize/ops/weight_plan.hpp"

namespace gpusize {

enum class Phase : std::uint8_t { kPrefill, kDecode };

/// What one pass processes, on one attention-DP rank and one pipeline microbatch.
struct StepShape {
  Phase phase = Phase::kDecode;
  double sequences = 1.0;
  double query_tokens = 1.0;    ///< new tokens per sequence (decode: 1, or 1 + draft tokens)
  double context_tokens = 0.0;  ///< tokens already in the cache per sequence
  double logit_rows = 1.0;      ///< rows of the LM head in all (prefill: one per sequence)

  [[nodiscard]] double tokens() const { return sequences * query_tokens; }
};

/// How experts are chosen: 0 is balanced; above, experts are drawn from a power law of this skew
/// (the i-th most popular expert has weight i^-skew).
struct Routing {
  double skew = 0.0;
};

/// What a kernel belongs to.
enum class OperatorPart : std::uint8_t { kMain, kDraft, kVision };

/// A kernel and how often one pass runs it (over all pipeline stages).
struct Operator {
  std::string_view name;  ///< static text: `attention.qkv`
  double count = 1.0;
  OperatorPart part = OperatorPart::kMain;
  KernelWork work;
};

struct GraphInput {
  const ModelSpec* model = nullptr;
  const WeightPlan* weights = nullptr;
  Layout layout;
  Dtype kv = Dtype::kBf16;
  StepShape shape;
  Routing routing;
  std::int64_t node_gpus = 8;  ///< decides which collectives cross nodes
  double draft_passes = 0.0;   ///< runs of the multi-token-prediction module after this pass
};

/// Fills `out` (cleared first; pass the same vector again to save allocations).
///
/// Conventions: 2 m n k FLOPs per GEMM; activations are 16-bit unless quantised before a GEMM;
/// elementwise kernels move each operand once; attention arithmetic is 16-bit. Collectives carry
/// the whole tensor as their message (all-to-all: all that one rank sends); `comm_bytes` is what
/// one rank puts on the wire.
void build_graph(const GraphInput& input, std::vector<Operator>& out);

/// Prefill of the model's vision tower: `images` images of `patches` patches each, on one of `tp`
/// ranks. Appends to `out`; nothing when the tower's sizes are not known.
void vision_operators(const ModelSpec& model, const WeightPlan& weights, double images,
                      double patches, std::int64_t tp, std::vector<Operator>& out);

/// Expected distinct experts among `experts` that `tokens` tokens touch, each choosing `top_k`
/// without replacement: E (1 - (1 - k/E)^T).
double distinct_experts(double experts, double top_k, double tokens, const Routing& routing = {});

/// Rows that the busiest of `ranks` expert ranks gets, relative to the mean: the rank of the most
/// popular expert, with average experts beside it. 1 for balanced routing.
double expert_imbalance(double experts, double top_k, double ranks, const Routing& routing);

}  // namespace gpusize
