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
  double flop_fraction = 0.5;
  Seconds per_block;  ///< of one SM: set-up and drain
  Seconds per_token;  ///< of one SM: a sequence's keys are walked by one block, not split
};

/// The attention kernels of one library on one architecture.
struct AttentionLibrary {
  std::string architecture;
  std::string library;
  std::vector<std::string> names;  ///< as lists of timed kernels name it

  Seconds prefill_launch;
  Seconds decode_launch;
  double launch_per_head = 0.0;  ///< growth of decode_launch for 128 dimensions of a head more
  double query_tile = 128.0;     ///< queries of one thread block
  double flop_fraction = 0.5;    ///< of the 16-bit peak, at a head dimension of 128
  double extra_context = 0.0;    ///< set-up of a tile, in keys
  double narrow_speed = 1.0;     ///< of the products in eight bits, against 16
  Seconds conversion;            ///< a kernel of its own between 16-bit queries and a narrow cache
  bool single_tokens = false;    ///< prompts of one token run the prefill kernel, too
  double packed_heads = 0.0;     ///< query heads of a key-value head that share a block; 0: all
  bool packs_windows = true;     ///< also with a sliding window
  bool splits_lone = true;       ///< keys are split over SMs although no heads are packed
  bool splits_narrow = true;     ///< and when the cache is narrow
  Seconds per_block;             ///< of one SM, in decoding: set-up and drain
  double lone_block = 1.0;       ///< factor on it when a block has one query head
  double narrow_block = 1.0;     ///< and when the cache is narrow
  Seconds per_token;             ///< of one SM that walks 128 dimensions of keys on its own
  std::optional<Seconds> latency;  ///< times the root of the keys, unless the architecture's
  double latent_fraction = 0.0;    ///< of the peak, in prefill of latent attention
  bool absorbed = false;           ///< which runs over the latent that all heads share
  double latent_bytes = 1.0;       ///< moved per element of a narrow latent in decoding
  std::optional<LatentDecodeKernel> latent_decode;
};

/// Shape of the kernels that all libraries share.
struct AttentionShared {
  double key_tile = 128.0;
  double softmax_dims = 0.0;   ///< exponentials, in head dimensions per TFLOP/s of one SM
  double memory_passes = 0.0;  ///< reads and writes of Q, K, V and output together
  double last_tile = 0.5;      ///< of the longest tile's walk, what no other tile hides
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
