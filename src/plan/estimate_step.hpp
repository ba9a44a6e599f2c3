#pragma once
// The step of an estimate: times, work, and the operator table.

#include "gpusize/plan/result_document.hpp"
#include "plan/estimate_setup.hpp"

namespace gpusize {

/// Writes `step` and `operators`. Totals of the step are the sums of the rows in their order,
/// exactly.
void write_step(ObjectWriter& root, const EstimateSetup& setup);

}  // namespace gpusize
