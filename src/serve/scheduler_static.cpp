#include "serve/policies.hpp"
#include "serve/rank.hpp"

namespace gpusize {

// A static batch: whoever waits when the last batch is done runs together to the end.
void plan_static(Rank& rank) {
  if (rank.has_prefilling()) {
    std::int64_t budget = rank.limits().step_tokens;
    rank.continue_prompts(budget);
    return;
  }
  if (rank.running() == 0) {
    std::int64_t budget = rank.limits().step_tokens;
    while (rank.admit(budget, true, false)) budget = rank.limits().step_tokens;
    if (!rank.quiet()) return;
  }
  rank.decode_all();
}

}  // namespace gpusize
