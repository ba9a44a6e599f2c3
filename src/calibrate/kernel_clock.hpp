#pragma once
// What the kernel-time formulas say about timed kernels, and what no kernel can do.

#include <optional>
#include <string>

#include "calibrate/kernel_work.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize::calibrate {

/// Times calls on one card under given rates. Kernels are timed back to back, with operands rotated
/// past the L2 cache: the rates' allowances for gaps and for cache inside a step do not apply.
class KernelClock {
 public:
  KernelClock(const GpuSpec& gpu, const KernelRates& rates);
  // The devices point to the rates beside them.
  KernelClock(const KernelClock&) = delete;
  KernelClock& operator=(const KernelClock&) = delete;

  /// Products at that fraction of the rates' FLOPs per second.
  [[nodiscard]] Seconds time(const KernelCall& call, double gemm_rate = 1.0) const;

 private:
  KernelRates scaled_rates_;
  KernelRates plain_rates_;
  KernelRates isolated_rates_;
  Device scaled_;
  Device plain_;
  Device isolated_;
};

/// Why a measured time cannot be: more FLOPs per second than the card's dense peak (and a tenth, as
/// cards may clock above the datasheet's figure), or more bytes per second than its memory or
/// links move. Nothing when it can.
std::optional<std::string> beats_physics(const KernelCall& call, const GpuSpec& gpu,
                                         const KernelRates& rates, Seconds measured);

}  // namespace gpusize::calibrate
