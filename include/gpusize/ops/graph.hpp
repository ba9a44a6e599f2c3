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
  double logit_rows = 1.0;      ///< rows of the LM head (prefill: one per sequence)

  [[nodiscard]] double tokens() const { return sequences * query_tokens; }
};

/// How experts are chosen: 0 is balanced; above, experts are drawn from a power law of this skew.
struct Routing {
  double skew = 0.0;
};

/// A kernel and how often one pass runs it (over all pipeline stages).
struct Operator {
  std::string_view name;  ///< static text: `attention.qkv`
  double count = 1.0;
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
};

/// Fills `out` (cleared first; pass the same vector again to save allocations).
void build_graph(const GraphInput& input, std::vector<Operator>& out);

/// Expected distinct experts among `experts` that `tokens` tokens touch, each choosing `top_k`
/// without replacement: E (1 - (1 - k/E)^T).
double distinct_experts(double experts, double top_k, double tokens, const Routing& routing = {});

}  // namespace gpusize
