#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "gpusize/estimate/gate_interval.hpp"
#include "gpusize/estimate/prompts.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/shape_book.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

const Formula& formula(std::string_view id) {
  const auto all = serving_formulas();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Formula& f) { return f.id == id; });
  GPUSIZE_CHECK(found != all.end(), fmt::format("serving publishes {}", id));
  return *found;
}

constexpr const char* kPrefillStep = "one prompt alone";
constexpr const char* kDecodeStep = "decode step";
constexpr const char* kTtft = "time to first token";
constexpr const char* kTpot = "time per output token";
constexpr const char* kE2e = "end-to-end latency";
constexpr const char* kRate = "requests completed";

/// One operating point down to its steps. Times inside are seconds.
class ServingWhy {
 public:
  ServingWhy(StepEstimator& estimator, const ServingPoint& point, const Why& input,
             const Why& output, const Why& in_flight, const Why& cached)
      : estimator_(estimator),
        point_(point),
        input_(input),
        output_(output),
        in_flight_(in_flight),
        cached_(cached) {
    const Layout& layout = estimator.deployment().layout;
    running_ =
        derive(formulas::kRunning, "running per rank and microbatch",
               {{"in_flight", in_flight_},
                {"dp", why_count("dp", static_cast<double>(layout.dp), "attention-DP ranks")},
                {"pp", why_count("pp", static_cast<double>(layout.pp), "pipeline microbatches")}});
    at_least_one_ = derive(formulas::kAtLeastOne, "sequences in the step", {{"running", running_}});
    uncached_ = cached_ == nullptr ? input_
                                   : derive(formulas::kUncached, "prompt tokens to compute",
                                            {{"input_tokens", input_}, {"cached_tokens", cached_}});
    long_output_ = derive(formulas::kLongOutput, "output tokens", {{"output_tokens", output_}});
  }

  ServingWhys run() {
    const EngineProfile& engine = *estimator_.deployment().engine;
    const Why decode = decode_step();
    return engine.continuous_batching ? continuous(decode) : fixed(decode);
  }

 private:
  Why overhead() const {
    const EngineProfile& e = *estimator_.deployment().engine;
    return engine_why(e, "request_overhead_ms", e.request_overhead.in(units::s), "s");
  }

  Why per_token() const {
    const EngineProfile& e = *estimator_.deployment().engine;
    return engine_why(e, "request_per_token_us", request_per_token(e).in(units::s), "s");
  }

  Why long_input() const {
    return derive(formulas::kLongInput, "prompt tokens", {{"input_tokens", input_}});
  }

  /// Prompt tokens that are computed.
  Why computed() const {
    return derive(formulas::kLongInput, "prompt tokens", {{"input_tokens", uncached_}});
  }

  Why token_limit() const {
    const Deployment& d = estimator_.deployment();
    if (batched_token_limit(d) > 0) return why_engine_tokens(d);
    return why_count("limit", prompt_tokens_per_step(d), "no limit on tokens per step");
  }

  Why step(const StepShape& shape, const Chosen& chosen) {
    return derive(formulas::kSeconds, "step time", {{"ms", why_step(estimator_, shape, chosen)}});
  }

  Why decode_step() {
    StepShape shape;
    shape.phase = Phase::kDecode;
    shape.sequences = at_least_one_->value;
    shape.logit_rows = shape.sequences;
    Chosen chosen;
    chosen.sequences = at_least_one_;
    chosen.query_tokens =
        why_count("new tokens", 1.0, "a decode step makes one token per sequence");
    chosen.context_tokens = derive(formulas::kMeanContext, "tokens in the cache",
                                   {{"input_tokens", input_}, {"output_tokens", long_output_}});
    shape.context_tokens = chosen.context_tokens->value;
    return step(shape, chosen);
  }

  Why prefill_step(const Why& sequences) {
    StepShape shape;
    shape.phase = Phase::kPrefill;
    shape.sequences = sequences->value;
    shape.logit_rows = shape.sequences;
    Chosen chosen;
    chosen.sequences = sequences;
    chosen.query_tokens = computed();
    chosen.context_tokens =
        cached_ == nullptr ? why_count("cached tokens", 0.0, "a new prompt") : cached_;
    shape.query_tokens = chosen.query_tokens->value;
    shape.context_tokens = chosen.context_tokens->value;
    return step(shape, chosen);
  }

  Why idle_step() {
    StepShape shape;
    shape.context_tokens = 1.0;
    Chosen chosen;
    chosen.sequences = why_count("sequences", 1.0, "an almost empty step");
    chosen.query_tokens = chosen.sequences;
    chosen.context_tokens = chosen.sequences;
    return step(shape, chosen);
  }

  Why chunks() const {
    const Deployment& d = estimator_.deployment();
    if (batched_token_limit(d) <= 0) return why_count("chunks", 1.0, "no limit on tokens per step");
    return derive(formulas::kChunks, "steps of one prompt",
                  {{"input_tokens", uncached_}, {"limit", why_engine_tokens(d)}});
  }

  /// Steps from one that takes prompts to the next.
  Why gate_steps() const {
    const Deployment& d = estimator_.deployment();
    const std::int64_t most = prompt_wait_steps(d);
    const double per_step = running_->value / long_output_->value;
    return why_count("gate_steps", gate_interval(per_step, d.layout.dp, most).mean,
                     most < 2 ? "every step takes prompts"
                              : "until every attention-DP rank has a prompt, within "
                                "attention_dp_wait_steps");
  }

  static Why ms(const Why& seconds, std::string label) {
    return derive(formulas::kMilliseconds, std::move(label), {{"seconds", seconds}});
  }

  /// The last formulas are the code's own values, so that a drift of any text shows.
  ServingWhys close(const Why& prefill, const Why& decode, const Why& ttft, const Why& tpot) const {
    const Why e2e = why_formula(formula("serve.e2e"), kE2e, point_.e2e.in(units::s),
                                {{"ttft", ttft}, {"output_tokens", long_output_}, {"tpot", tpot}});
    ServingWhys out;
    out.prefill_step_ms = ms(prefill, kPrefillStep);
    out.decode_step_ms = ms(decode, kDecodeStep);
    out.ttft_ms = ms(ttft, kTtft);
    out.tpot_ms = ms(tpot, kTpot);
    out.e2e_ms = ms(e2e, kE2e);
    out.requests_per_s = why_formula(formula("serve.rate"), kRate, point_.requests_per_s,
                                     {{"in_flight", in_flight_}, {"e2e", e2e}});
    return out;
  }

  ServingWhys continuous(const Why& decode) {
    const Why prefill = prefill_step(why_count("sequences", 1.0, "one prompt alone"));
    const Why gate = gate_steps();
    const Why prompts = derive(formula("serve.prompts"), "prompts that share a step",
                               {{"running", running_},
                                {"output_tokens", long_output_},
                                {"limit", token_limit()},
                                {"input_tokens", computed()}});
    const Why extra = why_formula(
        formula("serve.prefill_extra"), "what a prompt adds", point_.prefill_extra.in(units::s),
        {{"group_step", prefill_step(prompts)}, {"idle_step", idle_step()}, {"prompts", prompts}});
    const Why mean = derive(formula("serve.step_mean"), "mean step",
                            {{"decode_step", decode},
                             {"running", running_},
                             {"output_tokens", long_output_},
                             {"prefill_extra", extra}});
    const Why tpot = why_formula(formula("serve.tpot"), "time per output token",
                                 point_.tpot.in(units::s), {{"step_mean", mean}});
    const Why ttft =
        why_formula(formula("serve.ttft"), "time to first token", point_.ttft.in(units::s),
                    {{"request_overhead", overhead()},
                     {"input_tokens", long_input()},
                     {"request_per_token", per_token()},
                     {"gate_steps", gate},
                     {"step_mean", mean},
                     {"chunks", chunks()},
                     {"decode_step", decode},
                     {"prompts", prompts},
                     {"prefill_extra", extra}});
    return close(prefill, decode, ttft, tpot);
  }

  ServingWhys fixed(const Why& decode) {
    const Why prefill = prefill_step(at_least_one_);
    const Why ttft =
        why_formula(formulas::kStaticTtft, "time to first token", point_.ttft.in(units::s),
                    {{"request_overhead", overhead()}, {"prefill_step", prefill}});
    return close(prefill, decode, ttft, decode);
  }

  StepEstimator& estimator_;
  const ServingPoint& point_;
  Why input_;
  Why output_;
  Why in_flight_;
  Why cached_;    ///< null: none
  Why uncached_;  ///< prompt tokens to compute
  Why running_;
  Why at_least_one_;
  Why long_output_;
};

/// What the reasons of one point are made of, and these reasons once one of them is asked.
struct LaterServing {
  std::shared_ptr<const void> owner;
  StepEstimator estimator;
  RequestShape request;
  ServingPoint point;
  Why input_tokens;
  Why output_tokens;
  Why in_flight;
  std::optional<ServingWhys> made;

  const ServingWhys& whys() {
    if (!made)
      made = why_serving(estimator, request, point, input_tokens, output_tokens, in_flight);
    return *made;
  }
};

}  // namespace

ServingWhys why_serving(StepEstimator& estimator, const RequestShape& request,
                        const ServingPoint& point, const Why& input_tokens,
                        const Why& output_tokens, const Why& in_flight, const Why& cached_tokens) {
  GPUSIZE_CHECK(
      input_tokens->value == request.input_tokens && output_tokens->value == request.output_tokens,
      "reasons of the request's own lengths");
  GPUSIZE_CHECK((cached_tokens == nullptr ? 0.0 : cached_tokens->value) == request.cached_tokens,
                "the reason of the cached prefix");
  return ServingWhy(estimator, point, input_tokens, output_tokens, in_flight, cached_tokens).run();
}

ServingWhys why_serving_later(std::shared_ptr<const void> owner, const StepEstimator& estimator,
                              const RequestShape& request, const ServingPoint& point,
                              const Why& input_tokens, const Why& output_tokens,
                              const Why& in_flight) {
  GPUSIZE_CHECK(owner != nullptr, "somebody owns what reasons refer to");
  const auto made = std::make_shared<LaterServing>(LaterServing{
      std::move(owner), estimator, request, point, input_tokens, output_tokens, in_flight, {}});
  const auto below = [&made](Why ServingWhys::*one) -> WhyInputsLater {
    return [made, one] { return (made->whys().*one)->inputs.all(); };
  };
  const auto ms = [&](Why ServingWhys::*one, Seconds value, std::string label) {
    return why_formula_later(formulas::kMilliseconds, std::move(label), value.in(units::ms),
                             below(one));
  };
  ServingWhys out;
  out.prefill_step_ms = ms(&ServingWhys::prefill_step_ms, point.prefill_step, kPrefillStep);
  out.decode_step_ms = ms(&ServingWhys::decode_step_ms, point.decode_step, kDecodeStep);
  out.ttft_ms = ms(&ServingWhys::ttft_ms, point.ttft, kTtft);
  out.tpot_ms = ms(&ServingWhys::tpot_ms, point.tpot, kTpot);
  out.e2e_ms = ms(&ServingWhys::e2e_ms, point.e2e, kE2e);
  out.requests_per_s = why_formula_later(formula("serve.rate"), kRate, point.requests_per_s,
                                         below(&ServingWhys::requests_per_s));
  return out;
}

}  // namespace gpusize
