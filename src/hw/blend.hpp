#pragma once
// How two bounds of a kernel's time join.

#include <algorithm>
#include <cmath>

namespace gpusize {

/// p-norm of two times: the larger one when they differ, up to 2^(1/p) of it when they are equal.
inline double blend(double a, double b, double p) {
  const double big = std::max(a, b);
  if (big <= 0.0) return 0.0;
  const double ratio = std::min(a, b) / big;
  return big * std::pow(1.0 + std::pow(ratio, p), 1.0 / p);
}

}  // namespace gpusize
