#pragma once
// Requests drawn from a Workload, one at a time: memory does not grow with their number.

#include <queue>

#include "gpusize/serve/random.hpp"
#include "gpusize/serve/request.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

/// Draws `count` requests (sessions' later turns included). Arrivals, lengths and sessions have
/// streams of their own, so that two workloads that differ in one keep the others.
class WorkloadSource : public RequestSource {
 public:
  WorkloadSource(const Workload& workload, std::uint64_t count, std::uint64_t seed);

  [[nodiscard]] double next_s() const override;
  Request take() override;
  void completed(const Request& request, double now_s) override;

 private:
  struct Later {
    Request request;
    bool operator<(const Later& other) const {
      if (request.arrival_s != other.request.arrival_s)
        return request.arrival_s > other.request.arrival_s;
      return request.session > other.request.session;
    }
  };
  void draw_next();
  double gap();
  std::int32_t sample(const LengthDistribution& lengths);
  Request fresh(double arrival_s);

  const Workload& workload_;
  std::uint64_t left_;
  std::uint64_t index_ = 0;
  std::uint64_t sessions_ = 0;
  Random arrivals_;
  Random lengths_;
  Random sessions_random_;
  double clock_s_ = 0.0;
  double next_s_ = 0.0;  ///< next arrival of a new session
  double shares_ = 0.0;
  std::uint64_t closed_started_ = 0;
  std::priority_queue<Later> later_;
};

}  // namespace gpusize
