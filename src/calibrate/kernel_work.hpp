#pragma once
// A timed kernel of a list as kernel work, in the words in which the estimator asks for time.

#include <vector>

#include "gpusize/calibrate/predict.hpp"
#include "gpusize/core/work.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize::calibrate {

/// What one call of a row's operation runs.
struct KernelCall {
  std::vector<KernelWork> works;  ///< in order
  bool scaled = false;            ///< operands carry block or group scales
  bool library = false;           ///< a collective of the library, not an engine's own
  bool unsplit = false;           ///< decode attention that does not split keys on a full card

  /// The kernel that the call is named after: the largest one stands last or alone.
  [[nodiscard]] const KernelWork& main() const { return works.back(); }
};
/// Whether a block's experts have a gate beside their input product.
bool has_gate(const KernelRow& row);

Outcome<KernelCall> kernel_call(const KernelRow& row);

}  // namespace gpusize::calibrate
