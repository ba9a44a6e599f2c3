#include "gpusize/hw/attention.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/hw/cached_reads.hpp"
#include "hw/blend.hpp"
#include "hw/library_prefill.hpp"

namespace gpusize {
namespace {

constexpr double kSixteenBits = 2.0;      // bytes of an activation
constexpr double kReferenceHead = 128.0;  // head dimension that rates are stated at
constexpr double kLatentBlend = 3.0;      // latent attention nears both roofs at once
constexpr double kBlockBlend = 1.5;       // blocks start while others still stream

// Latent attention as DeepSeek-V2 (arXiv:2405.04434, table 1) defines it.
constexpr double kLatentRank = 512.0;
constexpr double kLatentStored = 576.0;  // with the rotary part
constexpr double kLatentPairDims = kLatentStored + kLatentRank;

double seconds(Seconds t) { return t.in(units::s); }

double peak_of(const Device& device) {
  return device.format(device.compute_format(Dtype::kBf16)).peak_flop_per_s;
}

double bandwidth_of(const Device& device) {
  return device.gpu().memory_bandwidth.in(units::B_per_s);
}

double cache_bytes(const AttentionCall& call) { return call.narrow_cache ? 1.0 : kSixteenBits; }

}  // namespace

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
  return launch + attention_conversion(library, call) + std::hypot(stream, latency);
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
  const double block = seconds(own ? own->per_block : r.per_block);
  double stream = blend(memory, compute, kLatentBlend);
  if (own && own->splits > 0.0) {
    const bool lone = call.query_heads <= 1.0;
    const double token = seconds(lone ? own->lone_token : own->per_token);
    const double waves = std::ceil(blocks * own->splits / device_->units());
    stream = std::max(stream, waves * (token * call.keys + block));
  } else {
    stream += lanes * block;
    if (own) stream = std::max(stream, seconds(own->per_token) * call.keys * std::max(1.0, lanes));
  }
  const double latency = seconds(r.latency) * std::sqrt(call.keys);
  const double launch = seconds(r.launch);
  const double conversion =
      library.latent_bytes > 1.0 ? attention_conversion(library, call) : 0.0;
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
  return Seconds::from_base(blend(card_time(library, call), seconds(library.host), kHostBlend));
}

}  // namespace gpusize
