#pragma once
// The server's event loop that requests pass before the scheduler has them: all that are in it
// share it equally (processor sharing). Alone a request passes in the work of one; N that come
// together all pass after N times that.

#include <deque>

#include "gpusize/serve/request.hpp"

namespace gpusize {

/// Requests leave in the order of coming; who they are is the owner's business.
class FrontEnd {
 public:
  /// `work_s` of the loop for each request.
  explicit FrontEnd(double work_s) : work_s_(work_s) {}

  [[nodiscard]] bool empty() const { return left_at_.empty(); }
  /// When the first leaves if nobody comes before; kNeverS when nobody is there.
  [[nodiscard]] double next_s() const;
  /// One comes at `now_s`, at which nobody is due to have left.
  void enter(double now_s);
  /// The first leaves, at next_s(): that time.
  double leave();

 private:
  void advance(double to_s);

  double work_s_;
  std::deque<double> left_at_;  ///< work per request at which each leaves
  double now_s_ = 0.0;
  double done_s_ = 0.0;  ///< work that each request in the loop has got since the start
};

}  // namespace gpusize
