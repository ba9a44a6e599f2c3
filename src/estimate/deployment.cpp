#include "gpusize/estimate/deployment.hpp"

namespace gpusize {
namespace {

// vLLM doubles its defaults on cards of 70 GiB and more, the A100 left out
// (vllm/engine/arg_utils.py, pull request 17885).
bool takes_large_defaults(const GpuSpec& gpu) {
  return gpu.memory >= 70.0 * units::GiB && gpu.architecture != "ampere";
}

}  // namespace

std::int64_t batched_token_limit(const Deployment& deployment) {
  if (deployment.max_batched_tokens) return *deployment.max_batched_tokens;
  const EngineProfile& engine = *deployment.engine;
  return takes_large_defaults(*deployment.gpu) ? engine.max_batched_tokens_large
                                               : engine.max_batched_tokens_small;
}

std::int64_t sequence_limit(const Deployment& deployment) {
  if (deployment.max_sequences) return *deployment.max_sequences;
  const EngineProfile& engine = *deployment.engine;
  return takes_large_defaults(*deployment.gpu) ? engine.max_sequences_large
                                               : engine.max_sequences_small;
}

}  // namespace gpusize
