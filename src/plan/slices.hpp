#pragma once
// Parts of cards that a plan may choose.

#include <string>
#include <vector>

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// The parts of `gpu` that `kinds` name: `mig` gives one slice per instance size, `mps:4` and its
/// kin one equal share. Nothing for cards without MIG (or vGPU). `plan-slice` for unknown words.
Result<std::vector<GpuSpec>> slices_of(const GpuSpec& gpu, const std::vector<std::string>& kinds);

}  // namespace gpusize
