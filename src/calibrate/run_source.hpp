#pragma once
// The requests of a measured run as its load generator sends them, through the engine's front end.

#include <cstdint>
#include <deque>
#include <vector>

#include "gpusize/serve/front_end.hpp"
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
/// the run.
class RunSource : public RequestSource {
 public:
  explicit RunSource(const SentLoad& load);

  [[nodiscard]] double next_s() const override;
  Request take() override;
  void completed(const Request& request, double now_s) override;

 private:
  struct Ready {
    Request request;
    double at_s = 0.0;
  };
  void send(double now_s);
  void advance(double now_s);

  FrontEnd loop_;
  double delay_s_;
  std::vector<Request> unsent_;  ///< the last is sent first
  std::deque<Request> inside_;   ///< the loop, in the order of coming
  std::deque<Ready> ready_;      ///< on their way to the scheduler
};

}  // namespace gpusize::calibrate
