#pragma once
// Latency and throughput of one replica in steady state, in closed form: the mean of continuous
// batching at a given number of requests in flight. Percentiles and queues are the work of `serve`.

#include "gpusize/core/formula.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/estimate/step.hpp"

namespace gpusize {

/// Request lengths (means).
struct RequestShape {
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  double cached_tokens = 0.0;  ///< of the prompt, whose KV lies in the prefix cache already
};

/// One operating point of a replica.
struct ServingPoint {
  double in_flight = 0.0;  ///< requests running at once in the whole replica
  Seconds decode_step;     ///< a step with decodes only
  Seconds prefill_step;    ///< one prompt alone
  Seconds prefill_extra;   ///< what one prompt adds to the steps it shares
  Seconds ttft;
  Seconds tpot;
  Seconds e2e;
  double requests_per_s = 0.0;  ///< completed by the replica
};

/// The operating points of one replica for one request shape. What does not depend on the load is
/// worked out once, so that a search pays one step per point.
class ReplicaServing {
 public:
  ReplicaServing(StepEstimator& estimator, const RequestShape& request);
  /// Steady state with `in_flight` requests kept running.
  [[nodiscard]] ServingPoint at(double in_flight);

 private:
  StepEstimator& estimator_;
  RequestShape request_;
  Seconds prefill_step_;
  Seconds prefill_extra_;
};

/// Steady state with `in_flight` requests kept running (a closed loop), or a static batch when the
/// engine has no continuous batching.
ServingPoint serving_point(StepEstimator& estimator, const RequestShape& request, double in_flight);

/// The point at which the replica completes `rate` requests a second: fewer run at once than at
/// capacity (Little's law). `most` is the capacity in flight; its own rate must be at least `rate`.
ServingPoint serving_point_at_rate(StepEstimator& estimator, const RequestShape& request,
                                   double rate, double most);

/// A static batch: all prompts first, then all decode steps together.
ServingPoint static_batch(StepEstimator& estimator, const RequestShape& request, double batch);

std::span<const Formula> serving_formulas();

}  // namespace gpusize
