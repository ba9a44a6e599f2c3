#include <algorithm>

#include "serve/policies.hpp"
#include "serve/rank.hpp"

namespace gpusize {
namespace {

// sglang/srt/managers: schedule_policy.py and scheduler.py. The share of unwritten output that the
// pool keeps room for begins at 0.7 and falls to 0.098 over 600 decode steps.
constexpr double kFirstRatio = 0.7;
constexpr double kLeastRatio = 0.7 * 0.14;
constexpr double kDecay = (kFirstRatio - kLeastRatio) / 600.0;
constexpr std::int64_t kMostReserved = 4096;  // of one request's output

/// Whether the pool has room for the first waiting request and what others will write.
bool has_room(const Rank& rank) {
  const EngineLimits& limits = rank.limits();
  const auto free = static_cast<double>(rank.free_blocks() * limits.block_tokens);
  const double held = rank.policy_ratio * static_cast<double>(rank.tokens_to_write());
  const auto own =
      static_cast<double>(rank.first_waiting_target() +
                          std::min<std::int64_t>(rank.first_waiting().output, kMostReserved));
  return own < free - held || (rank.running() == 0 && own <= free);
}

}  // namespace

// SGLang: waiting prompts go first, in a step of their own; decodes run when nothing can be
// prefilled. When the pool is full decodes are retracted, those with least output first.
void plan_sglang(Rank& rank) {
  std::int64_t budget = rank.limits().step_tokens;
  if (rank.has_prefilling()) rank.continue_prompts(budget);
  while (budget > 0 && rank.has_waiting() && has_room(rank) && rank.admit(budget, false, false)) {
  }
  if (!rank.quiet()) return;
  if (rank.decode_all()) rank.policy_ratio = kFirstRatio;
  const auto steps = static_cast<double>(rank.steps_done());
  rank.policy_ratio = std::max(rank.policy_ratio - steps * kDecay, kLeastRatio);
}

}  // namespace gpusize
