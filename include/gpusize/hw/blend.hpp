#pragma once
// How the bounds of a kernel's time join.

#include <algorithm>
#include <cmath>

#include "gpusize/hw/device.hpp"

namespace gpusize {

/// p-norm of two times: the larger one when they differ, up to 2^(1/p) of it when they are equal.
inline double blend(double a, double b, double p) {
  const double big = std::max(a, b);
  if (big <= 0.0) return 0.0;
  const double ratio = std::min(a, b) / big;
  return big * std::pow(1.0 + std::pow(ratio, p), 1.0 / p);
}

/// By how much a full load slows the clock: hardly at first, by `throttle` once it lasts far
/// longer than `half`. `ideal_s` is the time at the peak.
inline double throttled(double throttle, double ideal_s, Seconds half) {
  const double x = half > Seconds{} ? ideal_s / half.in(units::s) : 0.0;
  return 1.0 + throttle * x / (1.0 + x);
}

/// What takes longest.
inline Bound bound_of(double launch, double memory, double compute) {
  if (launch >= std::max(memory, compute)) return Bound::kLaunch;
  return compute > memory ? Bound::kCompute : Bound::kMemory;
}

}  // namespace gpusize
