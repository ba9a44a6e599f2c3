#include "gpusize/estimate/prompts.hpp"

#include <algorithm>

namespace gpusize {
namespace {

bool has_latent_attention(const ModelSpec& model) {
  return std::any_of(model.kinds.begin(), model.kinds.end(),
                     [](const LayerKind& kind) { return kind.attention.kv_lora_rank > 0; });
}

}  // namespace

KernelStyle kernel_style(const Deployment& deployment, Phase phase) {
  const EngineProfile& engine = *deployment.engine;
  KernelStyle style;
  style.elementwise_traffic = engine.elementwise_traffic;
  style.elementwise_launches = engine.elementwise_launches;
  style.routing_launches =
      engine.routing_launches > 0.0 ? engine.routing_launches : engine.elementwise_launches;
  style.quantise_launches = engine.quantise_launches;
  style.row_reduction = engine.row_reduction;
  style.gemm_rate = engine.gemm_rate;
  style.score_bytes = engine.score_bytes;
  style.score_rows = prompt_tokens_per_step(deployment);
  style.packed_heads = engine.packed_heads;
  style.lone_token = engine.lone_token;
  style.unsplit_decode = engine.unsplit_decode;
  style.row_scaled_gemm = engine.row_scaled_gemm;
  style.unfused_experts = engine.unfused_experts;
  style.fast_sums = deployment.fast_sums;
  style.collective_wait = engine.collective_wait;
  style.one_shot_limit = engine.one_shot_limit;
  const bool replayed = engine.cuda_graphs && (phase == Phase::kDecode || engine.bare_kernels);
  if (replayed) return style;
  const bool own =
      engine.latent_eager_launch > Seconds{} && has_latent_attention(*deployment.model);
  style.eager_launch = own ? engine.latent_eager_launch : engine.eager_launch;
  return style;
}

double prompt_tokens_per_step(const Deployment& deployment) {
  constexpr double kNoLimit = 1e9;
  const auto budget = static_cast<double>(batched_token_limit(deployment));
  return budget > 0.0 ? budget : kNoLimit;
}

Seconds request_per_token(const EngineProfile& engine) {
  const EngineFact* fact = engine.fact("request_per_token_us");
  return fact == nullptr ? Seconds{} : fact->value * units::us;
}

Seconds front_end_time(const EngineProfile& engine) {
  const EngineFact* fact = engine.fact("front_end_ms");
  return fact == nullptr ? Seconds{} : fact->value * units::ms;
}

std::int64_t prompt_wait_steps(const Deployment& deployment) {
  if (deployment.layout.dp < 2) return 0;
  const EngineFact* fact = deployment.engine->fact("attention_dp_wait_steps");
  return fact == nullptr ? 0 : static_cast<std::int64_t>(fact->value);
}

}  // namespace gpusize
