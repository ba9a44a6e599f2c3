#pragma once
// The points at which the closed form of latency percentiles is judged by the simulator.

#include <vector>

#include "gpusize/serve/sketch.hpp"
#include "support/deployments.hpp"

namespace gpusize::grid {

struct Point {
  const test::DeploymentNames* deployment;
  const char* workload;
  std::int64_t replicas;
  double load;  ///< rate over the rate at which the closed form says the queue would grow
};

/// Every deployment x replicas x workload x load.
std::vector<Point> all_points();

struct Outcome {
  Point point;
  double ttft_error = 0.0;  ///< of p95: closed form over simulation, less one
  double tpot_error = 0.0;
  double tpot_mean_error = 0.0;
  double preempted = 0.0;  ///< preemptions per request in the simulation
  bool sustained = false;  ///< the simulation completed at the rate of arrival
};

Outcome judge(const Point& point, std::uint64_t requests);

}  // namespace gpusize::grid
