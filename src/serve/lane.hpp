#pragma once
// A lane: ranks that step in lockstep on one clock. It is asked to start, to end its step, and to
// cut a run of equal steps short when somebody arrives.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gpusize/serve/simulator.hpp"
#include "serve/prompt_gate.hpp"
#include "serve/rank.hpp"

namespace gpusize {

class Lane {
 public:
  Lane(SequencePool& sequences, const Pool& pool, bool prefill_only)
      : times_(pool.times), gate_(pool.ranks > 1 ? pool.limits.prompt_wait_steps : 0) {
    for (std::int64_t r = 0; r < pool.ranks; ++r)
      ranks_.emplace_back(sequences, pool.limits, *pool.policy, prefill_only);
  }

  [[nodiscard]] bool in_step() const { return steps_ > 0; }
  [[nodiscard]] double end_s() const { return end_s_; }
  [[nodiscard]] std::vector<Rank>& ranks() { return ranks_; }
  [[nodiscard]] const std::vector<Rank>& ranks() const { return ranks_; }
  [[nodiscard]] double busy_s() const { return busy_s_; }
  [[nodiscard]] double block_seconds() const { return block_seconds_; }
  [[nodiscard]] std::int64_t outstanding() const {
    std::int64_t sum = 0;
    for (const Rank& rank : ranks_) sum += rank.outstanding();
    return sum;
  }

  /// Plans the next step at `now_s`; false when there is nothing to do.
  bool start(double now_s);
  /// The planned steps are over at end_s().
  void finish(RankEvents& events);
  /// Somebody arrived at `now_s`: of several equal steps only those until then are taken. True when
  /// the end moved.
  bool cut(double now_s);
  /// Takes the steps that are over by `now_s`; the one under way is lost.
  void settle(double now_s, RankEvents& events);
  /// The node is lost: slots of all its requests.
  std::vector<std::uint32_t> evacuate();

 private:
  [[nodiscard]] double after(std::int64_t steps) const {
    const auto n = static_cast<double>(steps);
    return n * first_s_ + 0.5 * n * (n - 1.0) * growth_s_;
  }
  [[nodiscard]] double slowest(std::int64_t step) const;

  StepTimes* times_;
  PromptGate gate_;
  std::vector<Rank> ranks_;
  double start_s_ = 0.0;
  double end_s_ = kNeverS;
  double first_s_ = 0.0;   ///< duration of the first of the steps
  double growth_s_ = 0.0;  ///< each next one takes so much longer
  std::int64_t steps_ = 0;
  double busy_s_ = 0.0;
  double block_seconds_ = 0.0;
};

}  // namespace gpusize
