#pragma once
// How long prompts of attention-DP ranks wait for each other, in closed form.

#include <cstdint>

namespace gpusize {

/// Steps from one that takes prompts to the next.
struct GateInterval {
  double mean = 1.0;
  double variance = 0.0;
};

/// Until each of `ranks` Poisson streams of `per_step` prompts a step has one, `most_steps` at
/// most: of N, P(N > s) = 1 - (1 - exp(-per_step s))^ranks. One step where no prompt waits
/// (`most_steps` below 2).
GateInterval gate_interval(double per_step, std::int64_t ranks, std::int64_t most_steps);

}  // namespace gpusize
