#pragma once
// One scheduler with its KV blocks: who waits, who prefills, who decodes. Decoding sequences are
// not touched step by step: a token clock runs for all of them, their ends lie in a heap, and how
// many cross a block border in a step is counted by phase.

#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "gpusize/serve/request.hpp"
#include "gpusize/serve/scheduler.hpp"
#include "gpusize/serve/step_times.hpp"
#include "serve/prefix_cache.hpp"

namespace gpusize {

inline constexpr std::uint32_t kNone = 0xffffffffU;

enum class SequenceState : std::uint8_t { kWaiting, kPrefill, kDecode, kDone };

struct Sequence {
  Request request;
  double enqueued_s = 0.0;  ///< when this rank got it
  double admitted_s = -1.0;
  double first_token_s = -1.0;
  double last_token_s = -1.0;      ///< known at the edges of decoding only
  std::int64_t base_tokens = 0;    ///< KV tokens when decoding began
  std::int64_t clock_start = 0;    ///< token clock when decoding began
  std::int64_t end_clock = 0;      ///< token clock at its last token
  std::int32_t computed = 0;       ///< prompt tokens with KV
  std::int32_t target = 0;         ///< prompt tokens to have: input, and what it wrote before
  std::int32_t generated = 0;      ///< tokens written when decoding (re)started
  std::int32_t own_blocks = 0;     ///< while prefilling
  std::int32_t shared_blocks = 0;  ///< of its length that are hits
  std::int32_t reserved_blocks = 0;
  std::uint32_t previous = kNone;  ///< running order
  std::uint32_t next = kNone;
  std::uint32_t epoch = 0;  ///< grows at every preemption: old heap entries are void
  SequenceState state = SequenceState::kWaiting;
  bool arrives_prefilled = false;  ///< its KV comes from a prefill pool
};

/// Sequences of the whole simulation; slots are reused.
class SequencePool {
 public:
  std::uint32_t create(const Request& request);
  void release(std::uint32_t slot) { free_.push_back(slot); }
  Sequence& operator[](std::uint32_t slot) { return all_[slot]; }

 private:
  std::vector<Sequence> all_;
  std::vector<std::uint32_t> free_;
};

/// What happens to sequences at the end of a step.
class RankEvents {
 public:
  virtual ~RankEvents() = default;
  virtual void token_gap(double gap_s, std::uint64_t tokens) = 0;
  virtual void finished(std::uint32_t slot, double now_s) = 0;
};

struct Chunk {
  std::uint32_t slot;
  std::int32_t tokens;
  std::int32_t before;  ///< tokens of the prompt that have KV already
};

class Rank {
 public:
  Rank(SequencePool& pool, const EngineLimits& limits, const SchedulerPolicy& policy,
       bool prefill_only);

  // --- from outside ---
  /// False when it could never fit: its blocks are more than there are.
  [[nodiscard]] bool can_ever_hold(const Request& request) const;
  void push(std::uint32_t slot, double now_s);
  /// One that the router sends here is on its way.
  void expect() { ++coming_; }
  /// It is here, or was sent elsewhere.
  void expect_no_more() { --coming_; }
  [[nodiscard]] std::int64_t outstanding() const { return running_ + waiting_count() + coming_; }
  [[nodiscard]] std::int64_t waiting_count() const {
    return static_cast<std::int64_t>(waiting_.size());
  }
  [[nodiscard]] std::int64_t running() const { return running_; }
  [[nodiscard]] std::int64_t used_blocks() const { return used_; }
  [[nodiscard]] std::int64_t preemptions() const { return preemptions_; }
  [[nodiscard]] const PrefixCache& cache() const { return cache_; }
  [[nodiscard]] std::int64_t hit_tokens() const { return hit_tokens_; }
  [[nodiscard]] std::int64_t computed_tokens() const { return computed_tokens_; }
  /// Takes everything out (the node is lost): slots in order, reset to waiting.
  std::vector<std::uint32_t> evacuate();

  // --- a step ---
  /// Lets the policy fill the plan; without `prompts` no prompt is admitted.
  void plan(double now_s, bool prompts);
  [[nodiscard]] StepLoad load() const;
  /// The load of the last of `steps` equal steps.
  [[nodiscard]] StepLoad load_after(std::int64_t steps) const;
  [[nodiscard]] bool quiet() const { return chunks_.empty(); }
  [[nodiscard]] bool busy() const { return decode_now_ || !chunks_.empty(); }
  /// Steps that may pass before something but the clock changes; only of a quiet plan.
  [[nodiscard]] std::int64_t quiet_steps() const;
  /// `steps` planned steps are over, the last at `now_s`; each took `step_s`.
  void finish(std::int64_t steps, double now_s, double step_s, RankEvents& events);

  // --- for policies ---
  [[nodiscard]] const EngineLimits& limits() const { return limits_; }
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }
  [[nodiscard]] bool has_prefilling() const { return !prefilling_.empty(); }
  [[nodiscard]] std::int64_t decoding() const { return decoding_; }
  [[nodiscard]] std::int64_t free_blocks() const { return limits_.blocks - used_; }
  /// Tokens that running decodes still have to write.
  [[nodiscard]] std::int64_t tokens_to_write() const { return end_sum_ - decoding_ * clock_; }
  /// Lets all decodes make a token; preempts from the tail until their blocks are there. True when
  /// somebody was preempted.
  bool decode_all();
  /// Goes on with prompts under way, in order; takes from `budget`. False when one was preempted.
  bool continue_prompts(std::int64_t& budget);
  /// Admits the first waiting request with a chunk of at most `budget` tokens; false when sequences
  /// or blocks are short. `reserve`: blocks for its whole length must be free beside those
  /// reserved.
  bool admit(std::int64_t& budget, bool reserve, bool whole_prompt);
  [[nodiscard]] const Request& first_waiting() const { return pool_[waiting_.front()].request; }
  [[nodiscard]] std::int64_t first_waiting_target() const;
  [[nodiscard]] std::int64_t reserved_blocks() const { return reserved_; }
  /// Steps since the last plan.
  [[nodiscard]] std::int64_t steps_done() const { return steps_done_; }
  double policy_ratio = 0.7;  ///< SGLang's estimate of unwritten output that will be needed

 private:
  [[nodiscard]] std::int64_t blocks_for(std::int64_t tokens) const {
    return (tokens + limits_.block_tokens - 1) / limits_.block_tokens;
  }
  [[nodiscard]] std::int64_t clock_delta(std::int64_t steps) const;
  [[nodiscard]] std::int64_t new_blocks(std::int64_t delta) const;
  [[nodiscard]] std::size_t phase_of(const Sequence& s) const;
  [[nodiscard]] std::int64_t tokens_of(const Sequence& s) const;
  void preempt_last();
  void link(std::uint32_t slot);
  void unlink(std::uint32_t slot);
  void begin_decode(std::uint32_t slot, double now_s, RankEvents& events);
  void leave_decode(Sequence& s);
  void complete(std::uint32_t slot, double now_s, RankEvents& events);
  void keep_prefix(const Sequence& s, std::int64_t tokens);
  [[nodiscard]] std::int64_t cache_room() const { return free_blocks() * limits_.block_tokens; }

  struct End {
    std::int64_t clock;
    std::uint32_t slot;
    std::uint32_t epoch;
    bool operator<(const End& other) const {
      return clock != other.clock ? clock > other.clock : slot > other.slot;
    }
  };
  struct Fresh {
    double since_s;
    std::uint32_t slot;
    std::uint32_t epoch;
  };

  SequencePool& pool_;
  EngineLimits limits_;
  const SchedulerPolicy* policy_;
  bool prefill_only_;
  std::deque<std::uint32_t> waiting_;
  std::vector<std::uint32_t> prefilling_;
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
  std::int64_t running_ = 0;
  std::int64_t coming_ = 0;
  std::int64_t decoding_ = 0;
  std::int64_t context_ = 0;  ///< KV tokens of decoding sequences
  std::int64_t end_sum_ = 0;  ///< of decoding sequences' end clocks
  std::int64_t used_ = 0;     ///< blocks
  std::int64_t reserved_ = 0;
  std::int64_t clock_ = 0;
  std::uint64_t fraction_ = 0;  ///< of the clock, 32 bits
  std::uint64_t rate_ = 0;      ///< clock per step, 32.32
  std::vector<std::int32_t> phases_;
  std::priority_queue<End> ends_;
  std::vector<Chunk> chunks_;
  bool decode_now_ = false;
  bool admits_ = true;  ///< prompts into the step that is planned
  std::int64_t steps_done_ = 0;
  double now_s_ = 0.0;
  double last_decode_s_ = 0.0;
  std::vector<Fresh> fresh_;  ///< began to decode since the last decode step
  std::int64_t preemptions_ = 0;
  std::int64_t hit_tokens_ = 0;
  std::int64_t computed_tokens_ = 0;
  PrefixCache cache_;
};

}  // namespace gpusize
