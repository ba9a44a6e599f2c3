#include "serve/rank.hpp"

#include <algorithm>

#include "gpusize/core/check.hpp"

namespace gpusize {

std::uint32_t SequencePool::create(const Request& request) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(all_.size());
    all_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  const std::uint32_t epoch = all_[slot].epoch + 1;
  all_[slot] = Sequence{};
  all_[slot].request = request;
  all_[slot].target = request.input;
  all_[slot].epoch = epoch;
  return slot;
}

Rank::Rank(SequencePool& pool, const EngineLimits& limits, const SchedulerPolicy& policy,
           bool prefill_only)
    : pool_(pool), limits_(limits), policy_(&policy), prefill_only_(prefill_only) {
  phases_.assign(static_cast<std::size_t>(limits.block_tokens), 0);
  rate_ = static_cast<std::uint64_t>(limits.tokens_per_step * 4294967296.0);
}

bool Rank::can_ever_hold(const Request& request) const {
  const std::int64_t output = prefill_only_ ? 1 : request.output;
  return blocks_for(request.input + output) <= limits_.blocks;
}

void Rank::push(std::uint32_t slot, double now_s) {
  pool_[slot].enqueued_s = now_s;
  pool_[slot].state = SequenceState::kWaiting;
  waiting_.push_back(slot);
}

// --- clock and blocks ---

std::int64_t Rank::clock_delta(std::int64_t steps) const {
  return static_cast<std::int64_t>((fraction_ + static_cast<std::uint64_t>(steps) * rate_) >> 32);
}

std::size_t Rank::phase_of(const Sequence& s) const {
  const std::int64_t b = limits_.block_tokens;
  return static_cast<std::size_t>(((s.base_tokens - s.clock_start) % b + b) % b);
}

std::int64_t Rank::tokens_of(const Sequence& s) const {
  return s.base_tokens + clock_ - s.clock_start;
}

/// Blocks that `delta` ticks of the clock ask for: a sequence takes one when its length is whole
/// blocks, which is when phase + clock is a multiple of the block.
std::int64_t Rank::new_blocks(std::int64_t delta) const {
  const std::int64_t b = limits_.block_tokens;
  std::int64_t sum = delta / b * decoding_;
  for (std::int64_t i = 0; i < delta % b; ++i) {
    const std::int64_t at = (b - (clock_ + i) % b) % b;
    sum += phases_[static_cast<std::size_t>(at)];
  }
  return sum;
}

// --- running order ---

void Rank::link(std::uint32_t slot) {
  Sequence& s = pool_[slot];
  s.previous = last_;
  s.next = kNone;
  (last_ == kNone ? first_ : pool_[last_].next) = slot;
  last_ = slot;
  ++running_;
}

void Rank::unlink(std::uint32_t slot) {
  Sequence& s = pool_[slot];
  (s.previous == kNone ? first_ : pool_[s.previous].next) = s.next;
  (s.next == kNone ? last_ : pool_[s.next].previous) = s.previous;
  --running_;
}

void Rank::preempt_last() {
  const std::uint32_t slot = last_;
  Sequence& s = pool_[slot];
  if (s.state == SequenceState::kDecode) {
    const std::int64_t made = clock_ - s.clock_start;
    used_ -= blocks_for(tokens_of(s)) - s.shared_blocks;
    leave_decode(s);
    s.generated += static_cast<std::int32_t>(made);
    s.last_token_s = last_decode_s_;
  } else {
    used_ -= s.own_blocks;
    prefilling_.erase(std::find(prefilling_.begin(), prefilling_.end(), slot));
    std::erase_if(chunks_, [&](const Chunk& c) { return c.slot == slot; });
  }
  reserved_ -= s.reserved_blocks;
  unlink(slot);
  s.target = s.request.input + s.generated;
  s.computed = 0;
  s.own_blocks = 0;
  s.shared_blocks = 0;
  s.reserved_blocks = 0;
  s.arrives_prefilled = false;  // its blocks are gone: computed again here
  s.state = SequenceState::kWaiting;
  ++s.epoch;
  waiting_.push_front(slot);
  ++preemptions_;
}

std::vector<std::uint32_t> Rank::evacuate() {
  while (running_ > 0) {
    preempt_last();
    --preemptions_;  // lost, not preempted
  }
  std::vector<std::uint32_t> out(waiting_.begin(), waiting_.end());
  waiting_.clear();
  chunks_.clear();
  fresh_.clear();
  decode_now_ = false;
  cache_.clear();
  return out;
}

// --- planning ---

void Rank::plan(double now_s, bool prompts) {
  now_s_ = now_s;
  admits_ = prompts;
  chunks_.clear();
  decode_now_ = false;
  policy_->plan(*this);
}

bool Rank::decode_all() {
  bool preempted = false;
  while (decoding_ > 0 && new_blocks(clock_delta(1)) > free_blocks()) {
    GPUSIZE_CHECK(running_ > 1, "one sequence alone always fits");
    preempt_last();
    preempted = true;
  }
  if (decoding_ > 0) {
    used_ += new_blocks(clock_delta(1));
    decode_now_ = true;
  }
  return preempted;
}

bool Rank::continue_prompts(std::int64_t& budget) {
  for (std::size_t i = 0; i < prefilling_.size() && budget > 0; ++i) {
    const std::uint32_t slot = prefilling_[i];
    Sequence& s = pool_[slot];
    const std::int64_t tokens = std::min<std::int64_t>(budget, s.target - s.computed);
    const std::int64_t blocks = blocks_for(s.computed + tokens) - s.shared_blocks - s.own_blocks;
    while (blocks > free_blocks()) {
      const bool itself = last_ == slot;
      preempt_last();
      if (itself) return false;
    }
    used_ += blocks;
    s.own_blocks += static_cast<std::int32_t>(blocks);
    chunks_.push_back({slot, static_cast<std::int32_t>(tokens), s.computed});
    budget -= tokens;
  }
  return true;
}

std::int64_t Rank::first_waiting_target() const { return pool_[waiting_.front()].target; }

bool Rank::admit(std::int64_t& budget, bool reserve, bool whole_prompt) {
  if (waiting_.empty() || running_ >= limits_.sequences) return false;
  const std::uint32_t slot = waiting_.front();
  Sequence& s = pool_[slot];
  if (!admits_ && !s.arrives_prefilled) return false;
  std::int64_t hit = std::min<std::int64_t>(s.request.cached, s.target - 1);
  if (limits_.prefix_cache && s.request.stream != 0) {
    cache_.shrink(cache_room());
    const std::int64_t held =
        std::min<std::int64_t>(cache_.hit(s.request.stream), s.request.shared);
    hit = std::max(hit, std::min<std::int64_t>(held, s.target - 1));
  }
  hit = hit / limits_.block_tokens * limits_.block_tokens;
  if (s.arrives_prefilled) hit = 0;
  const std::int64_t left = s.target - hit;
  if (whole_prompt && left > budget && budget < limits_.step_tokens) return false;
  const std::int64_t tokens = s.arrives_prefilled ? left : std::min(left, budget);
  if (tokens < 1) return false;
  const std::int64_t shared = s.request.cached > 0 ? 0 : hit / limits_.block_tokens;
  const std::int64_t blocks = blocks_for(hit + tokens) - shared;
  const std::int64_t whole = blocks_for(s.request.input + (prefill_only_ ? 1 : s.request.output));
  if (reserve ? reserved_ + whole > limits_.blocks : blocks > free_blocks()) return false;
  waiting_.pop_front();
  link(slot);
  if (reserve) {
    s.reserved_blocks = static_cast<std::int32_t>(whole);
    reserved_ += whole;
  }
  if (s.admitted_s < 0.0) s.admitted_s = now_s_;
  s.computed = static_cast<std::int32_t>(hit);
  s.shared_blocks = static_cast<std::int32_t>(shared);
  s.own_blocks = static_cast<std::int32_t>(blocks);
  used_ += blocks;
  s.state = SequenceState::kPrefill;
  prefilling_.push_back(slot);
  hit_tokens_ += hit;
  chunks_.push_back({slot, static_cast<std::int32_t>(tokens), s.computed});
  if (!s.arrives_prefilled) budget -= tokens;
  return true;
}

// --- a step ---

StepLoad Rank::load() const {
  StepLoad out;
  if (decode_now_) {
    out.decodes = decoding_;
    out.decode_context = static_cast<double>(context_);
  }
  for (const Chunk& c : chunks_) {
    if (pool_[c.slot].arrives_prefilled) continue;
    out.prefill_tokens += c.tokens;
    out.prefill_pairs += static_cast<double>(c.tokens) * (c.before + 0.5 * c.tokens);
    ++out.prompts;
  }
  return out;
}

StepLoad Rank::load_after(std::int64_t steps) const {
  StepLoad out = load();
  if (decode_now_) out.decode_context += static_cast<double>(clock_delta(steps - 1) * decoding_);
  return out;
}

std::int64_t Rank::quiet_steps() const {
  constexpr std::int64_t kMost = 1 << 20;
  if (!decode_now_ || ends_.empty()) return kMost;
  // The plan paid for the first step's blocks; more steps need more.
  const std::int64_t ticks = ends_.top().clock - clock_;
  auto steps = static_cast<std::int64_t>(
      ((static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 1)) << 32) - fraction_ + rate_ -
       1) /
      rate_);
  steps = std::clamp<std::int64_t>(steps, 1, kMost);
  const std::int64_t paid = new_blocks(clock_delta(1));
  while (steps > 1 && new_blocks(clock_delta(steps)) - paid > free_blocks()) steps /= 2;
  return steps;
}

void Rank::begin_decode(std::uint32_t slot, double now_s, RankEvents& events) {
  Sequence& s = pool_[slot];
  if (!s.arrives_prefilled) {
    ++s.generated;
    if (s.first_token_s < 0.0) s.first_token_s = now_s;
    if (s.last_token_s >= 0.0) events.token_gap(now_s - s.last_token_s, 1);
    s.last_token_s = now_s;
    keep_prefix(s, s.target);
  }
  s.base_tokens = s.target;
  s.clock_start = clock_;
  s.end_clock = clock_ + s.request.output - s.generated;
  if (prefill_only_ || s.generated >= s.request.output) return complete(slot, now_s, events);
  s.state = SequenceState::kDecode;
  ++phases_[phase_of(s)];
  ++decoding_;
  context_ += s.base_tokens;
  end_sum_ += s.end_clock;
  ends_.push({s.end_clock, slot, s.epoch});
  fresh_.push_back({s.last_token_s, slot, s.epoch});
}

void Rank::leave_decode(Sequence& s) {
  --phases_[phase_of(s)];
  --decoding_;
  context_ -= tokens_of(s);
  end_sum_ -= s.end_clock;
}

void Rank::keep_prefix(const Sequence& s, std::int64_t tokens) {
  if (!limits_.prefix_cache || s.request.stream == 0) return;
  const bool session = (s.request.stream >> 63) != 0;
  cache_.keep(s.request.stream, session ? tokens : std::min<std::int64_t>(tokens, s.request.shared),
              cache_room());
}

void Rank::complete(std::uint32_t slot, double now_s, RankEvents& events) {
  Sequence& s = pool_[slot];
  std::int64_t tokens = s.base_tokens;
  if (s.state == SequenceState::kDecode) {
    tokens = tokens_of(s);
    used_ -= blocks_for(tokens) - s.shared_blocks;
    leave_decode(s);
  } else {
    used_ -= s.own_blocks;
  }
  reserved_ -= s.reserved_blocks;
  s.reserved_blocks = 0;
  unlink(slot);
  s.state = SequenceState::kDone;
  s.last_token_s = now_s;
  ++s.epoch;
  keep_prefix(s, tokens);
  events.finished(slot, now_s);
}

void Rank::finish(std::int64_t steps, double now_s, double step_s, RankEvents& events) {
  steps_done_ = steps;
  if (decode_now_) {
    const std::int64_t delta = clock_delta(steps);
    used_ += new_blocks(delta) - new_blocks(clock_delta(1));  // the plan paid for one step
    auto old = static_cast<std::uint64_t>(decoding_);
    const double first_end = now_s - static_cast<double>(steps - 1) * step_s;
    for (const Fresh& f : fresh_) {
      if (pool_[f.slot].epoch != f.epoch) continue;  // preempted meanwhile
      --old;
      events.token_gap(first_end - f.since_s, 1);
    }
    if (old > 0) events.token_gap(first_end - last_decode_s_, old);
    if (steps > 1) events.token_gap(step_s, static_cast<std::uint64_t>((steps - 1) * decoding_));
    fresh_.clear();
    last_decode_s_ = now_s;
    fraction_ = (fraction_ + static_cast<std::uint64_t>(steps) * rate_) & 0xffffffffULL;
    clock_ += delta;
    context_ += delta * decoding_;
    while (!ends_.empty() && ends_.top().clock <= clock_) {
      const End end = ends_.top();
      ends_.pop();
      if (pool_[end.slot].epoch == end.epoch) complete(end.slot, now_s, events);
    }
  }
  for (const Chunk& c : chunks_) {
    Sequence& s = pool_[c.slot];
    s.computed += c.tokens;
    if (!s.arrives_prefilled) computed_tokens_ += c.tokens;
    if (s.computed < s.target) continue;
    prefilling_.erase(std::find(prefilling_.begin(), prefilling_.end(), c.slot));
    begin_decode(c.slot, now_s, events);
  }
}

}  // namespace gpusize
