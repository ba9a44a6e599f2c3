#include "serve/lane.hpp"

#include <cmath>

namespace gpusize {

double Lane::slowest(std::int64_t step) const {
  double out = 0.0;
  for (const Rank& rank : ranks_) {
    if (rank.busy()) out = std::max(out, times_->step_s(rank.load_after(step)));
  }
  return out;
}

bool Lane::start(double now_s) {
  bool any = false;
  bool quiet = true;
  bool held = false;
  const bool closed = gate_.closed(ranks_);
  for (Rank& rank : ranks_) {
    rank.plan(now_s, !closed);
    held = held || (closed && rank.has_waiting());
    any = any || rank.busy();
    quiet = quiet && rank.quiet();
  }
  start_s_ = now_s;
  steps_ = 0;
  end_s_ = kNeverS;
  if (!any) return false;
  steps_ = 1;
  growth_s_ = 0.0;
  first_s_ = slowest(1);
  if (quiet) {
    steps_ = 1 << 20;
    for (const Rank& rank : ranks_) {
      if (rank.busy()) steps_ = std::min(steps_, rank.quiet_steps());
    }
    // Step times are nearly linear in the context; runs are short enough for that to hold.
    constexpr std::int64_t kMostSteps = 512;
    steps_ = std::min(steps_, held ? std::min(kMostSteps, gate_.steps_left()) : kMostSteps);
    if (steps_ > 1) growth_s_ = (slowest(steps_) - first_s_) / static_cast<double>(steps_ - 1);
  }
  end_s_ = start_s_ + after(steps_);
  return true;
}

void Lane::finish(RankEvents& events) {
  const double took = end_s_ - start_s_;
  const double mean = took / static_cast<double>(steps_);
  busy_s_ += took;
  const std::int64_t steps = steps_;
  steps_ = 0;
  gate_.passed(steps);
  for (Rank& rank : ranks_) {
    block_seconds_ += took * static_cast<double>(rank.used_blocks());
    if (rank.busy()) rank.finish(steps, end_s_, mean, events);
  }
}

bool Lane::cut(double now_s) {
  if (steps_ <= 1) return false;
  const double passed = now_s - start_s_;
  std::int64_t low = 1;
  std::int64_t high = steps_;
  while (low < high) {  // the first step border at or after now
    const std::int64_t middle = low + (high - low) / 2;
    if (after(middle) >= passed) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low == steps_) return false;
  steps_ = low;
  end_s_ = start_s_ + after(steps_);
  return true;
}

void Lane::settle(double now_s, RankEvents& events) {
  std::int64_t done = 0;
  while (done + 1 < steps_ && start_s_ + after(done + 1) <= now_s) ++done;
  if (done == 0) return;
  steps_ = done;
  end_s_ = start_s_ + after(done);
  finish(events);
}

std::vector<std::uint32_t> Lane::evacuate() {
  std::vector<std::uint32_t> out;
  for (Rank& rank : ranks_) {
    const auto some = rank.evacuate();
    out.insert(out.end(), some.begin(), some.end());
  }
  steps_ = 0;
  end_s_ = kNeverS;
  return out;
}

}  // namespace gpusize
