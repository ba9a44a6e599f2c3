#pragma once
// Prompts of ranks in lockstep, held back until every rank has one: a prompt on one rank makes all
// others wait, so engines that balance attention-DP ranks start prompts together (TensorRT-LLM:
// AttentionDpConfig, enable_balance and timeout_iters).

#include <algorithm>
#include <cstdint>
#include <vector>

#include "serve/rank.hpp"

namespace gpusize {

class PromptGate {
 public:
  /// Prompts wait at most `most_steps` steps; 0: they never do.
  explicit PromptGate(std::int64_t most_steps) : most_steps_(most_steps) {}

  /// Whether prompts stay out of the step that is planned now.
  bool closed(const std::vector<Rank>& ranks) {
    if (most_steps_ == 0) return false;
    if (waited_ < most_steps_ && !opens(ranks)) return true;
    waited_ = 0;
    return false;
  }

  /// Steps after which it opens by itself.
  [[nodiscard]] std::int64_t steps_left() const {
    return std::max<std::int64_t>(most_steps_ - waited_, 1);
  }

  void passed(std::int64_t steps) { waited_ += steps; }

 private:
  /// Every rank has a prompt and a place for it, or one has no decodes that a prompt could stop.
  [[nodiscard]] static bool opens(const std::vector<Rank>& ranks) {
    bool all = true;
    for (const Rank& rank : ranks) {
      if (rank.decoding() == 0) return true;
      const bool place = rank.running() < rank.limits().sequences;
      all = all && (rank.has_prefilling() || (rank.has_waiting() && place));
    }
    return all;
  }

  std::int64_t most_steps_;
  std::int64_t waited_ = 0;
};

}  // namespace gpusize
