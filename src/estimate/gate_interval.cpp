#include "gpusize/estimate/gate_interval.hpp"

#include <cmath>

namespace gpusize {

GateInterval gate_interval(double per_step, std::int64_t ranks, std::int64_t most_steps) {
  if (most_steps < 2) return {};
  double mean = 0.0;
  double square = 0.0;
  for (std::int64_t s = 0; s < most_steps; ++s) {
    const auto steps = static_cast<double>(s);
    const double has_one = -std::expm1(-per_step * steps);
    const double longer = 1.0 - std::pow(has_one, static_cast<double>(ranks));
    if (longer < 1e-9) break;
    mean += longer;
    square += (2.0 * steps + 1.0) * longer;
  }
  return {mean, square - mean * mean};
}

}  // namespace gpusize
