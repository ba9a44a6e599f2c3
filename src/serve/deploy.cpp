#include "gpusize/serve/deploy.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/prompts.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kNoLimit = 1'000'000;
constexpr double kTransferLatencyS = 0.001;  // handshake and first transfer of a request

}  // namespace

std::optional<EngineLimits> engine_limits(const Deployment& d, double mean_tokens,
                                          const Speculation& speculation) {
  const MemoryPerGpu memory = memory_per_gpu(d, engine_peak(d), Bytes{});
  if (!memory.weights_fit()) return {};
  const auto length = static_cast<std::int64_t>(std::ceil(std::max(mean_tokens, 1.0)));
  const std::int64_t sequences = sequences_that_fit(d, memory.kv_room, length);
  // Long requests may be fewer than one mean request: then the pool is counted in tokens.
  const double tokens = sequences > 0 ? static_cast<double>(sequences) * static_cast<double>(length)
                                      : static_cast<double>(kv_tokens_that_fit(d, memory.kv_room));
  EngineLimits limits;
  limits.block_tokens = std::max<std::int64_t>(d.engine->kv_block_tokens, 1);
  limits.blocks = static_cast<std::int64_t>(tokens) / limits.block_tokens / d.layout.pp;
  if (limits.blocks < 1) return {};
  const std::int64_t budget = batched_token_limit(d);
  limits.step_tokens = budget > 0 ? budget : kNoLimit;
  const std::int64_t most = sequence_limit(d);
  limits.sequences = most > 0 ? std::max<std::int64_t>(most / d.layout.pp, 1) : kNoLimit;
  limits.tokens_per_step = speculation.tokens_per_step();
  limits.checked_tokens = 1 + speculation.drafted;
  limits.prompt_wait_steps = prompt_wait_steps(d);
  return limits;
}

Workload workload_from(const WorkloadProfile& profile, double rate) {
  Workload w;
  w.name = profile.id;
  w.arrivals.rate = rate;
  if (profile.gap_cv && *profile.gap_cv > 0.0) {
    w.arrivals.kind = ArrivalKind::kGamma;
    w.arrivals.burstiness = 1.0 / (*profile.gap_cv * *profile.gap_cv);
  }
  RequestClass c;
  c.name = profile.id;
  c.input = LengthDistribution::lognormal(profile.input_tokens,
                                          profile.input_median.value_or(profile.input_tokens));
  c.output = LengthDistribution::lognormal(profile.output_tokens,
                                           profile.output_median.value_or(profile.output_tokens));
  c.cache_hit_share = profile.cache_hit_share;
  w.classes.push_back(c);
  return w;
}

void set_server(SimulationConfig& config, const EngineProfile& engine) {
  config.request_overhead_s = engine.request_overhead.in(units::s);
  config.request_s_per_token = request_per_token(engine).in(units::s);
  config.front_end_s = front_end_time(engine).in(units::s);
}

std::optional<double> server_delay_s(const EngineProfile& engine, double mean_input, double rate) {
  SimulationConfig c;
  set_server(c, engine);
  const double load = rate * c.front_end_s;
  if (load >= 1.0) return {};
  return c.request_overhead_s + c.request_s_per_token * mean_input + c.front_end_s / (1.0 - load);
}

KvTransfer kv_transfer(const Deployment& from, const Deployment& to) {
  const auto link = [](const Deployment& d) {
    const BytesPerSec one = d.gpu->network_per_gpu.value_or(d.gpu->host_link);
    return static_cast<double>(d.layout.tp * d.layout.pp) * one;
  };
  const BytesPerSec speed = min(link(from), link(to));
  KvTransfer out;
  out.latency_s = kTransferLatencyS;
  if (speed <= BytesPerSec{}) return out;
  const Bytes token = kv_bytes_per_token(*from.model, from.kv) * (1.0 * units::token);
  out.s_per_token = (token / speed).in(units::s);
  return out;
}

}  // namespace gpusize
