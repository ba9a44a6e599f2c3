#pragma once
// Every weight tensor of a model, grouped by kind: what parameter counts, checkpoint sizes and
// memory per GPU are sums over.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/ops/weight_plan.hpp"

namespace gpusize {

/// How a tensor is divided among the GPUs of a pipeline stage.
enum class Sharding : std::uint8_t {
  kReplicated,      ///< on every GPU
  kTensorParallel,  ///< 1/tp of it; on each attention-DP rank again
  kKvHeads,         ///< K and V projections: 1/tp, but no less than one kv head
  kExpert,          ///< whole experts over ep ranks, each split over tp*dp/ep ranks
};

/// What a tensor belongs to.
enum class TensorPart : std::uint8_t {
  kMain,
  kMtp,    ///< multi-token-prediction module
  kCopy,   ///< embedding and head repeated in the checkpoint: never loaded
  kTable,  ///< integers that are stored and loaded but are no parameters (hash routing)
  kVision,
};

/// Equal tensors: `count` matrices of rows x cols in each of `layers` layers (a vector is rows x
/// 1).
struct TensorGroup {
  std::string_view name;  ///< static text: `attention.q_proj`
  TensorRole role = TensorRole::kOther;
  Sharding sharding = Sharding::kReplicated;
  std::int64_t rows = 0;
  std::int64_t cols = 1;
  std::int64_t count = 1;  ///< per layer
  std::int64_t layers = 1;
  std::int64_t active_count = 1;  ///< of `count`, those that one token passes through
  bool quantisable = false;       ///< stored by its role's format, else wide
  bool splits_cols = false;       ///< tensor parallelism divides the columns (down projections)
  std::int64_t fixed_bytes =
      0;  ///< bytes per element whatever the plan (fp32 gates: 4); 0: by plan
  TensorPart part = TensorPart::kMain;
  int layer_kind = -1;        ///< index into ModelSpec::kinds, -1: outside the layers
  std::int64_t kv_heads = 0;  ///< for Sharding::kKvHeads

  [[nodiscard]] std::int64_t elements() const { return rows * cols * count * layers; }
};

std::vector<TensorGroup> tensors_of(const ModelSpec& model);

/// Bytes of all `count * layers` matrices of a group under a plan, unsharded.
double stored_bytes(const TensorGroup& group, const WeightPlan& plan);

/// Share of a group that one GPU of its stage holds (the fullest, where a split is uneven).
double share_per_gpu(const TensorGroup& group, const Layout& layout);

/// Parameter totals, from architecture fields alone.
struct ParameterCounts {
  std::int64_t total = 0;   ///< main model: no MTP, no copies, no scales
  std::int64_t active = 0;  ///< per token, without an untied input embedding
  std::int64_t embedding = 0;
  std::int64_t mtp = 0;  ///< of the MTP module, copies left out
  std::int64_t vision = 0;
  std::int64_t checkpoint_elements =
      0;  ///< as the safetensors index counts: scales, copies, packing
  Bytes checkpoint_bytes;
};
ParameterCounts count_parameters(const ModelSpec& model);

/// Weight bytes on one GPU by role.
struct WeightBytes {
  std::array<Bytes, kTensorRoles> by_role;
  [[nodiscard]] Bytes total() const;
};

/// One GPU's part of a matrix before and after an engine pads it; all 0: it does not.
struct PaddedMatrix {
  double rows = 0.0;
  double cols = 0.0;
  double padded_rows = 0.0;
  double padded_cols = 0.0;
  double element_bytes = 0.0;
  double group = 1.0;        ///< elements of a row that share a scale
  double scale_bytes = 0.0;  ///< 0: scales are not padded
  /// Bytes that the padding adds.
  [[nodiscard]] double excess() const;
};
/// What `plan.expert_padding` makes of one GPU's part of a matrix of the group.
PaddedMatrix padded_matrix(const TensorGroup& group, const WeightPlan& plan, const Layout& layout);

/// A tensor group as one GPU of a pipeline stage holds it.
struct LoadedGroup {
  TensorGroup group;
  TensorRole row = TensorRole::kOther;  ///< the memory row it is shown in
  double layers = 0.0;                  ///< of the group's layers, those on this stage
  double matrix_bytes = 0.0;            ///< of one unsharded matrix, scales included
  double share = 1.0;                   ///< of each matrix (or of the matrices) on this GPU
  PaddedMatrix padded;                  ///< one matrix of this GPU
  double matrices = 0.0;                ///< such matrices per layer on this GPU, when padded

  /// As the checkpoint stores it.
  [[nodiscard]] Bytes stored() const {
    return Bytes::from_base(matrix_bytes * static_cast<double>(group.count) * layers * share);
  }
  [[nodiscard]] Bytes padding() const {
    return Bytes::from_base(padded.excess() * matrices * layers);
  }
  [[nodiscard]] Bytes bytes() const { return stored() + padding(); }
};
/// What one GPU of pipeline stage `stage` loads; weight_bytes_by_stage() is the sum of it.
std::vector<LoadedGroup> loaded_groups(const ModelSpec& model, const WeightPlan& plan,
                                       const Layout& layout, std::int64_t stage,
                                       bool with_mtp = false);

/// One GPU of each pipeline stage, first to last. `with_mtp` loads the multi-token-prediction
/// module too (on the last stage). Heads that tp does not divide are the caller's infeasibility.
std::vector<WeightBytes> weight_bytes_by_stage(const ModelSpec& model, const WeightPlan& plan,
                                               const Layout& layout, bool with_mtp = false);

/// One GPU of the heaviest pipeline stage.
WeightBytes weight_bytes_per_gpu(const ModelSpec& model, const WeightPlan& plan,
                                 const Layout& layout, bool with_mtp = false);

/// Layers [first, first + count) of a pipeline stage: as even as possible, the remainder on the
/// stages before the last (vLLM's rule, distributed/utils.py get_pp_indices).
struct StageLayers {
  std::int64_t first = 0;
  std::int64_t count = 0;
};
StageLayers stage_layers(std::int64_t layers, std::int64_t stages, std::int64_t stage);

}  // namespace gpusize
