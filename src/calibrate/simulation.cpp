#include "calibrate/simulation.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/estimate/prompts.hpp"
#include "gpusize/serve/deploy.hpp"

namespace gpusize::calibrate {
namespace {

/// Requests per client of a closed loop of generated requests.
constexpr double kRoundsPerClient = 10.0;
/// Requests from a data set: `--num-prompts` of vLLM's and SGLang's load generators.
constexpr double kFromDataSet = 1000.0;
/// Enough for the mean of a closed loop; more only takes time.
constexpr double kMostRequests = 100000.0;
/// Generated requests have between this share of the nominal length and all of it:
/// `--random-range-ratio 0.8` of SemiAnalysisAI/InferenceX (.github/workflows/benchmark-tmpl.yml)
/// and ai-dynamo/dynamo (trtllm/performance_sweeps/scripts/bench.sh), 2025.
constexpr double kShortestShare = 0.8;

LengthDistribution nominal(const LengthDistribution& d) {
  if (d.kind != LengthKind::kFixed) return d;
  return LengthDistribution::empirical({{0.0, kShortestShare * d.mean}, {1.0, d.mean}},
                                       0.5 * (1.0 + kShortestShare) * d.mean);
}

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
  limits.prompt_wait_steps = prompt_wait_steps(d);
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

SentLoad sent_load(const RunConditions& run, const ResolvedRow& row, const Deployment& server) {
  const bool loop = run.load == "concurrency";
  const EngineProfile& engine = *server.engine;
  SentLoad load;
  load.input = loop ? nominal(row.input) : row.input;
  load.output = loop ? nominal(row.output) : row.output;
  load.in_flight = static_cast<std::uint64_t>(std::floor(*run.load_value + 0.5));
  load.requests = static_cast<std::uint64_t>(requests_of(run, row));
  load.front_end_s = front_end_time(engine).in(units::s);
  const Seconds delay = engine.request_overhead + *run.input_len * request_per_token(engine);
  load.delay_s = delay.in(units::s);
  return load;
}

Outcome<Pool> pool_of(const Deployment& d, StepTimes& times, double tokens, std::int64_t workers) {
  const auto found = limits_of(d, tokens);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  Pool pool;
  pool.times = &times;
  pool.limits = std::get<EngineLimits>(found);
  pool.limits.prefix_cache = false;
  pool.policy = &policy_for(*d.engine);
  pool.lanes = workers * d.layout.pp;
  pool.lanes_per_replica = d.layout.pp;
  pool.ranks = d.layout.dp;
  return pool;
}

RunPoint point_of(const ServingResult& result, double gpus) {
  RunPoint p;
  p.ttft_s = result.ttft_s.mean();
  p.tpot_s = result.tpot_s.mean();
  p.e2e_s = result.e2e_s.mean();
  p.user_tok_s = 1.0 / *p.tpot_s;
  p.requests_per_s = static_cast<double>(result.completed) / result.duration_s;
  p.output_tok_s = static_cast<double>(result.output_tokens) / result.duration_s;
  p.input_tok_s = static_cast<double>(result.input_tokens) / result.duration_s;
  p.gpus = gpus;
  return p;
}

}  // namespace gpusize::calibrate
