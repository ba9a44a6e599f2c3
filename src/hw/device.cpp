#include "gpusize/hw/device.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/core/check.hpp"
#include "gpusize/hw/blend.hpp"

namespace gpusize {
namespace {

constexpr double kTile = 128.0 * 128.0;  // output tile of one thread block in large GEMMs

constexpr double kReferenceHead = 128.0;  // head dimension that flop_fraction was fitted at
constexpr double kLoneTokenBytes = 2.0 * kReferenceHead * 2.0;  // key and value in 16 bits
constexpr double kSplitBelow = 1.6;   // blocks per SM up to which FlashAttention-2 splits keys
constexpr double kLatentBlend = 3.0;  // latent attention nears both roofs at once

Dtype nearest_rates(const GemmRates& rates, Dtype dtype) {
  if (rates.by_dtype.contains(dtype)) return dtype;
  return bits_of(dtype) <= 8.0 && rates.by_dtype.contains(Dtype::kFp8) ? Dtype::kFp8 : Dtype::kBf16;
}

/// Kernels whose operands carry block or row scales are slower than plain ones of their format.
double scale_cost(const KernelWork& work, const GemmDtypeRates& rates, Dtype compute) {
  const bool scaled = bits_of(work.weight) < 16.0 && bits_of(compute) < 16.0;
  return scaled ? rates.scaled_fraction : 1.0;
}

}  // namespace

std::string_view name_of(Bound bound) {
  switch (bound) {
    case Bound::kCompute: return "compute";
    case Bound::kMemory: return "memory";
    case Bound::kNetwork: return "network";
    case Bound::kLaunch: return "launch";
  }
  return "launch";
}

bool reads_lone_heads(const AttentionShape& shape, const KernelStyle& style) {
  if (style.packed_heads <= 0.0 || shape.shared_kv) return false;
  const bool packs = shape.query_heads > shape.kv_heads &&
                     shape.query_heads == style.packed_heads * shape.kv_heads;
  return !packs || shape.qk_dim != kReferenceHead || shape.v_dim != kReferenceHead;
}

Device::Device(const GpuSpec& gpu, const KernelRates& rates) : gpu_(&gpu), rates_(&rates) {
  bandwidth_ = gpu.memory_bandwidth.in(units::B_per_s);
  units_ = gpu.compute_units.value_or(64.0);
  l2_bytes_ = gpu.l2_cache ? gpu.l2_cache->in(units::B) : 0.0;
  for (const auto& [dtype, peak] : gpu.dense_peaks) {
    FormatRates& format = formats_[static_cast<std::size_t>(dtype)];
    format.present = true;
    format.peak_flop_per_s = peak.in(units::FLOP_per_s);
    const auto found = rates.gemm.by_dtype.find(nearest_rates(rates.gemm, dtype));
    if (found != rates.gemm.by_dtype.end()) format.rates = found->second;
  }
  const auto sixteen = format(Dtype::kBf16).present ? format(Dtype::kBf16) : format(Dtype::kFp16);
  if (rates.gemm.reference_unit_tflops > 0.0 && sixteen.present) {
    unit_ratio_ =
        std::min(1.0, sixteen.peak_flop_per_s / units_ / (rates.gemm.reference_unit_tflops * 1e12));
  }
  if (rates.gemm.reference_gflops_per_watt > 0.0 && sixteen.present && gpu.tdp) {
    const double per_watt = sixteen.peak_flop_per_s / gpu.tdp->in(units::W);
    power_ratio_ = std::min(2.0, per_watt / (rates.gemm.reference_gflops_per_watt * 1e9));
  }
  // The two four-bit block formats run on the same units.
  FormatRates& mxfp4 = formats_[static_cast<std::size_t>(Dtype::kMxfp4)];
  if (!mxfp4.present) mxfp4 = formats_[static_cast<std::size_t>(Dtype::kNvfp4)];
}

Dtype Device::compute_format(Dtype wanted) const {
  const auto has = [&](Dtype d) { return format(d).present; };
  if (has(wanted)) return wanted;
  if (has(Dtype::kBf16)) return Dtype::kBf16;
  if (has(Dtype::kFp16)) return Dtype::kFp16;
  return Dtype::kFp32;
}

KernelTime Device::time(const KernelWork& work, const KernelStyle& style) const {
  if (work.quantises && compute_format(work.compute) != work.compute) return {};  // nothing to run
  KernelTime out;
  switch (work.cls) {
    case KernelClass::kGemm: out = gemm(work, style); break;
    case KernelClass::kGroupedGemm: out = grouped_gemm(work, style); break;
    case KernelClass::kPrefillAttention: out = prefill_attention(work, style); break;
    case KernelClass::kDecodeAttention: out = decode_attention(work, style); break;
    case KernelClass::kMemory: out = memory(work, style); break;
    case KernelClass::kCollective:
      out = collective_time(*gpu_, *rates_, work.collective, style.one_shot_limit);
      out.time += style.collective_wait;
      break;
  }
  // Without graphs the host feeds kernels one by one: a kernel cannot take less than that.
  if (style.eager_launch > Seconds{}) {
    const Seconds floor = work.launches * style.eager_launch;
    if (out.time < floor) out = {floor, Bound::kLaunch};
  }
  return out;
}

bool Device::widens(const KernelWork& work) const {
  const Dtype compute = compute_format(work.compute);
  if (bits_of(work.weight) >= 8.0 || bits_of(compute) <= bits_of(work.weight)) return false;
  const bool mixes = compute == Dtype::kFp8 && format(Dtype::kNvfp4).present;
  return !mixes || work.weight == Dtype::kInt4;
}

KernelTime Device::gemm(const KernelWork& work, const KernelStyle& style) const {
  const GemmRates& r = rates_->gemm;
  const Dtype dtype = compute_format(work.compute);
  const FormatRates& f = format(dtype);
  GPUSIZE_CHECK(f.present, "a card computes in at least one format");
  const bool eight_bits = dtype == Dtype::kFp8 && work.weight == Dtype::kFp8;
  if (style.row_scaled_gemm && rates_->row_scaled && eight_bits)
    return row_scaled_gemm(work, style);
  const GemmShape& s = work.gemm;
  const double bytes = (work.weight_bytes + work.activation_bytes).in(units::B);
  const double t_memory =
      bytes / (bandwidth_ * f.rates.memory_fraction * (widens(work) ? r.widened_fraction : 1.0));

  const double ideal = 2.0 * s.m * s.n * s.k / f.peak_flop_per_s;
  const double fraction = (1.0 - (1.0 - f.rates.flop_fraction) * unit_ratio_) *
                          scale_cost(work, f.rates, dtype) * style.gemm_rate;
  const double t_compute = 2.0 * (s.k + f.rates.fill_depth * unit_ratio_) *
                           (s.m * s.n + r.tile_fraction * kTile * units_) /
                           (f.peak_flop_per_s * fraction) *
                           throttled(r.duty * power_ratio_ * r.throttle, ideal, r.throttle_time);

  const double depth = s.k / (1.0 + s.k / r.depth_saturation);
  const double start =
      r.launch.in(units::s) + r.per_depth_byte.in(units::s)*depth * bytes_of(dtype);
  const double total = start + blend(t_memory, t_compute, r.blend);
  return {Seconds::from_base(total), bound_of(start, t_memory, t_compute)};
}

KernelTime Device::grouped_gemm(const KernelWork& work, const KernelStyle& style) const {
  if (style.unfused_experts && rates_->unfused_experts && !work.equal_groups)
    return unfused_grouped_gemm(work);
  const GroupedGemmRates& r = rates_->grouped;
  const Dtype dtype = compute_format(work.compute);
  const FormatRates& f = format(dtype);
  const GemmShape& s = work.gemm;
  const double bytes = (work.weight_bytes + work.activation_bytes).in(units::B);
  const double t_memory = bytes / (bandwidth_ * r.memory_fraction *
                                   (widens(work) ? rates_->gemm.widened_fraction : 1.0));
  // Narrow formats lose as much against the 16-bit grouped kernel as their plain GEMM does.
  const double narrow =
      f.rates.flop_fraction / std::max(format(Dtype::kBf16).rates.flop_fraction, 1e-9);
  const double fraction =
      r.flop_fraction * std::min(1.0, narrow) * scale_cost(work, f.rates, dtype) * style.gemm_rate;
  const double ideal = 2.0 * s.m * s.n * s.k / f.peak_flop_per_s;
  const double t_compute = 2.0 * (s.k + r.fill_depth) * s.n * (s.m + s.groups * r.pad_rows) /
                           (f.peak_flop_per_s * fraction) *
                           throttled(power_ratio_ * r.throttle, ideal, rates_->gemm.throttle_time);
  // Equal groups are one batched GEMM; unequal ones need their offsets first.
  const double start = (work.equal_groups ? rates_->gemm.launch : r.launch).in(units::s);
  return {Seconds::from_base(start + blend(t_memory, t_compute, r.blend)),
          bound_of(start, t_memory, t_compute)};
}

KernelTime Device::prefill_attention(const KernelWork& work, const KernelStyle& style) const {
  const PrefillAttentionRates& r = rates_->prefill;
  const FormatRates& f = format(compute_format(work.compute));
  const AttentionShape& a = work.attention;
  const double dim = 0.5 * (a.qk_dim + a.v_dim);
  const double pairs =
      a.sequences * a.query_heads * a.query_tokens * (a.kv_tokens + r.extra_context);
  const double softmax =
      (dim + r.extra_dim / r.exponentials) * kReferenceHead / (kReferenceHead + r.extra_dim);
  const double t_compute = 4.0 * pairs * softmax / (f.peak_flop_per_s * r.flop_fraction);
  const double t_memory = r.memory_passes * 4.0 * a.sequences * a.query_tokens * dim *
                          (a.query_heads + a.kv_heads) / bandwidth_;
  // Scores that go through memory are not masked: all keys up to the last of the queries at once.
  const double scores = a.sequences * a.query_heads * a.query_tokens *
                        (a.kv_tokens + 0.5 * std::min(a.query_tokens, style.score_rows));
  const double t_scores =
      style.score_bytes.in(units::B)*scores / (bandwidth_ * rates_->memory.memory_fraction);
  const double start = (r.launch + a.kv_read_tokens * r.per_kv_token).in(units::s);
  return {Seconds::from_base(start + t_compute + t_memory + t_scores),
          bound_of(start, t_memory + t_scores, t_compute)};
}

KernelTime Device::unsplit_decode(const KernelWork& work) const {
  const UnsplitDecodeRates& r = *rates_->unsplit_decode;
  const AttentionShape& a = work.attention;
  const double blocks = a.sequences * a.kv_heads;
  const double t_memory =
      (work.kv_bytes + work.activation_bytes).in(units::B) / (bandwidth_ * r.memory_fraction);
  const double walk = (r.per_block + a.kv_read_tokens * 0.5 * (a.qk_dim + a.v_dim) /
                                         kReferenceHead * r.per_block_token)
                          .in(units::s);
  // The kernel splits keys over SMs only while its blocks leave most of the card idle.
  const double t_units = blocks < kSplitBelow * units_ ? 0.0 : blocks / units_ * walk;
  const double t_latency = r.latency.in(units::s)*std::sqrt(a.kv_read_tokens);
  const double stream = std::max(t_memory, t_units);
  const double start = r.launch.in(units::s);
  return {Seconds::from_base(start + std::sqrt(stream * stream + t_latency * t_latency)),
          bound_of(start + t_latency, t_memory, t_units)};
}

/// Every query head reads the keys and values of its group again, through the caches: SMs take
/// their bytes at a rate of their own, which `lone_token` states for a head of 128 in 16 bits. From
/// memory the many blocks stream as plain copies do.
KernelTime Device::lone_decode(const KernelWork& work, const KernelStyle& style) const {
  const DecodeAttentionRates& r = rates_->decode;
  const AttentionShape& a = work.attention;
  const double per_byte = style.lone_token.in(units::s) / kLoneTokenBytes;
  const double t_memory = (work.kv_bytes + work.activation_bytes).in(units::B) /
                          (bandwidth_ * rates_->memory.memory_fraction);
  const double t_units = work.kv_bytes.in(units::B)*a.query_heads / a.kv_heads / units_ * per_byte;
  const double t_blocks = r.per_block.in(units::s)*a.sequences * a.query_heads / units_;
  const double stream = std::max(t_memory, t_units) + t_blocks;
  const double t_latency = r.latency.in(units::s)*std::sqrt(a.kv_read_tokens);
  const double start = r.launch.in(units::s);
  return {Seconds::from_base(start + std::sqrt(stream * stream + t_latency * t_latency)),
          bound_of(start + t_latency, t_memory, t_units)};
}

KernelTime Device::decode_attention(const KernelWork& work, const KernelStyle& style) const {
  const AttentionShape& a = work.attention;
  const bool latent = a.shared_kv;
  if (!latent && style.unsplit_decode && rates_->unsplit_decode) return unsplit_decode(work);
  if (reads_lone_heads(a, style)) return lone_decode(work, style);
  const DecodeAttentionRates& r = latent ? rates_->latent_decode : rates_->decode;
  const FormatRates& f = format(compute_format(work.compute));
  const double blocks = a.sequences * (latent ? a.query_heads : a.kv_heads);
  const double t_memory =
      (work.kv_bytes + work.activation_bytes).in(units::B) / (bandwidth_ * r.memory_fraction);
  const double t_compute = work.flops.in(units::FLOP) / (f.peak_flop_per_s * r.flop_fraction);
  const double t_blocks = r.per_block.in(units::s)*blocks / units_;
  const double stream =
      (latent ? blend(t_memory, t_compute, kLatentBlend) : std::max(t_memory, t_compute)) +
      t_blocks;
  const double t_latency = r.latency.in(units::s)*std::sqrt(a.kv_read_tokens);
  const double start = r.launch.in(units::s);
  return {Seconds::from_base(start + std::sqrt(stream * stream + t_latency * t_latency)),
          bound_of(start + t_latency, t_memory, t_compute)};
}

KernelTime Device::memory(const KernelWork& work, const KernelStyle& style) const {
  const MemoryRates& r = rates_->memory;
  const double kernels = work.quantises ? style.quantise_launches
                         : work.routes  ? style.routing_launches
                                        : style.elementwise_launches;
  const double own = std::min(1.0, kernels);  // the share that is no part of another kernel
  const double bytes = (work.weight_bytes + work.activation_bytes + work.kv_bytes)
                           .in(units::B)*style.elementwise_traffic *
                       own;
  // Operands of a short chain are still in L2: traffic counts in full only beyond its share.
  const double resident = r.l2_fraction * l2_bytes_;
  const double t_memory =
      bytes <= 0.0 ? 0.0 : bytes / (bandwidth_ * r.memory_fraction) * bytes / (bytes + resident);
  const double rows = own * style.row_reduction * work.row_elements;
  double start = (work.launches * kernels * r.launch + rows * r.per_row_element).in(units::s);
  if (style.unfused_experts && rates_->unfused_experts)
    start += unfused_extra(work.experts).in(units::s);
  return {Seconds::from_base(start + t_memory), t_memory > start ? Bound::kMemory : Bound::kLaunch};
}

}  // namespace gpusize
