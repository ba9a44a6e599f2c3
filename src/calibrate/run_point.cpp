#include "calibrate/run_point.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "calibrate/notes.hpp"
#include "gpusize/estimate/prompts.hpp"
#include "gpusize/estimate/serving.hpp"

namespace gpusize::calibrate {
namespace {

/// A row's run with the estimator of its deployment.
struct Run {
  const RunConditions& row;
  ResolvedRow& resolved;
  StepEstimator estimator;
  double batch = 0.0;
  double input = 0.0;
  double output = 1.0;
  double depth = 0.0;  ///< tokens cached before a prefill

  [[nodiscard]] const Deployment& deployment() const { return resolved.deployment; }
  [[nodiscard]] double gpus() const { return static_cast<double>(resolved.gpus); }
};

double seconds(Seconds t) { return t.in(units::s); }

std::optional<Refusal> need_batch(const Run& run) {
  if (run.row.load_value && *run.row.load_value >= 1.0) return {};
  return Refusal{"load not stated", "load not stated: no batch or concurrency"};
}

std::optional<Refusal> need_lengths(const RunConditions& row, bool with_output) {
  const bool input =
      row.input_len && (*row.input_len >= 1.0 || (row.output_len && *row.output_len > 1.0));
  const bool output = !with_output || (row.output_len && *row.output_len >= 1.0);
  if (input && output) return {};
  const std::string& word = row.input_text.empty() ? row.output_text : row.input_text;
  return Refusal{"lengths not stated",
                 word.empty() ? "lengths not stated"
                              : fmt::format("lengths not stated (data set \"{}\")", word)};
}

/// What a request takes before its first step where no server is in front: runs of a library.
double library_overhead(const EngineProfile& engine) {
  const EngineFact* fact = engine.fact("library_overhead_ms");
  return fact == nullptr ? 0.0 : seconds(fact->value * units::ms);
}

// --- one pass
// -------------------------------------------------------------------------------------

Outcome<RunPoint> decode_step(Run& run) {
  RunPoint p;
  p.step_s =
      seconds(decode_time(run.estimator, per_rank(run.deployment().layout, run.batch), run.input));
  p.tpot_s = p.step_s;
  return p;
}

Outcome<RunPoint> prefill_one_step(Run& run) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = per_rank(run.deployment().layout, run.batch);
  shape.query_tokens = std::max(run.input, 1.0);
  shape.logit_rows = shape.sequences;
  RunPoint p;
  p.step_s = seconds(run.estimator.time(shape));
  return p;
}

// --- prefill or decode alone
// ------------------------------------------------------------------------

void fill_decode(RunPoint& p, const Run& run, double step, double batch) {
  p.step_s = step;
  p.tpot_s = step;
  p.output_tok_s = batch / step;
  p.user_tok_s = 1.0 / step;
  p.gpus = run.gpus();
}

/// Mean context of steady decoding: `input_len`, and half of what is generated on top.
double decode_context(const Run& run) {
  return run.input + (run.output > 1.0 ? 0.5 * run.output : 0.0);
}

Outcome<RunPoint> decode_only(Run& run) {
  RunPoint p;
  fill_decode(p, run,
              seconds(decode_time(run.estimator, per_rank(run.deployment().layout, run.batch),
                                  decode_context(run))),
              run.batch);
  return p;
}

Outcome<RunPoint> decode_saturated(Run& run) {
  const auto capacity = capacity_of(run.deployment(), decode_context(run));
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  run.batch = std::get<Capacity>(capacity).in_flight;
  return decode_only(run);
}

/// A line through the step times of a short and a long context, as published fits draw it.
Outcome<RunPoint> decode_line(Run& run) {
  constexpr double kShort = 1000.0;
  constexpr double kLong = 128000.0;
  const double sequences = per_rank(run.deployment().layout, run.batch);
  const double near = seconds(decode_time(run.estimator, sequences, kShort));
  const double far = seconds(decode_time(run.estimator, sequences, kLong));
  RunPoint p;
  p.itl_slope_s = (far - near) / (kLong - kShort);
  p.itl_intercept_s = near - *p.itl_slope_s * kShort;
  return p;
}

Outcome<RunPoint> prefill_only(Run& run) {
  const Layout& layout = run.deployment().layout;
  const double tokens = std::max(run.input, 1.0);
  const bool pipelined = layout.pp > 1 && run.deployment().engine->splits_layers;
  const PrefillTime time =
      pipelined ? pipelined_prefill(run.estimator, run.batch / static_cast<double>(layout.dp),
                                    tokens, run.depth)
                : prefill_time(run.estimator, per_rank(layout, run.batch), tokens, run.depth);
  RunPoint p;
  const double overhead = library_overhead(*run.deployment().engine);
  p.ttft_s = overhead + seconds(time.all);
  p.ttft_first_s = overhead + seconds(time.one);
  p.e2e_s = p.ttft_s;
  p.input_tok_s = run.batch * run.input / seconds(time.all);
  p.requests_per_s = run.batch / seconds(time.all);
  p.gpus = run.gpus();
  return p;
}

Outcome<RunPoint> prefill_saturated(Run& run) {
  const auto budget = static_cast<double>(batched_token_limit(run.deployment()));
  const Layout& layout = run.deployment().layout;
  const double per_step =
      budget > 0.0 ? std::max(1.0, std::floor(budget / std::max(run.input, 1.0))) : 1.0;
  run.batch = per_step * static_cast<double>(layout.dp * layout.pp);
  return prefill_only(run);
}

// --- whole requests
// -----------------------------------------------------------------------------------

void fill_throughput(RunPoint& p, const Run& run, double requests_per_s) {
  p.requests_per_s = requests_per_s;
  p.output_tok_s = requests_per_s * run.output;
  p.input_tok_s = requests_per_s * run.input;
  p.gpus = run.gpus();
}

/// Times to first token of `at_once` requests that arrive together: earliest, mean, and until all
/// have theirs.
struct Rush {
  double one = 0.0;
  double mean = 0.0;
  double all = 0.0;
};
Rush rush(Run& run, double at_once, double one_prompt) {
  const double sequences = per_rank(run.deployment().layout, at_once);
  const double overhead = seconds(run.deployment().engine->request_overhead);
  const double all = seconds(prefill_time(run.estimator, sequences, std::max(run.input, 1.0)).all);
  return {overhead + one_prompt, overhead + std::max(one_prompt, 0.5 * (all + one_prompt)),
          overhead + all};
}

/// `requests` requests at time 0. Those that run at once prefill one after another while the first
/// already decode; the others wait for a place, in order. See docs/validate.md.
RunPoint burst_point(Run& run, double requests, double capacity) {
  const double at_once = std::min(requests, capacity);
  ReplicaServing serving(run.estimator, {run.input, run.output});
  const ServingPoint steady = serving.at(at_once);
  const Rush first = rush(run, at_once, seconds(steady.prefill_step));
  const double step = seconds(steady.decode_step);

  RunPoint p;
  double makespan = first.all + (run.output - 1.0) * step;
  p.ttft_s = first.mean;
  p.ttft_first_s = first.one;
  p.tpot_s = run.output > 1.0 ? (makespan - first.mean) / (run.output - 1.0) : step;
  if (requests > capacity) {
    const double rate = steady.requests_per_s;
    const double waiting = requests - capacity;
    // The last requests run in a batch that empties: half a request's time at the steady rate is
    // lost.
    makespan = requests / rate + 0.5 * seconds(steady.e2e);
    const double mean_wait = 0.5 * waiting / rate;
    p.ttft_s = (capacity * first.mean + waiting * (mean_wait + seconds(steady.ttft))) / requests;
    p.tpot_s = seconds(steady.tpot);
  }
  p.e2e_s = *p.ttft_s + (run.output - 1.0) * *p.tpot_s;
  p.user_tok_s = 1.0 / *p.tpot_s;
  fill_throughput(p, run, requests / makespan);
  return p;
}

/// Engines without continuous batching run a burst batch by batch.
Outcome<RunPoint> burst(Run& run) {
  if (run.deployment().engine->continuous_batching) return simulated_point(run.row, run.resolved);
  const auto capacity = capacity_of(run.deployment(), run.input + 0.5 * run.output);
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  return burst_point(run, run.batch, std::get<Capacity>(capacity).in_flight);
}

void fill_steady(RunPoint& p, const Run& run, const ServingPoint& s) {
  p.ttft_s = seconds(s.ttft);
  p.tpot_s = seconds(s.tpot);
  p.e2e_s = seconds(s.e2e);
  p.user_tok_s = 1.0 / *p.tpot_s;
  fill_throughput(p, run, s.requests_per_s);
}

/// A replica that always has requests waiting, and runs at most `most` of them.
Outcome<RunPoint> kept_full(Run& run, double most) {
  const auto capacity = capacity_of(run.deployment(), run.input + 0.5 * run.output);
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  run.batch = std::min(most, std::get<Capacity>(capacity).in_flight);
  ReplicaServing serving(run.estimator, {run.input, run.output});
  RunPoint p;
  fill_steady(p, run, serving.at(run.batch));
  p.ttft_s.reset();  // with an endless queue it has no value
  p.e2e_s.reset();
  return p;
}

/// A batch that starts together and is waited for.
Outcome<RunPoint> static_run(Run& run) {
  if (run.deployment().engine->continuous_batching && batch_is_limit(run.row.notes))
    return kept_full(run, run.batch);
  const auto capacity = capacity_of(run.deployment(), run.input + run.output);
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  const double room = std::get<Capacity>(capacity).in_flight;
  if (run.batch > room && run.deployment().engine->continuous_batching)
    return burst_point(run, run.batch, room);
  const double sequences = per_rank(run.deployment().layout, run.batch);
  const PrefillTime prefill = prefill_time(run.estimator, sequences, std::max(run.input, 1.0));
  const double step = seconds(decode_time(run.estimator, sequences, run.input + 0.5 * run.output));
  const double overhead = library_overhead(*run.deployment().engine);
  RunPoint p;
  p.ttft_s = overhead + seconds(prefill.all);
  p.ttft_first_s = overhead + seconds(prefill.one);
  p.tpot_s = step;
  p.step_s = step;
  p.e2e_s = *p.ttft_s + (run.output - 1.0) * step;
  p.user_tok_s = run.output / *p.e2e_s;
  fill_throughput(p, run, run.batch / *p.e2e_s);
  return p;
}

/// Share of the requests of a closed loop that arrive in a rush of all clients. The run starts with
/// one; then each client falls into a place of its own. Engines that run prompts first and decode
/// only when all are in keep equal requests together: they end together, and the next round is a
/// rush again (`rush_share` in the profile).
double rush_share(const Run& run) {
  if (const EngineFact* share = run.deployment().engine->fact("rush_share")) return share->value;
  return std::min(1.0, run.batch / requests_of(run.row, run.resolved));
}

/// Clients with equal requests send their next one a step after each other, so a prompt meets those
/// of the clients before it: more, the larger the share of time that goes to prompts. Long answers
/// pull the clients apart.
double train_wait(const Run& run, double running, const ServingPoint& s) {
  const EngineProfile& engine = *run.deployment().engine;
  const EngineFact* ahead = engine.fact("prompts_ahead");
  const EngineFact* apart = engine.fact("train_tokens");
  if (ahead == nullptr || apart == nullptr) return 0.0;
  const double prompt = seconds(s.prefill_extra);
  const double prompts = per_rank(run.deployment().layout, running) * prompt;
  const double busy = prompts / (prompts + run.output * seconds(s.decode_step));
  return ahead->value * busy * prompt * std::exp(-run.output / apart->value);
}

/// What a request of `e2e_s` waits for the server's event loop, which reads every request and sends
/// every token of every answer. Little while it has time to spare; when all of its time is taken, a
/// fixed share of the request's. The cube is what measured runs show, no queueing formula.
double stream_wait(const Run& run, double running, double e2e_s) {
  const EngineProfile& engine = *run.deployment().engine;
  const EngineFact* token = engine.fact("stream_token_us");
  const EngineFact* wait = engine.fact("stream_wait");
  if (token == nullptr || wait == nullptr) return 0.0;
  const double work =
      seconds(front_end_time(engine)) + run.output * seconds(token->value * units::us);
  const double busy = std::min(1.0, running / e2e_s * work);
  return wait->value * busy * busy * busy * e2e_s;
}

constexpr const char* kNominalAssumed =
    "lengths of generated requests are nominal: between 80 and 100 % of those stated";

void assume_nominal(ResolvedRow& row) {
  if (row.output.kind == LengthKind::kFixed) row.assumptions.emplace_back(kNominalAssumed);
}

/// Whether a closed loop needs its requests one by one: their lengths differ, they wait for places,
/// or prompts wait for those of other attention-DP ranks.
bool one_by_one(const Run& run, double capacity) {
  const Deployment& d = run.deployment();
  if (!d.engine->continuous_batching) return false;
  return run.resolved.output.kind != LengthKind::kFixed || run.batch > capacity ||
         prompt_wait_steps(d) > 0;
}

/// A closed loop of `batch` requests; those beyond capacity wait (Little's law gives how long).
Outcome<RunPoint> closed_loop(Run& run) {
  const auto capacity = capacity_of(run.deployment(), run.input + 0.5 * run.output);
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  const double places = std::get<Capacity>(capacity).in_flight;
  if (one_by_one(run, places)) {
    assume_nominal(run.resolved);
    return simulated_point(run.row, run.resolved);
  }
  const double running = std::min(run.batch, places);
  ReplicaServing serving(run.estimator, {run.input, run.output});
  const ServingPoint s = serving.at(running);
  RunPoint p;
  fill_steady(p, run, s);
  double rate = s.requests_per_s;
  if (run.deployment().engine->continuous_batching) {
    *p.ttft_s += train_wait(run, running, s);
    const double share = rush_share(run);
    const double rushed = std::max(rush(run, running, seconds(s.prefill_step)).mean, *p.ttft_s);
    p.ttft_s = (1.0 - share) * *p.ttft_s + share * rushed;
    // In a rush half of the prompts' time is spent before the first token, on average, and half
    // after.
    p.tpot_s = seconds(s.decode_step) + (1.0 - 0.5 * share) * seconds(s.tpot - s.decode_step);
    const double served = *p.ttft_s + (run.output - 1.0) * *p.tpot_s;
    const double streamed = stream_wait(run, running, served);
    *p.ttft_s += streamed;
    rate *= served / (served + streamed);
    fill_throughput(p, run, rate);
  }
  *p.ttft_s += (run.batch - running) / rate;
  p.e2e_s = *p.ttft_s + (run.output - 1.0) * *p.tpot_s;
  p.user_tok_s = 1.0 / *p.tpot_s;
  return p;
}

Outcome<RunPoint> saturated(Run& run) {
  if (run.deployment().engine->continuous_batching)
    return kept_full(run, std::numeric_limits<double>::infinity());
  const auto capacity = capacity_of(run.deployment(), run.input + 0.5 * run.output);
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  run.batch = std::get<Capacity>(capacity).in_flight;
  return static_run(run);
}

enum class Needs : std::uint8_t { kInput, kInputAndBatch, kBatch, kBoth, kBothAndBatch };

/// What a mode and load mean. An empty load matches any.
struct ModeRow {
  std::string_view mode;
  std::string_view load;
  Needs needs;
  Outcome<RunPoint> (*point)(Run& run);
};

constexpr std::array<ModeRow, 10> kModes{{
    {"decode-step", "batch", Needs::kInputAndBatch, decode_step},
    {"prefill-step", "batch", Needs::kInputAndBatch, prefill_one_step},
    {"decode-only", "batch", Needs::kInputAndBatch, decode_only},
    {"decode-only", "saturated", Needs::kInput, decode_saturated},
    {"prefill-only", "batch", Needs::kInputAndBatch, prefill_only},
    {"prefill-only", "saturated", Needs::kInput, prefill_saturated},
    {"offline", "batch", Needs::kBothAndBatch, static_run},
    {"offline", "saturated", Needs::kBoth, saturated},
    {"online", "concurrency", Needs::kBothAndBatch, closed_loop},
    {"online", "burst", Needs::kBothAndBatch, burst},
}};

std::optional<Refusal> missing(const Run& run, Needs needs) {
  const bool batch =
      needs == Needs::kInputAndBatch || needs == Needs::kBatch || needs == Needs::kBothAndBatch;
  const bool output = needs == Needs::kBoth || needs == Needs::kBothAndBatch;
  if (batch) {
    if (auto refusal = need_batch(run)) return refusal;
  }
  if (needs == Needs::kBatch) return {};
  return need_lengths(run.row, output);
}

Refusal unknown_mode(const RunConditions& run) {
  if (run.mode.empty()) return {"mode not stated", "mode not stated"};
  if (run.load.empty()) return {"load not stated", "load not stated"};
  if (run.load == "latency-bound") {
    return {"needs percentiles", "latency-bound: the rate under p99 limits needs percentiles"};
  }
  return {"mode or load not known",
          fmt::format("mode \"{}\" with load \"{}\"", run.mode, run.load)};
}

/// `copies` of a deployment next to each other.
void multiply(RunPoint& p, double copies) {
  for (auto* rate : {&p.requests_per_s, &p.output_tok_s, &p.input_tok_s}) {
    if (*rate) **rate *= copies;
  }
  p.gpus *= copies;
}

Outcome<RunPoint> one_copy(const RunConditions& row, ResolvedRow& resolved) {
  if (resolved.decode) {
    assume_nominal(resolved);
    return disaggregated_point(row, resolved);
  }
  Run run{row, resolved, StepEstimator(resolved.deployment)};
  run.batch = row.load_value.value_or(0.0);
  run.input = row.input_len.value_or(0.0);
  run.output = std::max(row.output_len.value_or(1.0), 1.0);
  run.depth = depth_in_notes(row.notes).value_or(0.0);
  if (row.metric.starts_with("itl_ms_intercept") || row.metric.starts_with("itl_ms_slope")) {
    if (auto refusal = need_batch(run)) return *refusal;
    return decode_line(run);
  }
  for (const ModeRow& mode : kModes) {
    if (mode.mode != row.mode || mode.load != row.load) continue;
    if (auto refusal = missing(run, mode.needs)) return *refusal;
    return mode.point(run);
  }
  return unknown_mode(row);
}

}  // namespace

Outcome<RunPoint> run_point(const RunConditions& row, ResolvedRow& resolved) {
  auto point = one_copy(row, resolved);
  if (auto* p = std::get_if<RunPoint>(&point)) multiply(*p, static_cast<double>(resolved.copies));
  return point;
}

}  // namespace gpusize::calibrate
