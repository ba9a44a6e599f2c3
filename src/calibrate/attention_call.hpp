#pragma once
// A timed attention kernel of a list as the call that its library received.

#include <optional>

#include "gpusize/hw/attention.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize::calibrate {

/// The call of a row whose operation is attention, with its sizes; nothing for other rows.
std::optional<AttentionCall> attention_call(const KernelRow& row);

}  // namespace gpusize::calibrate
