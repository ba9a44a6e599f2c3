// Prefill and decode on pools of their own: a closed loop through both in serve's simulator.

#include <algorithm>

#include "calibrate/simulation.hpp"
#include "gpusize/serve/deploy.hpp"

namespace gpusize::calibrate {
namespace {

Deployment pool_deployment(const ResolvedRow& row, const WorkerPool& pool) {
  Deployment d = row.deployment;
  d.layout = pool.layout;
  return d;
}

std::optional<Refusal> unfit(const RunConditions& run) {
  if (run.mode != "online" || run.load != "concurrency" || !run.load_value ||
      *run.load_value < 1.0) {
    return Refusal{"load not modelled for disaggregated serving",
                   "disaggregated serving: only a stated concurrency"};
  }
  if (!run.input_len || !run.output_len || *run.input_len < 1.0)
    return Refusal{"lengths not stated", "lengths not stated"};
  return {};
}

}  // namespace

Outcome<RunPoint> disaggregated_point(const RunConditions& run, const ResolvedRow& row) {
  if (auto refusal = unfit(run)) return *refusal;
  const Deployment prefill = pool_deployment(row, *row.prefill);
  const Deployment decode = pool_deployment(row, *row.decode);
  EstimatedStepTimes prefill_times(prefill);
  EstimatedStepTimes decode_times(decode);
  const double tokens = *run.input_len + *run.output_len;
  const auto front = pool_of(prefill, prefill_times, tokens, row.prefill->workers);
  if (const auto* refusal = std::get_if<Refusal>(&front)) return *refusal;
  const auto back = pool_of(decode, decode_times, tokens, row.decode->workers);
  if (const auto* refusal = std::get_if<Refusal>(&back)) return *refusal;

  const SentLoad load = sent_load(run, row, prefill);
  const KvTransfer transfer = kv_transfer(prefill, decode);
  SimulationConfig config;
  config.pool = std::get<Pool>(front);
  config.decode = std::get<Pool>(back);
  config.transfer_s_per_token = transfer.s_per_token;
  config.transfer_latency_s = transfer.latency_s;
  config.warmup_share = 0.0;
  config.requests = load.requests;
  RunSource source(load);
  const ServingResult result = simulate(config, source);
  if (result.completed == 0 || result.tpot_s.count() == 0)
    return Refusal{"KV cache does not fit", "KV cache of one request does not fit"};
  return point_of(result, static_cast<double>(row.gpus));
}

}  // namespace gpusize::calibrate
