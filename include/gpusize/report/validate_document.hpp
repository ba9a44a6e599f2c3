#pragma once
// The result document of `validate`.

#include "gpusize/calibrate/validate.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Everything that a validation says, each number with its derivation.
ResultDocument validate_document(const ValidationResult& result);

}  // namespace gpusize
