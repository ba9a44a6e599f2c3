#pragma once
// Rows of one run differ in id, metric and value alone.

#include <string>

#include "gpusize/spec/measurement.hpp"

namespace gpusize::calibrate {

/// The same text for rows that state the same conditions.
std::string run_key(const RunConditions& run);

}  // namespace gpusize::calibrate
