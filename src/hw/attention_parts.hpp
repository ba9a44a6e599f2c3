#pragma once
// What the formulas of prompts and of decoding through a library's attention kernels share.

#include <algorithm>
#include <cmath>

#include "gpusize/hw/device.hpp"

namespace gpusize::attention_parts {

inline constexpr double kSixteenBits = 2.0;      // bytes of an activation
inline constexpr double kReferenceHead = 128.0;  // head dimension that rates are stated at

/// A head's dimensions, padded to the next power of two: 64, 128 or 256.
inline double padded_head(double dim) {
  return std::exp2(std::ceil(std::log2(std::max(64.0, dim))));
}

/// `count` in whole tiles.
inline double whole(double count, double tile) { return std::ceil(count / tile) * tile; }

/// FLOPs per second in 16 bits.
inline double peak_of(const Device& device) {
  return device.format(device.compute_format(Dtype::kBf16)).peak_flop_per_s;
}

}  // namespace gpusize::attention_parts
