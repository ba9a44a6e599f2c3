#include "calibrate/kernel_clock.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gpusize::calibrate {
namespace {

constexpr double kBoost = 1.10;     // clocks above that of the datasheet's peak
constexpr double kRounding = 1.02;  // of published bandwidths and times
constexpr double kCaches = 2.0;     // bytes beyond this many L2 caches come from memory

KernelRates back_to_back(const KernelRates& rates) {
  KernelRates out = rates;
  out.gemm.duty = 1.0;
  return out;
}

KernelRates without_scales(KernelRates rates) {
  for (auto& [dtype, format] : rates.gemm.by_dtype) format.scaled_fraction = 1.0;
  return rates;
}

/// Without what a step does for a kernel: operands that are still in the cache, and the engines'
/// own all-reduce beside the library's.
KernelRates isolated(KernelRates rates) {
  rates.memory.l2_fraction = 0.0;
  rates.collective.one_shot.reset();
  return rates;
}

double peak_of(const KernelCall& call, const Device& device) {
  double peak = 0.0;
  for (const KernelWork& work : call.works) {
    if (work.flops <= Flops{}) continue;
    peak = std::max(peak, device.format(device.compute_format(work.compute)).peak_flop_per_s);
    const bool attends =
        work.cls == KernelClass::kPrefillAttention || work.cls == KernelClass::kDecodeAttention;
    // Attention over a narrow cache may multiply in the cache's format.
    if (attends && device.format(Dtype::kFp8).present)
      peak = std::max(peak, device.format(Dtype::kFp8).peak_flop_per_s);
  }
  return peak;
}

}  // namespace

KernelClock::KernelClock(const GpuSpec& gpu, const KernelRates& rates)
    : scaled_rates_(back_to_back(rates)),
      plain_rates_(without_scales(scaled_rates_)),
      isolated_rates_(isolated(plain_rates_)),
      scaled_(gpu, scaled_rates_),
      plain_(gpu, plain_rates_),
      isolated_(gpu, isolated_rates_) {}

Seconds KernelClock::time(const KernelCall& call, double gemm_rate) const {
  const bool lone =
      call.works.size() == 1 && call.main().cls == KernelClass::kMemory && !call.main().quantises;
  const Device& device = lone || call.library ? isolated_ : call.scaled ? scaled_ : plain_;
  KernelStyle style;
  style.unsplit_decode = call.unsplit;
  style.gemm_rate = gemm_rate;
  Seconds total;
  for (const KernelWork& work : call.works) total += device.time(work, style).time;
  return total;
}

std::optional<std::string> beats_physics(const KernelCall& call, const GpuSpec& gpu,
                                         const KernelRates& rates, Seconds measured) {
  const Device device(gpu, rates);
  const double seconds = measured.in(units::s);
  double flops = 0.0;
  double read = 0.0;
  for (const KernelWork& work : call.works) {
    flops += work.flops.in(units::FLOP);
    read += (work.weight_bytes + work.kv_bytes).in(units::B);
  }
  if (call.works.size() == 1 && call.main().cls == KernelClass::kMemory)
    read = call.main().activation_bytes.in(units::B);
  const double peak = peak_of(call, device);
  if (peak > 0.0 && flops / seconds > kBoost * peak) {
    return fmt::format("{:.0f} TFLOP/s, the card's dense peak is {:.0f}", flops / seconds / 1e12,
                       peak / 1e12);
  }
  const double bandwidth = gpu.memory_bandwidth.in(units::B_per_s);
  const double cache = gpu.l2_cache ? gpu.l2_cache->in(units::B) : 0.0;
  if (read > kCaches * cache && read / seconds > kRounding * bandwidth) {
    return fmt::format("{:.0f} GB/s, the card's memory moves {:.0f}", read / seconds / 1e9,
                       bandwidth / 1e9);
  }
  const CollectiveShape& c = call.main().collective;
  if (call.main().cls == KernelClass::kCollective && c.ranks > 1) {
    const double ranks = static_cast<double>(c.ranks);
    const bool send = c.kind == CollectiveKind::kSendReceive;
    const double wire = c.message.in(units::B) * (send ? 1.0 : (ranks - 1.0) / ranks);
    const double link = std::max(gpu.link_per_direction, gpu.host_link).in(units::B_per_s);
    if (link > 0.0 && wire / seconds > kRounding * link) {
      return fmt::format("{:.0f} GB/s over the links, the card's move {:.0f}", wire / seconds / 1e9,
                         link / 1e9);
    }
  }
  return {};
}

}  // namespace gpusize::calibrate
