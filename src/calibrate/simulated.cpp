// Runs under load, request by request in serve's simulator: what a burst or a closed loop gives
// from the first request to the last, ramp and tail included, as load generators count it.

#include <algorithm>

#include "calibrate/simulation.hpp"
#include "calibrate/token_reader.hpp"

namespace gpusize::calibrate {
namespace {

/// What a token of a burst takes of the load generator, fitted to half of the published bursts. The
/// generators of vLLM and SGLang are one Python process each; the fastest bursts of three models,
/// two cards and both engines end at 5,000 to 6,000 tokens a second, tail included.
constexpr double kReadTokenS = 180e-6;

}  // namespace

Outcome<RunPoint> simulated_point(const RunConditions& run, const ResolvedRow& row) {
  const Deployment& d = row.deployment;
  const double tokens = *run.input_len + run.output_len.value_or(1.0);
  EstimatedStepTimes times(d);
  const auto pool = pool_of(d, times, tokens);
  if (const auto* refusal = std::get_if<Refusal>(&pool)) return *refusal;
  const SentLoad load = sent_load(run, row, d);
  SimulationConfig config;
  config.pool = std::get<Pool>(pool);
  config.warmup_share = 0.0;
  config.requests = load.requests;
  RunSource source(load);
  TokenReader reader(kReadTokenS);
  config.answered = [&](const Request& request, double first_s, double last_s) {
    reader.answer(first_s, last_s, request.output);
  };
  ServingResult result = simulate(config, source);
  if (result.completed == 0)
    return Refusal{"KV cache does not fit", "KV cache of one request does not fit"};

  // Clients of a closed loop would send later what they read later; those of a burst do not.
  TokenReader::Seen seen;
  if (run.load == "burst") seen = reader.seen();
  result.duration_s = std::max(result.duration_s, seen.end_s);
  RunPoint p = point_of(result, static_cast<double>(row.gpus));
  if (result.tpot_s.count() == 0) p.tpot_s = times.decode_s(1, tokens);
  if (seen.tpot_s > 0.0) p.tpot_s = seen.tpot_s;
  p.user_tok_s = 1.0 / *p.tpot_s;
  *p.e2e_s += seen.delay_s;
  return p;
}

}  // namespace gpusize::calibrate
