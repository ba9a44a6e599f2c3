#pragma once
// In which format each part of a model's weights is stored and multiplied.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/dtype.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// What a tensor does: decides format, sharding and the memory row it is shown in.
enum class TensorRole : std::uint8_t {
  kEmbedding,
  kLmHead,
  kAttention,
  kAttentionOutput,
  kIndexer,
  kDenseFfn,
  kRouter,
  kSharedExpert,
  kExpert,
  kNorm,
  kOther,
  kMtp,
  kVision,
};
inline constexpr std::size_t kTensorRoles = 13;
std::string_view name_of(TensorRole role);

/// Storage of one role.
struct WeightFormat {
  Dtype storage = Dtype::kBf16;
  Dtype compute = Dtype::kBf16;  ///< multiply-add format when the card has it
  QuantMethod method = QuantMethod::kNone;
  std::int64_t block_rows = 0;  ///< scale block (fp8), 0: none
  std::int64_t block_cols = 0;
  std::int64_t group = 0;      ///< scale group along the input (int4, fp4), 0: none
  double scale_bytes = 0.0;    ///< bytes of one scale (and zero point)

  /// Bytes of a rows x cols matrix with its scales.
  [[nodiscard]] double bytes(std::int64_t rows, std::int64_t cols) const;
  /// Mean bytes per element of a large matrix, scales included.
  [[nodiscard]] double bytes_per_element() const;
};

/// Formats of all roles.
struct WeightPlan {
  std::string name;  ///< as reports show it: `bf16`, `fp8`, `native (fp8)`
  std::array<WeightFormat, kTensorRoles> formats;
  [[nodiscard]] const WeightFormat& of(TensorRole role) const {
    return formats[static_cast<std::size_t>(role)];
  }
};

/// The checkpoint as published (`native`), or converted: fp32 bf16 fp16 fp8 int8 awq gptq mxfp4
/// nvfp4. Fails with `ops-unknown-weights` (near match offered).
Result<WeightPlan> plan_weights(const ModelSpec& model, std::string_view request);

}  // namespace gpusize
