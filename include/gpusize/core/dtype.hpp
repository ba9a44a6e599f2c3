#pragma once
// Number formats of weights, KV cache and arithmetic.

#include <cstdint>
#include <optional>
#include <string_view>

namespace gpusize {

/// A storage and arithmetic format. Block formats carry their scales apart (see weight_format.hpp).
enum class Dtype : std::uint8_t { kFp32, kTf32, kBf16, kFp16, kFp8, kInt8, kInt4, kMxfp4, kNvfp4 };

/// Bits of one element, scales left out.
constexpr double bits_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::kFp32:
    case Dtype::kTf32: return 32.0;
    case Dtype::kBf16:
    case Dtype::kFp16: return 16.0;
    case Dtype::kFp8:
    case Dtype::kInt8: return 8.0;
    case Dtype::kInt4:
    case Dtype::kMxfp4:
    case Dtype::kNvfp4: return 4.0;
  }
  return 16.0;
}

/// Bytes of one element, scales left out.
constexpr double bytes_of(Dtype dtype) { return bits_of(dtype) / 8.0; }

/// `bf16`, `fp8`, ...
std::string_view name_of(Dtype dtype);
/// By our name or the names that configs use (`bfloat16`, `float8_e4m3fn`), or nothing.
std::optional<Dtype> dtype_from(std::string_view name);

}  // namespace gpusize
