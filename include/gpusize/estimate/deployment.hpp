#pragma once
// One replica to be estimated: which model, on which card, by which engine, spread how.

#include <cstdint>
#include <optional>

#include "gpusize/catalog/engine.hpp"
#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/model.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/ops/graph.hpp"
#include "gpusize/ops/weight_plan.hpp"

namespace gpusize {

/// Pointers are into the catalog and outlive the deployment.
struct Deployment {
  const ModelSpec* model = nullptr;
  const GpuSpec* gpu = nullptr;
  const KernelRates* rates = nullptr;
  const EngineProfile* engine = nullptr;
  WeightPlan weights;
  Dtype kv = Dtype::kBf16;
  Layout layout;
  std::optional<double> memory_fraction;           ///< nothing: the engine's default
  std::optional<std::int64_t> max_batched_tokens;  ///< nothing: the engine's default
  std::optional<std::int64_t> max_sequences;       ///< nothing: the engine's default
  Routing routing;
  bool load_mtp = false;
  /// Steps of models with experts spread over attention-DP ranks run as two micro-batches: while
  /// one is sent to the experts and back, the other computes.
  bool two_batch_overlap = false;
  bool fast_sums = false;  ///< row-scaled 8-bit products sum in fewer bits
};

/// Tokens that one step may process (vLLM's max_num_batched_tokens and its kin); 0: no limit.
std::int64_t batched_token_limit(const Deployment& deployment);
/// Sequences that may run at once per attention-DP rank; 0: no limit.
std::int64_t sequence_limit(const Deployment& deployment);

}  // namespace gpusize
