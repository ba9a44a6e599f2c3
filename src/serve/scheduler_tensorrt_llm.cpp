#include "serve/policies.hpp"
#include "serve/rank.hpp"

namespace gpusize {

// TensorRT-LLM, in-flight batching under GUARANTEED_NO_EVICT: blocks for a request's whole length
// are set aside before it starts, so nothing is ever evicted; prompts run beside decodes, whole
// (enable_chunked_prefill is off by default). One that no step could take is cut: its users would
// have raised max_num_tokens or switched chunks on.
void plan_tensorrt_llm(Rank& rank) {
  std::int64_t budget = rank.limits().step_tokens;
  rank.decode_all();
  budget -= rank.decoding() * rank.limits().checked_tokens;
  rank.continue_prompts(budget);
  bool whole = rank.has_prefilling();
  while (budget > 0 && rank.admit(budget, true, whole)) whole = true;
}

}  // namespace gpusize
