#include "gpusize/hw/cached_reads.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {
namespace {

constexpr double kSharpness = 12.0;  // of the step from cached to streamed operands
constexpr double kMiBPerMB = 1.024 * 1.024;
// Of the fixed point; few are needed unless a round just exceeds the cache.
constexpr int kRounds = 60;

/// Share of a round's reads that are still there from the round before, where a round is `rounds`
/// times the cache: a line outlives misses that replace one at random with exp(-misses / lines).
double kept_at_random(double rounds) {
  if (rounds <= 1.0) return 1.0;
  double hit = 0.0;
  for (int i = 0; i < kRounds; ++i) hit = std::exp(-(1.0 - hit) * rounds);
  return hit;
}

}  // namespace

double CachedReads::capacity() const { return device_->l2_bytes() * kMiBPerMB; }

double CachedReads::at(double bytes, double hit, double fraction) const {
  const double memory = device_->gpu().memory_bandwidth.in(units::B_per_s)*fraction;
  const double cache = std::max(memory, gb_s_per_unit_ * 1e9 * device_->units());
  return bytes * ((1.0 - hit) / memory + hit / cache);
}

double CachedReads::seconds(double bytes, double in_use, double fraction) const {
  if (device_->l2_bytes() <= 0.0) return at(bytes, 0.0, fraction);
  const double missed = std::pow(in_use / capacity(), kSharpness);
  return at(bytes, 1.0 / (1.0 + missed), fraction);
}

double CachedReads::mixed_seconds(double bytes, double in_use, double fraction) const {
  if (device_->l2_bytes() <= 0.0) return at(bytes, 0.0, fraction);
  return at(bytes, kept_at_random(in_use / capacity()), fraction);
}

}  // namespace gpusize
