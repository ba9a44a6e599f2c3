#pragma once
// Turns completions into the result: metrics after the warm-up, goodput, the course over time.

#include "gpusize/serve/simulator.hpp"
#include "serve/rank.hpp"

namespace gpusize {

class Recorder {
 public:
  Recorder(const SimulationConfig& config, ServingResult& result);

  void arrived(const Request& request);
  void token_gap(double gap_s, std::uint64_t tokens) {
    if (measuring_) result_.itl_s.add(gap_s, tokens);
  }
  void completed(const Sequence& sequence, double now_s);
  /// The state of the fleet from here on.
  void sample(double now_s, double running, double waiting, double kv_share, double lanes);
  [[nodiscard]] double next_sample_s() const { return next_sample_s_; }
  void close(double now_s);

 private:
  struct Slice {
    double arrivals = 0.0;
    double completions = 0.0;
    double ttft_s = 0.0;
    double running = 0.0;
    double waiting = 0.0;
    double kv_share = 0.0;
    double lanes = 0.0;
    double samples = 0.0;
  };
  Slice& slice_at(double now_s);
  void merge();

  const SimulationConfig& config_;
  ServingResult& result_;
  std::uint64_t warmup_;
  bool measuring_ = false;
  double window_from_s_ = 0.0;
  double last_arrival_s_ = 0.0;
  double last_completion_s_ = 0.0;
  std::uint64_t window_completed_ = 0;  ///< until the last arrival so far
  std::uint64_t window_good_ = 0;
  std::uint64_t window_tokens_ = 0;
  std::uint64_t all_completed_ = 0;
  std::uint64_t all_good_ = 0;
  std::uint64_t all_tokens_ = 0;
  double width_s_;
  double next_sample_s_ = 0.0;
  std::vector<Slice> slices_;
};

}  // namespace gpusize
