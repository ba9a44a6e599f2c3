#pragma once
// Tiles into which a library cuts a product, by the shape. data/kernels says where each comes from.

#include <vector>

#include "calibrate/row_match.hpp"

namespace gpusize::calibrate {

/// What one thread block computes of a product.
struct ProductTile {
  double rows = 0.0;
  double columns = 0.0;
  double slab = 0.0;      ///< depth that fills its pipeline; 0: as the architecture's rates say
  bool promotes = false;  ///< partial sums move to wider registers on the way
  bool spills = false;    ///< sums do not fit into registers: they are written twice
  bool walks = false;     ///< all rows for one block of columns, then all for the next
};

/// A library's choice for some shapes.
struct ProductTileRule {
  RowMatch match;
  double to_rows = 0.0;     ///< up to which it holds; 0: any
  double to_columns = 0.0;  ///< 0: any
  ProductTile tile;
};

struct ProductTiles {
  std::vector<ProductTileRule> rules;

  static ProductTiles read(MapReader& reader, Diagnostics& out);
  /// Of the first rule that holds, or null: how the library cuts that product is not known.
  [[nodiscard]] const ProductTile* find(const KernelRow& row, const std::string& architecture,
                                        double rows, double columns) const;
};

}  // namespace gpusize::calibrate
