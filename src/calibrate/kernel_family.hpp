#pragma once
// Which library ran a timed kernel of an engine's list, and what that library costs beyond the
// architecture's own rates. Lists name it in their columns `backend` and `kernel`.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/exchange_protocol.hpp"
#include "calibrate/expert_lists.hpp"
#include "calibrate/product_tiles.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize::calibrate {

/// Kernels of one library. Fractions are relative to the architecture's rates.
struct KernelFamily {
  std::string id;
  std::string op;
  RowMatch match;

  double launches = 0.0;         ///< small kernels beside those that move the work
  Seconds host;                  ///< of a call that no graph replays
  Seconds per_row;               ///< of quantising one row alone
  double quantise_passes = 1.0;  ///< over the activations; more where they are dynamic
  double flop_fraction = 1.0;
  double memory_fraction = 1.0;
  bool copies_message = false;  ///< collectives: memory is read and written once more
  // Products.
  std::optional<double> reduced_elements;  ///< that a block quantises of a row; others the rest
  double write_fraction = 0.0;             ///< of the memory, outputs after the sums; 0: on the way
  double feed_gb_s = 0.0;                  ///< operands that one SM loads; 0: no bound
  // Expert blocks.
  std::optional<double> widened_fraction;  ///< of the 16-bit rate, four-bit weights
  std::optional<Seconds> routing;          ///< in place of what the libraries share
  std::optional<Seconds> per_depth;        ///< the same
  Seconds per_expert;                ///< of the rank's experts, whether they have copies or not
  bool depth_by_bytes = false;       ///< per_depth is of two bytes of operands
  std::optional<double> fill_depth;  ///< elements before a tile's pipeline is full
  bool all_copies = false;           ///< passes visit copies of experts on other ranks, too
  bool fused_activation = false;     ///< the activation needs no pass of its own
  bool permutes = false;             ///< copies are written in the experts' order first
  bool quantises_copies = false;     ///< and quantised there, not the tokens before
  bool widens_weights = false;       ///< four-bit weights are kept in 16 bits
  bool mma_sync = false;             ///< products by the instructions of Ampere on any card
  /// What the backend begins with of lists that hand a rank no token that misses it, with the
  /// token's copies for other ranks as copies for its first expert.
  std::vector<std::string> remote_copies;

  [[nodiscard]] bool takes_remote_copies(const std::string& backend) const;
};

/// How many copies of its weights a list rotates through when it times a product.
struct WeightRotation {
  std::string op;
  RowMatch match;
  double copies = 1.0;
  bool fills_cache = false;  ///< no more copies than fill the L2 cache
};

/// What all libraries' expert blocks share.
struct ExpertBlockRates {
  double launches = 0.0;              ///< small kernels of a family that states none of its own
  double flop_fraction = 1.0;         ///< of a family that states none of its own
  Seconds per_depth;                  ///< of a product's first tile, per element of its depth
  Seconds routing;                    ///< times the square root of the routed copies
  double widened_fraction = 1.0;      ///< of the 16-bit rate, four-bit weights
  double blend = 1.0;                 ///< exponent of the blend of memory and compute time
  double mma_sync_unit_tflops = 0.0;  ///< 16-bit FLOPs of one SM by Ampere's instructions
  std::map<std::string, double> feed_gb_s;         ///< operands that one SM loads, by architecture
  std::map<std::string, double> memory_fractions;  ///< of the grouped rates', by architecture
};

/// What 90 % of the timings of an operation are over their prediction, less one.
struct KernelBand {
  std::string op;
  std::string architecture;
  double low = 0.0;
  double high = 0.0;
};

struct KernelFamilies {
  std::map<std::string, PcieSharing> pcie_sharing;  ///< by architecture; others share no paths
  std::map<std::string, double> call_factors;  ///< of calls without a graph, by a host's processor
  ExchangeProtocols protocols;                 ///< of timed collectives
  double l2_gb_s_per_unit = 0.0;  ///< what one SM reads from L2: operands of repeated kernels
  ExpertBlockRates experts;
  ExpertLists lists;
  std::vector<WeightRotation> rotations;
  ProductTiles product_tiles;
  std::vector<KernelFamily> families;
  std::vector<KernelBand> bands;
  Source source;  ///< of the fits and bands
  Confidence confidence = Confidence::kUnverified;
  Diagnostics problems;  ///< of the data files

  /// From the catalog's data files; empty where there is none.
  static KernelFamilies read(const Catalog& catalog);
  /// The first family that the row belongs to, or null: the architecture's own rates hold.
  [[nodiscard]] const KernelFamily* of(const KernelRow& row, const std::string& architecture) const;
  [[nodiscard]] bool always_gates(const std::string& backend) const {
    return begins_with_any(backend, lists.always_gated);
  }
  /// Bytes that a list's loop over a product goes through: `weights`, as often as it has copies.
  [[nodiscard]] double rotated(const KernelRow& row, double weights, double l2_bytes) const;
  /// How much longer than others the host of this card takes for a call that no graph replays.
  [[nodiscard]] double call_factor(const GpuSpec& gpu) const;
  /// The band of an engine's list (a row with a backend), or null: that of the architecture's
  /// rates.
  [[nodiscard]] const KernelBand* band(const KernelRow& row, const std::string& architecture) const;
};

}  // namespace gpusize::calibrate
