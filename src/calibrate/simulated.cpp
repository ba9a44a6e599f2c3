// Runs under load, request by request in serve's simulator: what a burst or a closed loop gives
// from the first request to the last, ramp and tail included, as load generators count it.

#include <algorithm>
#include <cmath>

#include "calibrate/run_point.hpp"
#include "calibrate/run_source.hpp"
#include "calibrate/token_reader.hpp"
#include "gpusize/estimate/prompts.hpp"
#include "gpusize/serve/deploy.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize::calibrate {
namespace {

/// Requests per client of a closed loop of generated requests.
constexpr double kRoundsPerClient = 10.0;
/// Requests from a data set: `--num-prompts` of vLLM's and SGLang's load generators.
constexpr double kFromDataSet = 1000.0;
/// Enough for the mean of a closed loop; more only takes time.
constexpr double kMostRequests = 100000.0;

/// What a token of a burst takes of the load generator, fitted to half of the published bursts. The
/// generators of vLLM and SGLang are one Python process each; the fastest bursts of three models,
/// two cards and both engines end at 5,000 to 6,000 tokens a second, tail included.
constexpr double kReadTokenS = 180e-6;

/// The engine's limits, or those that the run must have had: it happened, so a reservation that
/// leaves no cache was lowered.
Outcome<EngineLimits> limits_of(const Deployment& d, double tokens) {
  const auto capacity = capacity_of(d, tokens);
  if (const auto* refusal = std::get_if<Refusal>(&capacity)) return *refusal;
  const std::int64_t block = std::max<std::int64_t>(d.engine->kv_block_tokens, 1);
  const auto one = static_cast<std::int64_t>(std::ceil(tokens)) / block + 2;  // whole blocks
  if (auto limits = engine_limits(d, tokens)) {
    limits->blocks = std::max(limits->blocks, one);
    return *limits;
  }
  const double running =
      std::get<Capacity>(capacity).in_flight / static_cast<double>(d.layout.dp * d.layout.pp);
  EngineLimits limits;
  limits.block_tokens = block;
  limits.blocks = std::max(static_cast<std::int64_t>(running * tokens) / block, one);
  if (const std::int64_t budget = batched_token_limit(d); budget > 0) limits.step_tokens = budget;
  if (const std::int64_t most = sequence_limit(d); most > 0)
    limits.sequences = std::max<std::int64_t>(most / d.layout.pp, 1);
  return limits;
}

}  // namespace

double requests_of(const RunConditions& run, const ResolvedRow& row) {
  const double clients = std::floor(run.load_value.value_or(1.0) + 0.5);
  if (run.load == "burst") return clients;
  if (run.requests) return std::max(std::min(*run.requests, kMostRequests), clients);
  const bool from_data_set = row.output.kind != LengthKind::kFixed;
  return from_data_set ? std::max(kFromDataSet, clients) : kRoundsPerClient * clients;
}

Outcome<RunPoint> simulated_point(const RunConditions& run, const ResolvedRow& row) {
  const Deployment& d = row.deployment;
  SentLoad load;
  load.input = row.input;
  load.output = row.output;
  load.in_flight = static_cast<std::uint64_t>(std::floor(*run.load_value + 0.5));
  load.requests = static_cast<std::uint64_t>(requests_of(run, row));
  load.front_end_s = front_end_time(*d.engine).in(units::s);
  const Seconds overhead =
      d.engine->request_overhead + *run.input_len * request_per_token(*d.engine);
  load.delay_s = overhead.in(units::s);

  const double tokens = *run.input_len + run.output_len.value_or(1.0);
  const auto found = limits_of(d, tokens);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  EngineLimits limits = std::get<EngineLimits>(found);
  limits.prefix_cache = false;
  EstimatedStepTimes times(d);
  SimulationConfig config;
  config.pool.times = &times;
  config.pool.limits = limits;
  config.pool.policy = &policy_for(*d.engine);
  config.pool.lanes = config.pool.lanes_per_replica = d.layout.pp;
  config.pool.ranks = d.layout.dp;
  config.warmup_share = 0.0;
  config.requests = load.requests;
  RunSource source(load);
  TokenReader reader(kReadTokenS);
  config.answered = [&](const Request& request, double first_s, double last_s) {
    reader.answer(first_s, last_s, request.output);
  };
  const ServingResult result = simulate(config, source);
  if (result.completed == 0)
    return Refusal{"KV cache does not fit", "KV cache of one request does not fit"};

  RunPoint p;
  double duration = result.duration_s;
  p.ttft_s = result.ttft_s.mean();
  p.tpot_s = result.tpot_s.count() > 0 ? result.tpot_s.mean() : times.decode_s(1, tokens);
  p.e2e_s = result.e2e_s.mean();
  if (run.load == "burst") {  // clients of a closed loop would send later what they read later
    const TokenReader::Seen seen = reader.seen();
    if (seen.tpot_s > 0.0) p.tpot_s = seen.tpot_s;
    *p.e2e_s += seen.delay_s;
    duration = std::max(duration, seen.end_s);
  }
  p.user_tok_s = 1.0 / *p.tpot_s;
  p.requests_per_s = static_cast<double>(result.completed) / duration;
  p.output_tok_s = static_cast<double>(result.output_tokens) / duration;
  p.input_tok_s = static_cast<double>(result.input_tokens) / duration;
  p.gpus = static_cast<double>(row.gpus);
  return p;
}

}  // namespace gpusize::calibrate
