#pragma once
// Time of a row of an engine's list: by its library's family where it has one.

#include "calibrate/kernel_clock.hpp"
#include "calibrate/kernel_family.hpp"

namespace gpusize::calibrate {

class FamilyClock {
 public:
  FamilyClock(const GpuSpec& gpu, const KernelRates& rates, const KernelFamilies& families);

  /// `call` is what the row runs. Without a family: KernelClock. Lists of engines run a product in
  /// a loop, so that operands which fit into L2 are read from there.
  [[nodiscard]] Seconds time(const KernelRow& row, const KernelCall& call) const;

 private:
  /// The product's bytes as those that memory moves in the time which its loop takes for them.
  [[nodiscard]] KernelCall looped(const KernelRow& row, KernelCall call) const;

  [[nodiscard]] Seconds with_family(const KernelRow& row, const KernelCall& call,
                                    const KernelFamily* family, const KernelClock& clock) const;

  /// Time of the product where its library's tiles are known, which is then taken out of `from`;
  /// else none.
  [[nodiscard]] Seconds take_tiled(const KernelRow& row, const KernelFamily& family,
                                   KernelCall& from) const;

  const KernelRates* rates_;
  const KernelFamilies* families_;
  Device device_;
  KernelClock clock_;
};

}  // namespace gpusize::calibrate
