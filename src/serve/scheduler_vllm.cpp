#include "serve/policies.hpp"
#include "serve/rank.hpp"

namespace gpusize {

// vLLM V1 (vllm/v1/core/sched/scheduler.py): running sequences first, then waiting ones, all out of
// one token budget; the last admitted is preempted and computed again when blocks run out, and
// nobody is admitted in a step that preempted.
void plan_vllm(Rank& rank) {
  std::int64_t budget = rank.limits().step_tokens;
  const bool preempted = rank.decode_all();
  budget -= rank.decoding() * rank.limits().checked_tokens;
  const bool kept = rank.continue_prompts(budget);
  if (preempted || !kept) return;
  while (budget > 0 && rank.admit(budget, false, false)) {
  }
}

}  // namespace gpusize
