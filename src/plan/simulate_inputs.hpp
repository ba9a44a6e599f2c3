#pragma once
// The request of `simulate` as its document shows it.

#include "gpusize/plan/simulate_document.hpp"

namespace gpusize {

void write_simulate_inputs(ObjectWriter out, const SimulateRequest& request);

}  // namespace gpusize
