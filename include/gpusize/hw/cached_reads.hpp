#pragma once
// Operands of a kernel that a timing loop runs again and again: what fits into the L2 cache is read
// from it, not from memory. Steps of a model read each weight once, so that no estimate uses this.

#include "gpusize/hw/device.hpp"

namespace gpusize {

class CachedReads {
 public:
  /// Keeps a reference. `gb_s_per_unit`: what one SM reads from L2; 0 or a card whose cache is not
  /// known: everything comes from memory.
  CachedReads(const Device& device, double gb_s_per_unit)
      : device_(&device), gb_s_per_unit_(gb_s_per_unit) {}

  /// Seconds to move `bytes` of a loop that goes through `in_use` bytes a round, where memory
  /// reaches that fraction of its bandwidth. Never longer than from memory alone.
  [[nodiscard]] double seconds(double bytes, double in_use, double fraction) const;

  /// The same where kernels of a round go through the bytes in different orders: what survives is
  /// as if misses replaced lines at random (E. Gelenbe, 1973, doi:10.1109/TC.1973.5009150).
  [[nodiscard]] double mixed_seconds(double bytes, double in_use, double fraction) const;

  /// Bytes of the L2 cache: datasheets call a cache of 96 MiB one of 96 MB.
  [[nodiscard]] double capacity() const;

 private:
  [[nodiscard]] double at(double bytes, double hit, double fraction) const;

  const Device* device_;
  double gb_s_per_unit_;
};

}  // namespace gpusize
