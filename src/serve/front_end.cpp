#include "gpusize/serve/front_end.hpp"

#include <algorithm>

namespace gpusize {

double FrontEnd::next_s() const {
  if (left_at_.empty()) return kNeverS;
  const double left = std::max(left_at_.front() - done_s_, 0.0);
  return now_s_ + left * static_cast<double>(left_at_.size());
}

void FrontEnd::advance(double to_s) {
  if (!left_at_.empty()) done_s_ += (to_s - now_s_) / static_cast<double>(left_at_.size());
  now_s_ = to_s;
}

void FrontEnd::enter(double now_s) {
  advance(now_s);
  left_at_.push_back(done_s_ + work_s_);
}

double FrontEnd::leave() {
  now_s_ = next_s();
  done_s_ = std::max(left_at_.front(), done_s_);
  left_at_.pop_front();
  return now_s_;
}

}  // namespace gpusize
