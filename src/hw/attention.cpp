#include "gpusize/hw/attention.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/hw/blend.hpp"
#include "gpusize/hw/cached_reads.hpp"
#include "gpusize/hw/host_time.hpp"
#include "hw/attention_parts.hpp"
#include "hw/library_prefill.hpp"

namespace gpusize {

using namespace attention_parts;

namespace {

constexpr double kLatentBlend = 3.0;       // latent attention nears both roofs at once
constexpr double kBlockBlend = 1.5;        // blocks start while others still stream
constexpr double kQueryElements = 1024.0;  // that per_query is stated for
constexpr double kFilled = 0.8;            // share of the SMs from which keys are not split
constexpr double kUnsplitKeys = 512.0;     // four tiles of keys

// Latent attention as DeepSeek-V2 (arXiv:2405.04434, table 1) defines it.
constexpr double kLatentRank = 512.0;
constexpr double kLatentStored = 576.0;  // with the rotary part
constexpr double kLatentPairDims = kLatentStored + kLatentRank;
constexpr double kLatentKeyTile = 64.0;  // keys of a step of a walk
constexpr double kWalkTail = 0.5;        // of a walk, after the others have ended

double seconds(Seconds t) { return t.in(units::s); }

double bandwidth_of(const Device& device) {
  return device.gpu().memory_bandwidth.in(units::B_per_s);
}

/// What SMs need for bytes of a narrow cache where they, not the memory, bound a library's kernels.
double narrow_units(const Device& device, const AttentionLibrary& library,
                    const AttentionCall& call, double bytes) {
  const double rate = library.narrow_unit_rate.in(units::B_per_s);
  return call.narrow_cache && rate > 0.0 ? bytes / (device.units() * rate) : 0.0;
}

double cache_bytes(const AttentionCall& call) { return call.narrow_cache ? 1.0 : kSixteenBits; }

/// Thread blocks of a step: one for the query heads that share a key-value head where the kernel
/// packs them, else one for each query head.
struct Blocks {
  bool packed = false;
  bool lone = false;   ///< no heads share a key-value head
  double heads = 1.0;  ///< query heads of a block
  double count = 1.0;
};

Blocks blocks_of(const DecodeKernel& kernel, const AttentionCall& call) {
  const double group = call.query_heads / call.kv_heads;
  Blocks blocks;
  blocks.lone = group <= 1.0;
  blocks.packed = !blocks.lone && (kernel.packed_heads <= 0.0 || group <= kernel.packed_heads) &&
                  (call.window <= 0.0 || kernel.packs_windows);
  blocks.heads = blocks.packed ? group : 1.0;
  blocks.count = call.sequences * (blocks.packed ? call.kv_heads : call.query_heads);
  return blocks;
}

/// How often an SM walks all keys of a block. Blocks whose keys are split walk them together, as
/// fast as memory gives them; where walks are slower than that, flash-attention splits more than
/// four tiles of keys until the blocks fill the SMs once.
double walkers(const DecodeKernel& kernel, const Blocks& blocks, double lanes, double keys) {
  const bool split = blocks.packed ? kernel.splits_packed : blocks.lone && kernel.splits_lone;
  if (kernel.resident_blocks > 0.0) {
    const bool fills = lanes >= kFilled || keys <= kUnsplitKeys;
    return fills ? std::max(1.0, lanes / kernel.resident_blocks) : lanes;
  }
  return split ? 0.0 : std::max(1.0, lanes);
}

/// Kernels before, beside and after the blocks.
double launches(const DecodeKernel& kernel, const Blocks& blocks, const AttentionCall& call) {
  const double wider = padded_head(call.head_dim) / kReferenceHead - 1.0;
  const double launch = seconds(kernel.launch) * (1.0 + kernel.launch_per_head * wider);
  // One sequence or one key-value head is in order as it is.
  const bool transposed = blocks.packed && call.kv_heads > 1.0 && call.sequences > 1.0;
  const bool skipped = call.window > 0.0 && call.keys > call.window;
  return launch + (transposed ? seconds(kernel.transposes) : 0.0) +
         (skipped ? seconds(kernel.windowed) : 0.0);
}

}  // namespace

double AttentionClock::decode(const AttentionLibrary& library, const AttentionCall& call) const {
  const DecodeAttentionRates& r = device_->rates().decode;
  const DecodeKernel& kernel =
      call.narrow_cache && library.narrow_decode ? *library.narrow_decode : library.decode;
  const Blocks blocks = blocks_of(kernel, call);
  const double lanes = blocks.count / device_->units();
  const double keys = call.window > 0.0 ? std::min(call.keys, call.window) : call.keys;

  const double bytes =
      call.sequences * (call.kv_heads * 2.0 * call.head_dim * keys * cache_bytes(call) +
                        2.0 * kSixteenBits * call.query_heads * call.head_dim);
  const CachedReads reads(*device_, l2_gb_s_per_unit_);
  const double memory = std::max(reads.seconds(bytes, bytes, r.memory_fraction),
                                 narrow_units(*device_, library, call, bytes));
  const double dim = library.pads_heads ? padded_head(call.head_dim) : call.head_dim;
  const double walk = seconds(kernel.per_token) * keys * dim / kReferenceHead *
                      walkers(kernel, blocks, lanes, keys);
  const double block = seconds(kernel.per_block) * (blocks.packed ? 1.0 : kernel.lone_block) +
                       seconds(kernel.per_query) * blocks.heads * call.head_dim / kQueryElements;
  const double stream = blend(std::max(memory, walk), lanes * block, kBlockBlend);
  const double latency = seconds(kernel.latency.value_or(r.latency)) * std::sqrt(keys);
  return launches(kernel, blocks, call) + attention_conversion(library, call) +
         std::hypot(stream, latency);
}

double AttentionClock::latent_decode(const AttentionLibrary& library,
                                     const AttentionCall& call) const {
  const DecodeAttentionRates& r = device_->rates().latent_decode;
  const auto& own = library.latent_decode;
  const double element = call.narrow_cache ? library.latent_bytes : kSixteenBits;
  const double bytes = call.sequences * (call.keys * kLatentStored * element +
                                         kSixteenBits * call.query_heads * kLatentPairDims);
  const double memory = std::max(bytes / (bandwidth_of(*device_) * r.memory_fraction),
                                 narrow_units(*device_, library, call, bytes));
  const double flops = 2.0 * call.sequences * call.query_heads * call.keys * kLatentPairDims;
  const double fraction = own ? own->flop_fraction : r.flop_fraction;
  const double compute = fraction > 0.0 ? flops / (peak_of(*device_) * fraction) : 0.0;
  const double blocks =
      call.sequences * (own ? std::ceil(call.query_heads / own->head_tile) : call.query_heads);
  const double lanes = blocks / device_->units();
  const double block = seconds(own ? own->per_block : r.per_block);
  double stream = blend(memory, compute, kLatentBlend);
  if (own && own->splits > 0.0) {
    const bool lone = call.query_heads <= 1.0;
    const double token = seconds(lone ? own->lone_token : own->per_token);
    const double waves = std::ceil(blocks * own->splits / device_->units());
    stream = std::max(stream, waves * (token * call.keys + block));
  } else {
    if (own) {
      // Blocks share SMs, and half of a walk goes on alone.
      const double walk = seconds(own->per_token) * whole(call.keys, kLatentKeyTile);
      stream = std::max(stream, walk * std::max(1.0, own->loaded * lanes + kWalkTail));
    }
    stream += lanes * block;
  }
  const double latency = seconds(r.latency) * std::sqrt(call.keys);
  const double launch = seconds(own && own->launch ? *own->launch : r.launch);
  const double conversion = library.latent_bytes > 1.0 ? attention_conversion(library, call) : 0.0;
  return launch + conversion + std::hypot(stream, latency);
}

double AttentionClock::card_time(const AttentionLibrary& library, const AttentionCall& call) const {
  if (call.decode) return call.latent ? latent_decode(library, call) : decode(library, call);
  const double time = library_prefill(*device_, *shared_, l2_gb_s_per_unit_, library, call);
  // Prompts of one token are decoded, never at more than the prefill kernel costs.
  if (call.new_tokens <= 1.0 && !call.latent && !library.single_tokens)
    return std::min(time, decode(library, call));
  return time;
}

Seconds AttentionClock::time(const AttentionLibrary& library, const AttentionCall& call) const {
  return beside_host(Seconds::from_base(card_time(library, call)), library.host);
}

}  // namespace gpusize
