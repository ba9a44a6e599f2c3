#pragma once
// From a deployment and a workload to what the simulator takes: limits of one scheduler, pools,
// named profiles.

#include <optional>

#include "gpusize/catalog/workload.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/serve/simulator.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

/// Limits of one attention-DP rank of one pipeline microbatch. The KV pool is counted for requests
/// of `mean_tokens` tokens (prompt and answer), so that windows and fixed states are in it. Nothing
/// when the weights leave no room for one request.
std::optional<EngineLimits> engine_limits(const Deployment& deployment, double mean_tokens,
                                          const Speculation& speculation = {});

/// Arrivals and lengths of a named profile at `rate` requests per second: gamma gaps with the
/// trace's own variation, lognormal lengths by mean and median.
Workload workload_from(const WorkloadProfile& profile, double rate);

/// What the engine's server adds to a request: overhead, work per prompt token, its event loop.
void set_server(SimulationConfig& config, const EngineProfile& engine);
/// The mean of that at `rate` requests per second and replica; nothing when the event loop cannot
/// pass so many. A loop that all share lets one pass in work / (1 - load) on average, whatever its
/// work is distributed like (Kleinrock, Queueing Systems II, 1976, sec. 4.4).
std::optional<double> server_delay_s(const EngineProfile& engine, double mean_input, double rate);

/// Seconds to move the KV cache of one token between two pools, and before the first byte: over the
/// slower end's network share of each GPU, or the host link where none is stated.
struct KvTransfer {
  double s_per_token = 0.0;
  double latency_s = 0.0;
};
KvTransfer kv_transfer(const Deployment& from, const Deployment& to);

}  // namespace gpusize
