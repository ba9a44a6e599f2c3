#include "hw/library_prefill.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gpusize/hw/cached_reads.hpp"
#include "hw/attention_parts.hpp"

namespace gpusize {

using namespace attention_parts;

namespace {

// Latent attention as DeepSeek-V2 (arXiv:2405.04434, table 1) defines it.
constexpr double kExpandedHead = 160.0;  // mean of 192 for scores and 128 for values
constexpr double kAbsorbedHead = 544.0;  // mean of the stored vector and its rank

/// Heads as the kernel sees them: the absorbed form has one key head for all queries and reads no
/// values beside it, the expanded one a key head for each query head.
struct Heads {
  double query = 1.0;
  double kv = 1.0;
  double dim = 128.0;
  double shared = 1.0;  ///< query heads that share a tile
  bool reads_cache = true;
};

Heads heads_of(const AttentionLibrary& library, const AttentionCall& call) {
  if (call.latent && library.absorbed)
    return {call.query_heads, 1.0, kAbsorbedHead, call.query_heads, false};
  if (call.latent) return {call.query_heads, call.query_heads, kExpandedHead, 1.0, true};
  const double group = call.query_heads / call.kv_heads;
  const bool packs = call.narrow_queries ? library.packs_narrow : library.packs_queries;
  return {call.query_heads, call.kv_heads, call.head_dim, packs ? group : 1.0, true};
}

const AttentionTile& tile_of(const AttentionLibrary& library, const AttentionCall& call,
                             const Heads& heads) {
  return library.tile(heads.dim, call.narrow_queries && !call.latent);
}

/// Thread blocks of a call: how many, how many query rows each, and the keys that they walk.
struct Blocks {
  double count = 0.0;
  double rows = 0.0;
  double mean_keys = 0.0;
  double most_keys = 0.0;
};

Blocks blocks_of(const AttentionLibrary& library, const AttentionCall& call, const Heads& heads) {
  const AttentionTile& tile = tile_of(library, call, heads);
  const double rows = call.new_tokens * heads.shared;
  const bool windowed = call.window > 0.0 && library.skips_keys;
  const double keys = windowed && tile.window_keys > 0.0 ? tile.window_keys : tile.keys;
  Blocks blocks;
  blocks.rows = rows <= tile.short_queries ? tile.short_queries : tile.queries;
  blocks.count = std::ceil(rows / blocks.rows) * (heads.query / heads.shared) * call.sequences;
  const double span = std::min(call.new_tokens, std::max(1.0, blocks.rows / heads.shared));
  const double first = whole(call.keys - call.new_tokens + span, keys);
  const double last = whole(call.keys, keys);
  const double window =
      windowed ? whole(call.window + span - 1.0, keys) : std::numeric_limits<double>::infinity();
  blocks.mean_keys = std::min(0.5 * (first + last), window);
  blocks.most_keys = std::min(last, window);
  return blocks;
}

/// How many times faster than in 16 bits the products run.
double narrow_speed(const AttentionLibrary& library, const AttentionTile& tile,
                    const AttentionCall& call) {
  const bool narrow = call.narrow_queries || (call.narrow_cache && !library.widens_cache);
  return call.latent || !narrow ? 1.0 : tile.narrow_speed.value_or(library.narrow_speed);
}

/// Head dimension that costs as much as products and exponentials of one pair together, in units
/// of a head dimension of 128 at the library's rate on the cards that it was fitted on.
double work_dim(const Device& device, const AttentionShared& shared, double dim) {
  const double softmax = shared.softmax_dims * peak_of(device) / device.units() / 1e12;
  return (dim + softmax / device.rates().prefill.exponentials) * kReferenceHead /
         (kReferenceHead + softmax);
}

double products(const Device& device, const AttentionShared& shared,
                const AttentionLibrary& library, const AttentionCall& call, const Heads& heads) {
  const Blocks blocks = blocks_of(library, call, heads);
  const AttentionTile& tile = tile_of(library, call, heads);
  const double built = library.pads_heads ? padded_head(heads.dim) : heads.dim;
  const double dim = work_dim(device, shared, built / narrow_speed(library, tile, call));
  const double fraction =
      call.latent ? library.latent_fraction : tile.flop_fraction.value_or(library.flop_fraction);
  const double unit_rate = peak_of(device) * fraction / device.units();
  const double start = tile.per_tile.value_or(library.per_tile).in(units::s);
  const auto block = [&](double keys) {
    return 4.0 * blocks.rows * keys * dim / unit_rate + start;
  };
  const double longest = block(blocks.most_keys);
  const double all = blocks.count / device.units() * block(blocks.mean_keys);
  // A grid of blocks ends with a long one that has its SM alone; persistent kernels balance them.
  return std::max(library.persistent ? all : all + longest, longest);
}

/// Bytes that move, and those of them that are distinct: queries and output; keys and values in,
/// into the cache and out of it again. A kernel that rotates queries first moves them twice more.
double moves(const Device& device, double l2_gb_s_per_unit, const AttentionLibrary& library,
             const AttentionCall& call, const Heads& heads) {
  const double cache = call.narrow_cache ? 1.0 : kSixteenBits;
  const double copy = call.narrow_queries ? 1.0 : kSixteenBits;
  double query = 2.0 * kSixteenBits;
  double query_moves = query;
  double kv = 2.0 * (kSixteenBits + cache);
  double kv_moves = kv + 2.0 * cache;
  if (call.latent) {
    kv = kv_moves = heads.reads_cache ? 2.0 * kSixteenBits : 0.0;
  } else if (library.rotates_queries) {
    query = kSixteenBits + 2.0 * copy;  // in, the rotated copy, output of the copy's width
    query_moves = query + copy;
  }
  const double elements = call.sequences * call.new_tokens * heads.dim;
  const double moved = elements * (query_moves * heads.query + kv_moves * heads.kv);
  const double used = elements * (query * heads.query + kv * heads.kv);
  const CachedReads reads(device, l2_gb_s_per_unit);
  // Other kernels write the cache first, in another order; those of latents find theirs written.
  return library.memory_passes *
         (call.latent ? reads.seconds(moved, used, 1.0) : reads.mixed_seconds(moved, used, 1.0));
}

/// A kernel that writes keys and values into a narrow cache element by element.
double cache_write(const Device& device, const AttentionLibrary& library,
                   const AttentionCall& call) {
  if (call.latent || !call.narrow_cache) return 0.0;
  const double elements = 2.0 * call.sequences * call.new_tokens * call.kv_heads * call.head_dim;
  return library.per_cache_element.in(units::s)*elements / device.units();
}

}  // namespace

double attention_conversion(const AttentionLibrary& library, const AttentionCall& call) {
  const bool narrows = !call.narrow_queries || library.converts_queries;
  return call.narrow_cache && narrows ? library.conversion.in(units::s) : 0.0;
}

double library_prefill(const Device& device, const AttentionShared& shared, double l2_gb_s_per_unit,
                       const AttentionLibrary& library, const AttentionCall& call) {
  const Heads heads = heads_of(library, call);
  return library.prefill_launch.in(units::s) + attention_conversion(library, call) +
         products(device, shared, library, call, heads) +
         moves(device, l2_gb_s_per_unit, library, call, heads) + cache_write(device, library, call);
}

}  // namespace gpusize
