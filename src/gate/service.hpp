#pragma once
// GS3xx: does a deployment carry its traffic.

#include "gate/judge.hpp"
#include "gpusize/gate/check.hpp"

namespace gpusize {

/// Judges rate and latency of the workload under `traffic`, by the estimator's steady state;
/// nothing when the workload could not be assessed.
std::optional<WorkloadService> judge_service(Judge& judge, const Traffic& traffic);

}  // namespace gpusize
