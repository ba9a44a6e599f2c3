#pragma once
// How an engine's server and scheduler treat prompts, apart from the kernels themselves.

#include "gpusize/core/quantity.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/hw/device.hpp"
#include "gpusize/ops/graph.hpp"

namespace gpusize {

/// How kernels run in steps of this phase. Prompts come in all sizes, so no graph replays their
/// steps: the host feeds the kernels one by one, and none takes less than `eager_launch`.
KernelStyle kernel_style(const Deployment& deployment, Phase phase);

/// Prompt tokens that one step may take; a very large number where the engine has no limit.
double prompt_tokens_per_step(const Deployment& deployment);

/// What the server adds to the first token per token of the prompt (fact `request_per_token_us`).
Seconds request_per_token(const EngineProfile& engine);
/// What a request takes of the server's event loop before the scheduler has it (fact
/// `front_end_ms`).
Seconds front_end_time(const EngineProfile& engine);

/// Most steps that a prompt of one attention-DP rank waits for prompts on the others: the engine's
/// `attention_dp_wait_steps`; 0 without attention data parallelism.
std::int64_t prompt_wait_steps(const Deployment& deployment);

}  // namespace gpusize
