#pragma once
// Every weight tensor of a model, grouped by kind: what parameter counts, checkpoint sizes and
// memory per GPU are sums over.

#include <cstdint>
#include <string>
#include <vector>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/ops/weight_plan.hpp"

namespace gpusize {

/// How a tensor is divided among the GPUs of a replica.
enum class Sharding : std::uint8_t {
  kReplicated,      ///< on every GPU (of its pipeline stage)
  kTensorParallel,  ///< 1/tp of it; on each attention-DP rank again
  kKvHeads,         ///< K and V projections: 1/tp, but no less than one kv head
  kExpert,          ///< whole experts over ep ranks, each split over tp*dp/ep ranks
  kFfn,             ///< dense and shared FFN: 1/tp
};

/// Equal tensors: `count` matrices of rows x cols (a vector is rows x 1).
struct TensorGroup {
  std::string name;  ///< `layers.attention.q_proj`
  TensorRole role = TensorRole::kOther;
  Sharding sharding = Sharding::kReplicated;
  std::int64_t rows = 0;
  std::int64_t cols = 1;
  std::int64_t count = 1;
  int layer_kind = -1;             ///< index into ModelSpec::kinds, -1: outside the layers
  bool quantisable = false;        ///< a linear layer's matrix
  bool in_main_model = true;       ///< false: MTP module, checkpoint copies
  bool in_language_model = true;   ///< false: vision tower
  double active_fraction = 1.0;    ///< share of `count` that one token passes through
  bool wide_fp32 = false;          ///< stored as fp32 whatever the native format

  [[nodiscard]] std::int64_t elements() const { return rows * cols * count; }
};

std::vector<TensorGroup> tensors_of(const ModelSpec& model);

/// Parameter totals, from architecture fields alone.
struct ParameterCounts {
  std::int64_t total = 0;   ///< main model: no MTP, no copies, no scales
  std::int64_t active = 0;  ///< per token, without the input embedding
  std::int64_t mtp = 0;     ///< of the MTP module, copies left out
  std::int64_t vision = 0;
  std::int64_t checkpoint_elements = 0;  ///< as the safetensors index counts: scales, copies, packing
  Bytes checkpoint_bytes;
};
ParameterCounts count_parameters(const ModelSpec& model);

/// Weight bytes on one GPU by role, for the heaviest pipeline stage.
struct WeightBytes {
  std::array<Bytes, kTensorRoles> by_role;
  [[nodiscard]] Bytes total() const;
};
/// `with_mtp` loads the multi-token-prediction module too.
WeightBytes weight_bytes_per_gpu(const ModelSpec& model, const WeightPlan& plan, const Layout& layout,
                                 bool with_mtp = false);

}  // namespace gpusize
