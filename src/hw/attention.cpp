#include "gpusize/hw/attention.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gpusize/hw/cached_reads.hpp"
#include "hw/blend.hpp"

namespace gpusize {
namespace {

constexpr double kSixteenBits = 2.0;      // bytes of an activation
constexpr double kReferenceHead = 128.0;  // head dimension that rates are stated at
constexpr double kLatentBlend = 3.0;      // latent attention nears both roofs at once
constexpr double kBlockBlend = 1.5;       // blocks start while others still stream

// Latent attention as DeepSeek-V2 (arXiv:2405.04434, table 1) defines it.
constexpr double kLatentRank = 512.0;
constexpr double kLatentStored = 576.0;  // with the rotary part
constexpr double kExpandedHead = 160.0;  // mean of 192 for scores and 128 for values
constexpr double kAbsorbedHead = 544.0;  // mean of the stored vector and its rank
constexpr double kLatentPairDims = kLatentStored + kLatentRank;

double seconds(Seconds t) { return t.in(units::s); }

double whole(double count, double tile) { return std::ceil(count / tile) * tile; }

double peak_of(const Device& device) {
  return device.format(device.compute_format(Dtype::kBf16)).peak_flop_per_s;
}

double bandwidth_of(const Device& device) {
  return device.gpu().memory_bandwidth.in(units::B_per_s);
}

double cache_bytes(const AttentionCall& call) { return call.narrow_cache ? 1.0 : kSixteenBits; }

/// A conversion of its own between wide queries and a narrow cache.
double conversion(const AttentionLibrary& library, const AttentionCall& call) {
  const bool separate = !call.latent || library.latent_bytes > 1.0;
  const bool mixed = call.narrow_cache && !call.narrow_queries;
  return separate && mixed ? seconds(library.conversion) : 0.0;
}

}  // namespace

double AttentionClock::work_dim(double dim) const {
  const double per_unit = peak_of(*device_) / device_->units() / 1e12;
  const double softmax = shared_->softmax_dims * per_unit;
  return (dim + softmax) * kReferenceHead / (kReferenceHead + softmax);
}

double AttentionClock::prefill(const AttentionLibrary& library, const AttentionCall& call) const {
  const bool absorbed = call.latent && library.absorbed;
  const double head = !call.latent ? call.head_dim : absorbed ? kAbsorbedHead : kExpandedHead;
  const double kv_heads = absorbed ? 0.0 : call.latent ? call.query_heads : call.kv_heads;
  const double tile = library.query_tile;
  // Heads that share the latent fill tiles together.
  const double rows = absorbed ? whole(call.new_tokens * call.query_heads, tile)
                               : whole(call.new_tokens, tile) * call.query_heads;
  const double seen = std::min(call.new_tokens, tile);
  const double window = call.window > 0.0 ? call.window + seen + shared_->key_tile
                                          : std::numeric_limits<double>::infinity();
  const double before = call.keys - call.new_tokens;
  const double mean_keys = std::min({call.keys, before + 0.5 * (call.new_tokens + seen), window}) +
                           library.extra_context;
  const double most_keys = std::min(call.keys, window) + library.extra_context;

  const bool narrow = !call.latent && (call.narrow_queries || call.narrow_cache);
  const double dim = work_dim(narrow ? head / library.narrow_speed : head);
  const double rate =
      peak_of(*device_) * (call.latent ? library.latent_fraction : library.flop_fraction);
  const double all = 4.0 * call.sequences * rows * mean_keys * dim / rate;
  const double longest = 4.0 * tile * most_keys * dim / (rate / device_->units());

  const double bytes =
      2.0 * kSixteenBits * call.sequences * call.new_tokens * head * (call.query_heads + kv_heads);
  const double resident = device_->rates().memory.l2_fraction * device_->l2_bytes();
  const double memory =
      shared_->memory_passes * bytes / bandwidth_of(*device_) * bytes / (bytes + resident);
  return seconds(library.prefill_launch) + conversion(library, call) + all +
         shared_->last_tile * longest + memory;
}

double AttentionClock::decode(const AttentionLibrary& library, const AttentionCall& call) const {
  const DecodeAttentionRates& r = device_->rates().decode;
  const double group = call.query_heads / call.kv_heads;
  const bool packed = group > 1.0 &&
                      (library.packed_heads <= 0.0 || group <= library.packed_heads) &&
                      (call.window <= 0.0 || library.packs_windows);
  const bool lone = group <= 1.0;
  const double heads = packed ? call.kv_heads : call.query_heads;
  const double lanes = call.sequences * heads / device_->units();
  const double keys = call.window > 0.0 ? std::min(call.keys, call.window) : call.keys;

  const double bytes =
      call.sequences * (call.kv_heads * 2.0 * call.head_dim * keys * cache_bytes(call) +
                        2.0 * kSixteenBits * call.query_heads * call.head_dim);
  const CachedReads reads(*device_, l2_gb_s_per_unit_);
  const double memory = reads.seconds(bytes, bytes, r.memory_fraction);
  // Blocks whose keys are not split walk them alone.
  const bool split =
      call.narrow_cache && !library.splits_narrow ? false : packed || (lone && library.splits_lone);
  const double walk = split ? 0.0
                            : seconds(library.per_token) * keys * call.head_dim / kReferenceHead *
                                  std::max(1.0, lanes);
  const double block = seconds(library.per_block) * (packed ? 1.0 : library.lone_block) *
                       (call.narrow_cache ? library.narrow_block : 1.0);
  const double stream = blend(std::max(memory, walk), lanes * block, kBlockBlend);
  const double latency = seconds(library.latency.value_or(r.latency)) * std::sqrt(keys);
  // Kernels are built for heads of 64, 128 and 256 dimensions.
  const double built = std::exp2(std::ceil(std::log2(std::max(64.0, call.head_dim))));
  const double launch = seconds(library.decode_launch) *
                        (1.0 + library.launch_per_head * (built / kReferenceHead - 1.0));
  return launch + conversion(library, call) + std::hypot(stream, latency);
}

double AttentionClock::latent_decode(const AttentionLibrary& library,
                                     const AttentionCall& call) const {
  const DecodeAttentionRates& r = device_->rates().latent_decode;
  const auto& own = library.latent_decode;
  const double element = call.narrow_cache ? library.latent_bytes : kSixteenBits;
  const double bytes = call.sequences * (call.keys * kLatentStored * element +
                                         kSixteenBits * call.query_heads * kLatentPairDims);
  const double memory = bytes / (bandwidth_of(*device_) * r.memory_fraction);
  const double flops = 2.0 * call.sequences * call.query_heads * call.keys * kLatentPairDims;
  const double compute = flops / (peak_of(*device_) * (own ? own->flop_fraction : r.flop_fraction));
  const double blocks =
      call.sequences * (own ? std::ceil(call.query_heads / own->head_tile) : call.query_heads);
  const double lanes = blocks / device_->units();
  double stream = std::pow(std::pow(memory, kLatentBlend) + std::pow(compute, kLatentBlend),
                           1.0 / kLatentBlend) +
                  lanes * seconds(own ? own->per_block : r.per_block);
  if (own) stream = std::max(stream, seconds(own->per_token) * call.keys * std::max(1.0, lanes));
  const double latency = seconds(r.latency) * std::sqrt(call.keys);
  const double launch = seconds(own && own->launch ? *own->launch : r.launch);
  return launch + conversion(library, call) + std::hypot(stream, latency);
}

Seconds AttentionClock::time(const AttentionLibrary& library, const AttentionCall& call) const {
  if (call.decode)
    return Seconds::from_base(call.latent ? latent_decode(library, call) : decode(library, call));
  double time = prefill(library, call);
  // Prompts of one token are decoded, never at more than the prefill kernel costs.
  if (call.new_tokens <= 1.0 && !call.latent && !library.single_tokens)
    time = std::min(time, decode(library, call));
  return Seconds::from_base(time);
}

}  // namespace gpusize
