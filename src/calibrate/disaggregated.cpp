// Prefill and decode on separate pools, as a closed network of two stations: a prefill pool that
// works one prompt after another and a decode pool in which every request gets a token per step.

#include <algorithm>
#include <cmath>

#include "calibrate/run_point.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize::calibrate {
namespace {

double seconds(Seconds t) { return t.in(units::s); }

Deployment pool_deployment(const ResolvedRow& row, const WorkerPool& pool) {
  Deployment d = row.deployment;
  d.layout = pool.layout;
  return d;
}

/// Time to move one request's cache to the decode pool over the slower end's network (or link).
double transfer_time(const ResolvedRow& row, double tokens) {
  const Deployment& d = row.deployment;
  const BytesPerSec per_gpu = d.gpu->network_per_gpu.value_or(d.gpu->host_link);
  if (per_gpu <= BytesPerSec{}) return 0.0;
  const auto senders = static_cast<double>(row.prefill->layout.tp * row.prefill->layout.pp);
  const Bytes cache = kv_bytes_per_token(*d.model, d.kv) * (tokens * units::token);
  return seconds(cache / (senders * per_gpu));
}

}  // namespace

Outcome<RunPoint> disaggregated_point(const RunConditions& run, const ResolvedRow& row) {
  if (run.mode != "online" || run.load != "concurrency" || !run.load_value ||
      *run.load_value < 1.0) {
    return Refusal{"load not modelled for disaggregated serving",
                   "disaggregated serving: only a stated concurrency"};
  }
  if (!run.input_len || !run.output_len || *run.input_len < 1.0)
    return Refusal{"lengths not stated", "lengths not stated"};
  const double requests = *run.load_value;
  const double input = *run.input_len;
  const double output = std::max(*run.output_len, 1.0);

  const Deployment prefill = pool_deployment(row, *row.prefill);
  const Deployment decode = pool_deployment(row, *row.decode);
  for (const auto* pool : {&prefill, &decode}) {
    const auto fits = capacity_of(*pool, input + 0.5 * output);
    if (const auto* refusal = std::get_if<Refusal>(&fits)) return *refusal;
  }
  StepEstimator prefill_steps(prefill);
  StepEstimator decode_steps(decode);
  const double prompt = seconds(prefill_time(prefill_steps, 1.0, input).all);
  const auto ranks = static_cast<double>(row.prefill->workers * row.prefill->layout.dp);
  const double service = prompt / ranks;  // per prompt, all ranks busy
  const double fixed = seconds(decode.engine->request_overhead) + transfer_time(row, input);
  const auto step_at = [&](double running) {
    const double per_worker = running / static_cast<double>(row.decode->workers);
    return seconds(
        decode_time(decode_steps, per_rank(row.decode->layout, per_worker), input + 0.5 * output));
  };

  // Halve on the requests in the decode pool: more of them complete faster and leave fewer to wait.
  double low = 0.0;
  double high = requests;
  double rate = 0.0;
  double step = 0.0;
  double ttft = 0.0;
  constexpr int kHalvings = 40;
  for (int i = 0; i < kHalvings; ++i) {
    const double decoding = 0.5 * (low + high);
    step = step_at(decoding);
    rate = decoding / (std::max(output - 1.0, 1.0) * step);
    const double elsewhere = requests - decoding;
    const double queue =
        std::max(0.0, elsewhere - rate * fixed) * (requests - 1.0) / std::max(requests, 1.0);
    ttft = fixed + prompt + service * queue;  // the prompt itself after those seen on arrival
    (rate * ttft < elsewhere ? low : high) = decoding;
  }
  RunPoint p;
  p.ttft_s = ttft;
  p.tpot_s = step;
  p.e2e_s = ttft + (output - 1.0) * step;
  p.user_tok_s = 1.0 / step;
  p.requests_per_s = requests / *p.e2e_s;
  p.output_tok_s = *p.requests_per_s * output;
  p.input_tok_s = *p.requests_per_s * input;
  p.gpus = static_cast<double>(row.gpus);
  return p;
}

}  // namespace gpusize::calibrate
