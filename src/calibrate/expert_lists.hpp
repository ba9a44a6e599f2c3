#pragma once
// What is known of lists of timed expert blocks beside their rows: how libraries cut a product into
// tiles, and what the lists' collectors did. data/kernels says where each comes from.

#include <string>
#include <vector>

#include "calibrate/expert_deal.hpp"
#include "calibrate/row_match.hpp"

namespace gpusize::calibrate {

/// What one thread block computes of a product.
struct ExpertTile {
  double rows = 16.0;    ///< copies of one expert's tokens
  double columns = 0.0;  ///< outputs; 0: not known to bound the rate
};

/// A library's choice of tile for some rows.
struct ExpertTileRule {
  RowMatch match;
  double to_tokens = 0.0;      ///< rows of the block's input up to which it holds; 0: any
  bool to_experts = false;     ///< holds up to as many tokens as the rank has experts
  double experts = 0.0;        ///< of the rank; 0: any
  std::vector<double> widths;  ///< of an expert on the rank; empty: any
  ExpertTile tile;
};

/// Collectors whose rounding of loads differs from that of today.
struct DealingRule {
  std::vector<std::string> backends;
  Dealing dealing = Dealing::kPerRank;
};

struct ExpertLists {
  std::vector<ExpertTileRule> tiles;
  std::vector<DealingRule> dealings;
  std::vector<std::string> always_gated;  ///< backends whose lists time a gate in any model

  static ExpertLists read(MapReader& reader, Diagnostics& out);
  /// The first rule that holds, for a block that is given `tokens`.
  [[nodiscard]] ExpertTile tile(const KernelRow& row, const std::string& architecture,
                                double tokens) const;
  [[nodiscard]] Dealing dealing(const std::string& backend) const;
};

}  // namespace gpusize::calibrate
