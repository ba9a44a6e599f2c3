#pragma once
// How a checkpoint's weights are stored, role by role.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gpusize/core/dtype.hpp"

namespace gpusize {

/// What a tensor does: decides format, sharding and the memory row it is shown in.
enum class TensorRole : std::uint8_t {
  kEmbedding,
  kLmHead,
  kAttention,        ///< projections into the attention (or linear-attention) core
  kAttentionOutput,  ///< projections out of it
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
/// `attention`, `expert`, ... as reports show them.
std::string_view name_of(TensorRole role);

/// Storage schemes of a linear layer's matrix.
enum class QuantMethod : std::uint8_t {
  kNone,
  kFp8Block,    ///< one scale per block of rows x columns
  kFp8Tensor,   ///< one scale per matrix (and one for its input)
  kFp8Channel,  ///< one scale per output row
  kMxfp8,       ///< OCP MX: one power-of-two scale byte per 32 along the input
  kInt8,        ///< one scale per output row
  kAwq,         ///< 4 bits, a 16-bit scale and a 4-bit zero point per group
  kGptq,        ///< stored like AWQ
  kMxfp4,       ///< OCP MX: one power-of-two scale byte per 32 along the input
  kNvfp4,       ///< one FP8 scale per 16 along the input
  kInt4Group,   ///< compressed-tensors: 4 bits, a 16-bit scale per group, symmetric
};
std::string_view name_of(QuantMethod method);

/// One scheme with its parameters.
struct TensorQuant {
  QuantMethod method = QuantMethod::kNone;
  std::int64_t block_rows = 128;  ///< kFp8Block
  std::int64_t block_cols = 128;  ///< kFp8Block
  std::int64_t group = 0;         ///< group schemes: weights per scale along the input
  double scale_bytes = 0.0;       ///< bytes of one scale
  bool weight_only = false;       ///< activations stay 16-bit
  bool fp8_activations = false;   ///< 4-bit weights multiplied with FP8 activations

  bool operator==(const TensorQuant&) const = default;
};

/// The scheme with its usual parameters: fp8 128x128 with fp32 scales, 4-bit integers per 128, ...
TensorQuant default_quant(QuantMethod method);

/// What a checkpoint's quantisation_config says, resolved to roles.
struct QuantSpec {
  QuantMethod method = QuantMethod::kNone;          ///< the scheme that names the checkpoint
  std::array<TensorQuant, kTensorRoles> roles;      ///< main model
  std::array<TensorQuant, kTensorRoles> mtp_roles;  ///< multi-token-prediction module
  std::optional<Dtype> kv_dtype;  ///< KV cache format that the checkpoint asks for

  [[nodiscard]] const TensorQuant& of(TensorRole role, bool mtp = false) const {
    return (mtp ? mtp_roles : roles)[static_cast<std::size_t>(role)];
  }
};

}  // namespace gpusize
