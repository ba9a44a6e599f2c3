#pragma once
// How fast the attention kernels of engines' libraries are, one row per library and architecture
// (data/attention). What each parameter does is in hw/attention.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/rates.hpp"
#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/provenance.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// Decoding over one shared latent (MLA), where a library departs from the architecture's rates.
struct LatentDecodeKernel {
  double head_tile = 64.0;  ///< query heads of one block
  std::optional<Seconds> launch;
  double flop_fraction = 0.0;  ///< of products beside the walk; 0: none, the walk does them
  Seconds per_block;           ///< of one SM: set-up and drain
  Seconds per_token;           ///< of one SM that walks its share of a sequence's keys, per key
  Seconds lone_token;          ///< and for a rank's only query head
  double loaded = 1.0;         ///< how much longer a walk takes when all SMs walk
  double splits = 0.0;  ///< blocks that share a sequence's keys, one an SM; 0: one, shared SMs
};

/// Decoding with keys and values of their own for each key-value head.
struct DecodeKernel {
  Seconds launch;
  double launch_per_head = 0.0;    ///< growth of the launch for 128 dimensions of a head more
  Seconds transposes;              ///< kernels that bring packed heads together and apart again
  Seconds windowed;                ///< what keys before a sliding window still cost
  double packed_heads = 0.0;       ///< query heads of a key-value head that share a block; 0: all
  bool packs_windows = true;       ///< also with a sliding window
  bool splits_packed = true;       ///< keys are split over SMs when heads are packed
  bool splits_lone = true;         ///< and when no heads are
  Seconds per_block;               ///< of one SM: set-up and drain
  Seconds per_query;               ///< of one SM, for 1024 elements of a block's queries
  double lone_block = 1.0;         ///< factor on per_block when a block has one query head
  Seconds per_token;               ///< of one SM that walks 128 dimensions of keys on its own
  double resident_blocks = 0.0;    ///< that walk side by side on an SM; 0: memory bounds walks
  std::optional<Seconds> latency;  ///< times the root of the keys, unless the architecture's
};

/// The thread block that a prefill kernel is built with, up to some head dimension.
struct AttentionTile {
  double head = 128.0;         ///< largest head dimension; the last tile holds beyond its own
  double queries = 128.0;      ///< rows of queries
  double short_queries = 0.0;  ///< rows where these hold all of a sequence's; 0: as others
  double keys = 128.0;         ///< walked at a time, up to the last one that a row sees
  double window_keys = 0.0;    ///< with a sliding window; 0: as without
  // In place of what the library states.
  std::optional<double> flop_fraction{};
  std::optional<double> narrow_speed{};
  std::optional<Seconds> per_tile{};
};

/// The attention kernels of one library on one architecture.
struct AttentionLibrary {
  std::string architecture;
  std::string library;
  std::vector<std::string> names;  ///< as lists of timed kernels name it
  bool pads_heads = false;         ///< products take heads of 192 dimensions for 256

  Seconds host;  ///< of a call that no graph replays, overlapped with the card
  Seconds prefill_launch;
  std::vector<AttentionTile> tiles;         ///< by head dimension, ascending
  std::vector<AttentionTile> narrow_tiles;  ///< for queries in eight bits; empty: as others
  bool packs_queries = false;     ///< query heads of a key-value head fill a tile together
  bool packs_narrow = false;      ///< also when queries are in eight bits
  bool skips_keys = true;         ///< keys before a sliding window are not walked
  bool persistent = false;        ///< blocks are dealt out so that no long one ends alone
  bool rotates_queries = false;   ///< a kernel before it writes rotated queries and the cache
  Seconds per_tile;               ///< of one SM, in prefill: set-up and drain of a block
  double memory_passes = 1.0;     ///< of what prefill moves
  double flop_fraction = 0.5;     ///< of the 16-bit peak, at a head dimension of 128
  bool widens_cache = false;      ///< wide queries meet a narrow cache in 16-bit products
  double narrow_speed = 1.0;      ///< of the products in eight bits, against 16
  Seconds conversion;             ///< a kernel of its own between 16-bit queries and a narrow cache
  bool converts_queries = false;  ///< also where queries are narrow: they come in 16 bits
  Seconds per_cache_element;      ///< of one SM that writes a narrow cache
  bool single_tokens = false;     ///< prompts of one token run the prefill kernel, too
  DecodeKernel decode;
  std::optional<DecodeKernel> narrow_decode;  ///< over narrow caches, where another kernel runs
  double latent_fraction = 0.0;               ///< of the peak, in prefill of latent attention
  bool absorbed = false;                      ///< which runs over the latent that all heads share
  /// What one SM reads of a narrow cache in decoding, however fast the memory is; 0: no such limit.
  BytesPerSec narrow_unit_rate;
  double latent_bytes = 1.0;  ///< moved per element of a narrow latent in decoding
  std::optional<LatentDecodeKernel> latent_decode;

  /// The tile of a head dimension, of queries in eight or in 16 bits. There is at least one.
  [[nodiscard]] const AttentionTile& tile(double head_dim, bool narrow_queries = false) const;
};

/// Shape of the kernels that all libraries share.
struct AttentionShared {
  double softmax_dims = 0.0;  ///< exponentials, in head dimensions per TFLOP/s of one SM
};

struct AttentionLibraries {
  AttentionShared shared;
  std::vector<AttentionLibrary> kernels;
  std::vector<FitNote> fits;
  Source source;
  Confidence confidence = Confidence::kUnverified;

  /// The row of a kernel by the name of lists, or null.
  [[nodiscard]] const AttentionLibrary* find(std::string_view architecture,
                                             std::string_view name) const;
};

/// Reads a file of schema gpusize.attention-kernels/v1. Nothing when it has errors.
std::optional<AttentionLibraries> read_attention_libraries(const Document& document,
                                                           Diagnostics& out);

}  // namespace gpusize
