#include "gpusize/estimate/serving.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "gpusize/estimate/gate_interval.hpp"
#include "gpusize/estimate/prompts.hpp"

namespace gpusize {
namespace {

constexpr std::array<Formula, 7> kFormulas{{
    {"serve.prompts", "max(1, min(running / output_tokens, limit / input_tokens))", "",
     "each running request brings one prompt per output_tokens steps; a step has a token budget"},
    {"serve.prefill_extra", "max(group_step - idle_step, 0.25 * group_step) / prompts", "s",
     "prompts that join a running step share its weights and host time"},
    {"serve.step_mean", "decode_step + running / output_tokens * prefill_extra", "s",
     "each running request brings one prompt per output_tokens steps"},
    {"serve.tpot", "step_mean", "s", "one token per running request and step"},
    {"serve.ttft",
     "request_overhead + input_tokens * request_per_token + 0.5 * gate_steps * step_mean "
     "+ chunks * decode_step + prompts * prefill_extra",
     "s",
     "waits for half of the steps between those that take prompts, on average, then shares its "
     "prefill steps with the running decodes"},
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

/// Prompt tokens that must be computed: a cached prefix is attended to, not computed again.
double computed_tokens(const RequestShape& request) {
  return std::max(request.input_tokens - request.cached_tokens, 1.0);
}

StepShape prefill_shape(double sequences, const RequestShape& request) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = sequences;
  shape.query_tokens = computed_tokens(request);
  shape.context_tokens = request.cached_tokens;
  shape.logit_rows = sequences;
  return shape;
}

/// What a step of prompts costs beside running decodes: it shares weights and host time with them.
Seconds added_by(StepEstimator& estimator, Seconds prompts_alone) {
  const Seconds idle = estimator.time(decode_shape(1.0, 1.0));
  return max(prompts_alone - idle, 0.25 * prompts_alone);
}

/// Requests of one attention-DP rank and one pipeline microbatch.
double per_rank(const Layout& layout, double in_flight) {
  return in_flight / static_cast<double>(layout.dp * layout.pp);
}

}  // namespace

std::span<const Formula> serving_formulas() { return kFormulas; }

ReplicaServing::ReplicaServing(StepEstimator& estimator, const RequestShape& request)
    : estimator_(estimator), request_(request) {
  prefill_step_ = estimator.time(prefill_shape(1.0, request));
  prefill_extra_ = added_by(estimator, prefill_step_);
}

ServingPoint ReplicaServing::at(double in_flight) {
  const Deployment& d = estimator_.deployment();
  if (!d.engine->continuous_batching) return static_batch(estimator_, request_, in_flight);
  const double running = per_rank(d.layout, in_flight);
  const double input = std::max(request_.input_tokens, 1.0);
  const double output = std::max(request_.output_tokens, 1.0);
  const double budget = prompt_tokens_per_step(d);
  const double computed = computed_tokens(request_);
  const double chunks =
      std::max(1.0, std::ceil((request_.input_tokens - request_.cached_tokens) / budget));
  const double gate = gate_interval(running / output, d.layout.dp, prompt_wait_steps(d)).mean;
  const double prompts = std::max(1.0, std::min(running / output, budget / computed));

  ServingPoint p;
  p.in_flight = in_flight;
  p.prefill_step = prefill_step_;
  p.prefill_extra =
      prompts > 1.0
          ? added_by(estimator_, estimator_.time(prefill_shape(prompts, request_))) / prompts
          : prefill_extra_;
  p.decode_step =
      estimator_.time(decode_shape(std::max(running, 1.0), request_.input_tokens + 0.5 * output));
  p.tpot = p.decode_step + running / output * p.prefill_extra;
  p.ttft = d.engine->request_overhead + input * request_per_token(*d.engine) + 0.5 * gate * p.tpot +
           chunks * p.decode_step + prompts * p.prefill_extra;
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
  p.prefill_step = estimator.time(prefill_shape(sequences, request));
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
