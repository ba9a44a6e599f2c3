#pragma once
// Latency percentiles without simulating: for the search, which has thousands of candidates.
//
// Decoding shares the GPU like processor sharing, so the number in the system has a product form in
// the state-dependent rate (Kelly, Reversibility and Stochastic Networks, 1979, chapter 3). A
// prompt waits for the step under way and shares the next one with whoever else came meanwhile
// (gated polling); prompts near the token budget wait as in M/G/c (Lee and Longton, 1959). It
// shares nothing with the simulator but the step times; docs/serving.md compares the two.

#include <cstdint>

#include "gpusize/serve/scheduler.hpp"
#include "gpusize/serve/sketch.hpp"
#include "gpusize/serve/step_times.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

struct ClosedFormInput {
  EngineLimits limits;          ///< of one scheduler
  std::int64_t schedulers = 1;  ///< replicas x pipeline stages x attention-DP ranks
  std::int64_t ranks = 1;       ///< of them, attention-DP ranks that step together
  bool prefill_first = false;   ///< prompts have steps of their own
  double overhead_s = 0.0;      ///< added to TTFT and end-to-end latency
  ServiceTargets targets;       ///< of each request, for good_share
};

struct ClosedForm {
  bool stable = false;       ///< the rest means nothing when false
  double utilization = 0.0;  ///< rate over the rate at which the queue would grow
  double in_flight = 0.0;    ///< requests in the whole fleet
  double wait_share = 0.0;   ///< of the requests that wait for a place in a batch
  /// Requests that meet all targets, at least: the shares that miss one are added.
  double good_share = 1.0;
  Summary ttft_s;
  Summary tpot_s;
  Summary e2e_s;
};

/// At the workload's mean rate. `times` are those of one scheduler's deployment.
ClosedForm closed_form(StepTimes& times, const Workload& workload, const ClosedFormInput& input);

}  // namespace gpusize
