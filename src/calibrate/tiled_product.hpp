#pragma once
// Time of a product whose library's tiles are known: whole tiles, wave after wave.

#include "calibrate/kernel_family.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize::calibrate {

/// A product as a loop of timings runs it.
struct TiledProduct {
  KernelWork work;       ///< its bytes as the memory moves them in that loop
  double batches = 1.0;  ///< products of equal shape that share the rows
  double again = 0.0;    ///< bytes of rows that memory delivers again for later blocks of columns
};

/// A tile alone on its SM reaches what row-scaled products of the architecture reach, where its
/// rates state that, else the peak; all SMs together no more than the rates' fraction of the card.
Seconds tiled_product_time(const TiledProduct& product, const ProductTile& tile,
                           const KernelFamily& family, const Device& device);

}  // namespace gpusize::calibrate
