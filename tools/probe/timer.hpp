#pragma once
// Times work on the device: a graph of many calls, replayed; the median of the repeats and their
// spread.
#include <cstddef>
#include <functional>
#include <vector>

#include "check.hpp"
#include "nvml.hpp"

namespace gpusize::probe {

struct Timing {
  double us = 0;          // of one call, median over the repeats
  double spread_pct = 0;  // (largest - smallest) / median
  int repeats = 0;
  int sm_mhz = 0;  // while the last repeat ran; 0 unknown
};

/// Median and spread of the times of one call.
Timing summary(std::vector<double> us);

/// Enqueues the work of one call on the inputs of one slot.
using Launch = std::function<void(cudaStream_t stream, std::size_t slot)>;

class Timer {
 public:
  Timer(const Nvml& nvml, bool quick);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer();

  cudaStream_t stream() const { return stream_; }
  /// Calls in one graph, slot after slot. Domain: slots at least 1.
  Timing graph(const Launch& launch, std::size_t slots);
  /// As `graph`, once and short: to choose between candidates.
  double glance_us(const Launch& launch, std::size_t slots);
  /// Calls enqueued one by one from the host.
  Timing eager(const Launch& launch, std::size_t slots);

 private:
  double elapsed_us(const std::function<void()>& work);
  cudaGraphExec_t captured(const Launch& launch, std::size_t slots, std::size_t calls);
  Timing repeated(const std::function<void()>& work, std::size_t calls);

  const Nvml& nvml_;
  int repeats_;
  double window_us_;
  double warm_us_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
};

}  // namespace gpusize::probe
