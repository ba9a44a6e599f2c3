#include "gpusize/estimate/serving.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gpusize {
namespace {

constexpr std::array<Formula, 6> kFormulas{{
    {"serve.prefill_extra", "max(prefill_step - idle_step, 0.25 * prefill_step)", "s",
     "a prompt that joins a running step shares its weights and host time"},
    {"serve.step_mean", "decode_step + running / output_tokens * prefill_extra", "s",
     "each running request brings one prompt per output_tokens steps"},
    {"serve.tpot", "step_mean", "s", "one token per running request and step"},
    {"serve.ttft", "request_overhead + 0.5 * step_mean + chunks * decode_step + prefill_extra", "s",
     "waits for half a step on average, then shares its prefill steps with the running decodes"},
    {"serve.e2e", "ttft + (output_tokens - 1) * tpot", "s", "definition of TTFT and TPOT"},
    {"serve.rate", "in_flight / e2e", "1/s", "Little, Operations Research 9(3), 1961"},
}};

StepShape decode_shape(double sequences, double context) {
  StepShape shape;
  shape.phase = Phase::kDecode;
  shape.sequences = sequences;
  shape.query_tokens = 1.0;
  shape.context_tokens = context;
  shape.logit_rows = sequences;
  return shape;
}

StepShape prefill_shape(double sequences, double tokens) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = sequences;
  shape.query_tokens = tokens;
  shape.logit_rows = sequences;
  return shape;
}

/// Requests of one attention-DP rank and one pipeline microbatch.
double per_rank(const Layout& layout, double in_flight) {
  return in_flight / static_cast<double>(layout.dp * layout.pp);
}

}  // namespace

std::span<const Formula> serving_formulas() { return kFormulas; }

ReplicaServing::ReplicaServing(StepEstimator& estimator, const RequestShape& request)
    : estimator_(estimator), request_(request) {
  prefill_step_ = estimator.time(prefill_shape(1.0, std::max(request.input_tokens, 1.0)));
  const Seconds idle = estimator.time(decode_shape(1.0, 1.0));
  prefill_extra_ = max(prefill_step_ - idle, 0.25 * prefill_step_);
}

ServingPoint ReplicaServing::at(double in_flight) {
  const Deployment& d = estimator_.deployment();
  if (!d.engine->continuous_batching) return static_batch(estimator_, request_, in_flight);
  const double running = per_rank(d.layout, in_flight);
  const double output = std::max(request_.output_tokens, 1.0);
  const auto budget = static_cast<double>(batched_token_limit(d));
  const double chunks =
      budget > 0.0 ? std::max(1.0, std::ceil(request_.input_tokens / budget)) : 1.0;

  ServingPoint p;
  p.in_flight = in_flight;
  p.prefill_step = prefill_step_;
  p.prefill_extra = prefill_extra_;
  p.decode_step =
      estimator_.time(decode_shape(std::max(running, 1.0), request_.input_tokens + 0.5 * output));
  p.tpot = p.decode_step + running / output * p.prefill_extra;
  p.ttft = d.engine->request_overhead + 0.5 * p.tpot + chunks * p.decode_step + p.prefill_extra;
  p.e2e = p.ttft + (output - 1.0) * p.tpot;
  p.requests_per_s = in_flight / p.e2e.in(units::s);
  return p;
}

ServingPoint serving_point(StepEstimator& estimator, const RequestShape& request,
                           double in_flight) {
  return ReplicaServing(estimator, request).at(in_flight);
}

ServingPoint static_batch(StepEstimator& estimator, const RequestShape& request, double batch) {
  const Deployment& d = estimator.deployment();
  const double sequences = std::max(per_rank(d.layout, batch), 1.0);
  const double output = std::max(request.output_tokens, 1.0);
  ServingPoint p;
  p.in_flight = batch;
  p.prefill_step = estimator.time(prefill_shape(sequences, std::max(request.input_tokens, 1.0)));
  p.decode_step = estimator.time(decode_shape(sequences, request.input_tokens + 0.5 * output));
  p.prefill_extra = p.prefill_step;
  p.ttft = d.engine->request_overhead + p.prefill_step;
  p.tpot = p.decode_step;
  p.e2e = p.ttft + (output - 1.0) * p.tpot;
  p.requests_per_s = batch / p.e2e.in(units::s);
  return p;
}

ServingPoint serving_point_at_rate(StepEstimator& estimator, const RequestShape& request,
                                   double rate, double most) {
  // The completed rate grows with the requests in flight, so halving finds the load.
  ReplicaServing replica(estimator, request);
  double low = 0.0;
  double high = most;
  constexpr int kHalvings = 24;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (replica.at(middle).requests_per_s < rate ? low : high) = middle;
  }
  return replica.at(high);
}

}  // namespace gpusize
