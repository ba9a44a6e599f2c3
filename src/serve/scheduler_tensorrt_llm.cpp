#include "serve/policies.hpp"
#include "serve/rank.hpp"

namespace gpusize {

// TensorRT-LLM, in-flight batching under GUARANTEED_NO_EVICT: blocks for a request's whole length
// are set aside before it starts, so nothing is ever evicted; prompts run beside decodes,
// chunked (enable_chunked_prefill).
void plan_tensorrt_llm(Rank& rank) {
  std::int64_t budget = rank.limits().step_tokens;
  rank.decode_all();
  budget -= rank.decoding() * rank.limits().checked_tokens;
  rank.continue_prompts(budget);
  while (budget > 0 && rank.admit(budget, true, false)) {
  }
}

}  // namespace gpusize
