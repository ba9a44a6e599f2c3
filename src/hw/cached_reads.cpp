#include "gpusize/hw/cached_reads.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {
namespace {

constexpr double kSharpness = 12.0;  // of the step from cached to streamed operands
constexpr double kMiBPerMB = 1.024 * 1.024;

}  // namespace

double CachedReads::capacity() const { return device_->l2_bytes() * kMiBPerMB; }

double CachedReads::seconds(double bytes, double in_use, double fraction) const {
  const double memory = device_->gpu().memory_bandwidth.in(units::B_per_s)*fraction;
  if (device_->l2_bytes() <= 0.0) return bytes / memory;
  const double cache = std::max(memory, gb_s_per_unit_ * 1e9 * device_->units());
  const double missed = std::pow(in_use / capacity(), kSharpness);
  const double hit = 1.0 / (1.0 + missed);
  return bytes * ((1.0 - hit) / memory + hit / cache);
}

}  // namespace gpusize
