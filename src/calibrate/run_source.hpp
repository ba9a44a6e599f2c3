#pragma once
// The requests of a measured run as its load generator sends them, through the engine's front end.

#include <cstdint>
#include <deque>
#include <vector>

#include "gpusize/serve/request.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize::calibrate {

/// What a load generator was told.
struct SentLoad {
  LengthDistribution input;
  LengthDistribution output;
  std::uint64_t requests = 1;
  std::uint64_t in_flight = 1;  ///< kept by a closed loop; as many as `requests`: a burst
  double front_end_s = 0.0;     ///< a request's own time in the server's event loop
  double delay_s = 0.0;         ///< from there to the scheduler, whatever else is going on
};

/// Lengths are quantiles of the distributions in a random order, so that their means are those of
/// the run. The front end is one event loop that all requests in it share equally (processor
/// sharing): alone a request passes in `front_end_s`, N that come together all pass after N times
/// that.
class RunSource : public RequestSource {
 public:
  explicit RunSource(const SentLoad& load);

  [[nodiscard]] double next_s() const override;
  Request take() override;
  void completed(const Request& request, double now_s) override;

 private:
  struct Inside {
    Request request;
    double done_work_s = 0.0;  ///< work per request of the loop at which it leaves
  };
  struct Ready {
    Request request;
    double at_s = 0.0;
  };
  void send(double now_s);
  void advance(double now_s);
  [[nodiscard]] double first_leaves_s() const;

  double front_end_s_;
  double delay_s_;
  std::vector<Request> unsent_;  ///< the last is sent first
  std::deque<Inside> inside_;    ///< in the order of leaving, which is that of coming
  std::deque<Ready> ready_;      ///< on their way to the scheduler
  double now_s_ = 0.0;
  double work_s_ = 0.0;  ///< that each request in the loop has got since the start
};

}  // namespace gpusize::calibrate
