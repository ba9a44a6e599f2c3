#pragma once
// The result document of `calibrate`.

#include "gpusize/calibrate/calibrate.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// What was fitted, from how many rows, and what is left over; each number with its derivation.
ResultDocument calibrate_document(const Calibration& calibration);

}  // namespace gpusize
