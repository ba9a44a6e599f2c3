#pragma once
// A training request filled from the files of a run.

#include <set>
#include <string>

#include "gpusize/core/result.hpp"
#include "gpusize/plan/train_plan.hpp"

namespace gpusize {

/// Lays what the files say over the request. Fields in `given` (names as in `inputs`) are the
/// user's own: they win, and where the files say otherwise a note tells.
TrainRequest with_files(TrainRequest request, const TrainingSpec& spec,
                        const std::set<std::string, std::less<>>& given);

/// Names of all fields that files can fill.
std::set<std::string, std::less<>> file_fields();

/// Sizes in the files that are not those of the model (`train-conflict`).
Diagnostics differing_sizes(const TrainingSpec& spec, const ModelSpec& model);

}  // namespace gpusize
