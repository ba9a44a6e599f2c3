#pragma once
// A discrete-event simulation of a fleet of replicas under load. Events are steps of the engines,
// not tokens; equal steps are taken in one go. The same inputs give the same bytes everywhere.
// Tested: M/M/1, M/M/c, M/D/1, M/G/1, Little's law, token and block conservation.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/serve/request.hpp"
#include "gpusize/serve/scheduler.hpp"
#include "gpusize/serve/sketch.hpp"
#include "gpusize/serve/step_times.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

enum class RouterKind : std::uint8_t { kRoundRobin, kLeastLoaded, kPrefixAware };
std::optional<RouterKind> router_from(std::string_view name);
std::string_view name_of(RouterKind kind);

/// Equal lanes. A lane is one scheduler clock: `ranks` attention-DP ranks that step in lockstep. A
/// replica has as many lanes as pipeline stages.
struct Pool {
  StepTimes* times = nullptr;
  EngineLimits limits;
  const SchedulerPolicy* policy = nullptr;
  std::int64_t lanes = 1;
  std::int64_t ranks = 1;
  std::int64_t lanes_per_replica = 1;
};

/// A lane is away from `from_s` to `to_s`; what it held starts again elsewhere.
struct Outage {
  std::int64_t lane = 0;
  double from_s = 0.0;
  double to_s = kNeverS;
};

/// Replicas follow the load: every `interval_s` their number is set to what brings requests per
/// replica to `target`, at once downward (drained), after `load_s` upward.
struct Autoscaling {
  std::int64_t least = 1;
  std::int64_t most = 1;
  double target = 1.0;  ///< requests waiting and running per replica
  double interval_s = 15.0;
  double load_s = 120.0;  ///< from the decision until a new replica serves
};

struct Progress {
  std::uint64_t done = 0;
  double now_s = 0.0;
};

struct SimulationConfig {
  Pool pool;                   ///< everything, or prefill only when `decode` is set
  std::optional<Pool> decode;  ///< disaggregated: where tokens after the first are made
  double transfer_s_per_token = 0.0;
  double transfer_latency_s = 0.0;
  RouterKind router = RouterKind::kLeastLoaded;
  double request_overhead_s = 0.0;   ///< added to TTFT and end-to-end latency
  double request_s_per_token = 0.0;  ///< the same, of the prompt
  double front_end_s = 0.0;          ///< a request's work in its replica's event loop (FrontEnd)
  double warmup_share = 0.1;         ///< of `requests`, left out of the statistics
  std::uint64_t requests = 0;        ///< that the source will give (for the warm-up and progress)
  std::vector<RequestClass> classes;
  std::vector<Outage> outages;
  std::optional<Autoscaling> autoscaling;
  /// Asked now and then; false stops the run, and the result is partial.
  std::function<bool(const Progress&)> progress;
  /// Told of every answer: when its first and its last token were made, overhead included.
  std::function<void(const Request&, double first_s, double last_s)> answered;
};

/// State of the fleet over one slice of time.
struct TimePoint {
  double from_s = 0.0;
  double arrivals_per_s = 0.0;
  double completions_per_s = 0.0;
  double running = 0.0;
  double waiting = 0.0;
  double kv_share = 0.0;
  double ttft_mean_s = 0.0;  ///< of requests completed in the slice; 0 without any
  double lanes = 0.0;        ///< that serve
};

struct ClassResult {
  std::string name;
  std::uint64_t requests = 0;
  Metric ttft_s;
  Metric tpot_s;
  Metric e2e_s;
  std::uint64_t good = 0;  ///< met all targets of the class
};

struct ServingResult {
  std::uint64_t arrived = 0;
  std::uint64_t completed = 0;
  std::uint64_t measured = 0;  ///< completed, warm-up left out
  std::uint64_t rejected = 0;  ///< longer than the whole KV cache
  std::uint64_t good = 0;      ///< measured ones that met their targets
  bool partial = false;
  double duration_s = 0.0;  ///< to the last completion
  double window_s = 0.0;    ///< over which rates are taken: from the warm-up to the last arrival
  double completed_per_s = 0.0;
  double good_per_s = 0.0;
  double output_tokens_per_s = 0.0;
  Metric ttft_s;
  Metric tpot_s;
  Metric itl_s;
  Metric e2e_s;
  Metric queue_s;
  double utilization = 0.0;    ///< share of time that lanes were in a step
  double kv_share = 0.0;       ///< of the KV blocks, mean over the time in steps
  double running_mean = 0.0;   ///< requests in the system, mean over the run
  double sojourn_sum_s = 0.0;  ///< of all requests, without overhead
  double in_system_s = 0.0;    ///< integral of requests in the system over time
  std::uint64_t preemptions = 0;
  std::uint64_t restarted = 0;        ///< by outages
  std::uint64_t input_tokens = 0;     ///< of completed requests
  std::uint64_t output_tokens = 0;    ///< of completed requests
  std::uint64_t computed_tokens = 0;  ///< prompt tokens computed, recomputation included
  std::uint64_t hit_tokens = 0;       ///< prompt tokens found in the cache
  std::int64_t blocks_left = 0;       ///< KV blocks still taken at the end; 0 unless partial
  double replica_seconds = 0.0;       ///< that replicas were up (autoscaling)
  std::vector<ClassResult> classes;
  std::vector<TimePoint> over_time;
};

/// Runs the source dry (or until `progress` says stop).
ServingResult simulate(const SimulationConfig& config, RequestSource& source);

}  // namespace gpusize
