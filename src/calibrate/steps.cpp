#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calibrate/run_point.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize::calibrate {
namespace {

Seconds prefill_step(StepEstimator& estimator, double sequences, double tokens, double context) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = sequences;
  shape.query_tokens = tokens;
  shape.context_tokens = context;
  shape.logit_rows = sequences;
  return estimator.time(shape);
}

double gib(Bytes bytes) { return bytes.in(units::GiB); }

}  // namespace

double per_rank(const Layout& layout, double requests) {
  return std::max(requests / static_cast<double>(layout.dp * layout.pp), 1.0);
}

Seconds decode_time(StepEstimator& estimator, double sequences, double context) {
  StepShape shape;
  shape.phase = Phase::kDecode;
  shape.sequences = sequences;
  shape.query_tokens = 1.0;
  shape.context_tokens = context;
  shape.logit_rows = sequences;
  return estimator.time(shape);
}

PrefillTime prefill_time(StepEstimator& estimator, double sequences, double tokens,
                         double context) {
  const auto budget = static_cast<double>(batched_token_limit(estimator.deployment()));
  if (budget <= 0.0 || sequences * tokens <= budget) {
    return {prefill_step(estimator, sequences, tokens, context),
            prefill_step(estimator, 1.0, tokens, context)};
  }
  if (tokens <= budget) {  // as many whole prompts in a step as fit
    const double group = std::min(sequences, std::floor(budget / tokens));
    const Seconds step = prefill_step(estimator, group, tokens, context);
    return {sequences / group * step, prefill_step(estimator, 1.0, tokens, context)};
  }
  // Chunks of one prompt: attention grows linearly with what is cached, so the middle chunk is the
  // mean.
  const double chunks = std::ceil(tokens / budget);
  const double chunk = tokens / chunks;
  const Seconds one =
      chunks * prefill_step(estimator, 1.0, chunk, context + 0.5 * (tokens - chunk));
  return {sequences * one, one};
}

PrefillTime pipelined_prefill(StepEstimator& estimator, double prompts, double tokens,
                              double context) {
  const auto budget = static_cast<double>(batched_token_limit(estimator.deployment()));
  const auto stages = static_cast<double>(estimator.deployment().layout.pp);
  const double chunks = budget > 0.0 ? std::ceil(tokens / budget) : 1.0;
  const double chunk = tokens / chunks;
  const Seconds stage =
      (1.0 / stages) * prefill_step(estimator, 1.0, chunk, context + 0.5 * (tokens - chunk));
  return {(prompts * chunks + stages - 1.0) * stage, (chunks + stages - 1.0) * stage};
}

Outcome<Capacity> capacity_of(const Deployment& d, double tokens) {
  const MemoryPerGpu m = memory_per_gpu(d, engine_peak(d), Bytes{});
  if (m.weights + m.context > m.capacity) {
    return Refusal{"weights do not fit",
                   fmt::format("weights do not fit: {:.1f} GiB per GPU, {} has {:.1f} GiB",
                               gib(m.weights), d.gpu->id, gib(m.capacity))};
  }
  // The run happened, so a reservation of the engine's that leaves nothing was lowered by its user.
  const Bytes room = max(m.kv_room, 0.95 * (m.capacity - m.weights - m.context));
  const auto length = static_cast<std::int64_t>(std::ceil(std::max(tokens, 1.0)));
  const std::int64_t fit = sequences_that_fit(d, m.kv_room > Bytes{} ? m.kv_room : room, length);
  const std::int64_t at_most =
      std::max<std::int64_t>(fit, sequences_that_fit(d, room, length) > 0 ? 1 : 0);
  if (at_most < 1) {
    const Bytes one =
        kv_bytes_per_sequence(*d.model, d.layout, d.kv, length, d.engine->kv_block_tokens);
    return Refusal{"KV cache does not fit",
                   fmt::format("KV cache of one request does not fit: {:.1f} GiB, {:.1f} free",
                               gib(one), gib(room))};
  }
  const std::int64_t limit = sequence_limit(d);
  const std::int64_t running = limit > 0 ? std::min(at_most, limit) : at_most;
  return Capacity{static_cast<double>(running) * static_cast<double>(d.layout.dp)};
}

}  // namespace gpusize::calibrate
