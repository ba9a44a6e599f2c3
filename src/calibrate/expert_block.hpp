#pragma once
// Time of a whole expert block as lists of layers time it.

#include "calibrate/expert_load.hpp"
#include "calibrate/kernel_family.hpp"
#include "gpusize/core/work.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize::calibrate {

/// Routing and its launches, two grouped products and the passes between them. A product's first
/// tile walks the depth alone; then memory, multiplication of whole tiles and the loading of their
/// operands overlap in part. `product` carries the formats and one expert matrix's bytes per
/// element.
Seconds expert_block_time(const KernelRow& row, const KernelWork& product, const Device& device,
                          const KernelFamily& family, const KernelFamilies& families);

}  // namespace gpusize::calibrate
