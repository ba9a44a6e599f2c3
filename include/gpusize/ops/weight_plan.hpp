#pragma once
// In which format each part of a model's weights is stored and multiplied.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/matrix_padding.hpp"
#include "gpusize/catalog/model.hpp"
#include "gpusize/core/dtype.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// Storage of one role's matrices.
struct WeightFormat {
  Dtype storage = Dtype::kBf16;
  Dtype compute = Dtype::kBf16;  ///< multiply-add format when the card has it
  TensorQuant quant;             ///< scales; method kNone: none

  /// Bytes of a rows x cols matrix with its scales.
  [[nodiscard]] double bytes(std::int64_t rows, std::int64_t cols) const;
  /// Elements as a safetensors index counts them: packed 4-bit formats count bytes, scales count.
  [[nodiscard]] std::int64_t stored_elements(std::int64_t rows, std::int64_t cols) const;
  /// Mean bytes per element of a large matrix, scales included.
  [[nodiscard]] double bytes_per_element() const;
  /// Whether activations are turned into a narrower format before the multiplication.
  [[nodiscard]] bool quantises_activations() const { return bits_of(compute) < 16.0; }
};

/// Formats of all roles.
struct WeightPlan {
  std::string name;  ///< as reports show it: `bf16`, `fp8`, `native (fp8)`
  std::array<WeightFormat, kTensorRoles> formats;
  std::array<WeightFormat, kTensorRoles> mtp_formats;  ///< of the multi-token-prediction module
  WeightFormat wide;  ///< of what is never quantised: norms, biases, routers, small projections
  std::optional<MatrixPadding> expert_padding;  ///< what the engine adds to experts when loading

  [[nodiscard]] const WeightFormat& of(TensorRole role, bool mtp = false) const {
    return (mtp ? mtp_formats : formats)[static_cast<std::size_t>(role)];
  }
};

/// The checkpoint as published (`native`), or converted: fp32 bf16 fp16 fp8 int8 awq gptq mxfp4
/// nvfp4. Conversions keep embedding, head, norms and routers wide. Fails with
/// `ops-unknown-weights` (near match offered).
Result<WeightPlan> plan_weights(const ModelSpec& model, std::string_view request);

/// Every request that plan_weights takes.
std::vector<std::string> weight_requests();

}  // namespace gpusize
