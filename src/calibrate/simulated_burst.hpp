#pragma once
// Requests that all arrive at once, run through the simulator.

#include <optional>

#include "gpusize/estimate/deployment.hpp"

namespace gpusize::calibrate {

struct BurstTimes {
  double ttft_mean_s = 0.0;
  double ttft_first_s = 0.0;
  double tpot_mean_s = 0.0;
  double makespan_s = 0.0;
};

/// `requests` of these lengths at time 0 on one replica; nothing when the engine would leave no
/// room for the KV cache.
std::optional<BurstTimes> simulated_burst(const Deployment& deployment, double requests,
                                          double input, double output);

}  // namespace gpusize::calibrate
