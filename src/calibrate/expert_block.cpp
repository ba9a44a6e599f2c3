#include "calibrate/expert_block.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gpusize/hw/cached_reads.hpp"

namespace gpusize::calibrate {
namespace {

constexpr double kSixteenBits = 2.0;  // bytes of an activation

double stated(double value) { return value > 0.0 ? value : 1.0; }

/// What one rank's kernels are given.
struct Given {
  double tokens = 0.0;     ///< rows of its input
  double computed = 0.0;   ///< copies that go through its experts
  double elsewhere = 0.0;  ///< copies for other ranks, which passes visit all the same
  double groups = 0.0;
};

Given given(const KernelRow& row, const KernelFamily& family) {
  const ExpertLoad load = expert_load(row);
  const double top_k = stated(row.topk);
  // Lists of some engines hand over only the tokens that reach the rank, and its kernel takes their
  // remote copies for copies of its first expert.
  if (stated(row.ep) > 1.0 && family.takes_remote_copies(row.backend))
    return {load.tokens, load.tokens * top_k, 0.0, load.groups};
  const double others = std::max(0.0, row.tokens * top_k - load.rows);
  return {row.tokens, load.rows, family.all_copies ? others : 0.0, load.groups};
}

/// FLOPs per second of the products.
double product_rate(const KernelWork& product, const Device& device, const KernelFamily& family,
                    const ExpertBlockRates& rates) {
  const Dtype compute = device.compute_format(product.compute);
  const Device::FormatRates& format = device.format(compute);
  const double sixteen = std::max(device.format(Dtype::kBf16).rates.flop_fraction, 1e-9);
  const bool widened = bits_of(product.weight) < 8.0 && bits_of(compute) > bits_of(product.weight);
  const double own = widened ? family.widened_fraction.value_or(rates.widened_fraction)
                             : family.flop_fraction_on(device.rates().id);
  return format.peak_flop_per_s * device.rates().grouped.flop_fraction *
         std::min(1.0, format.rates.flop_fraction / sixteen) * own;
}

}  // namespace

Seconds expert_block_time(const KernelRow& row, const KernelWork& product, const Device& device,
                          const KernelFamily& family, const KernelFamilies& families) {
  const ExpertBlockRates& rates = families.experts;
  const Given g = given(row, family);
  const double width = row.inter / stated(row.tp);
  const bool gated = row.kernel.find("nongated") == std::string::npos;
  const double inner = (gated ? 2.0 : 1.0) * width;
  const GroupedGemmRates& r = device.rates().grouped;
  const double rate = product_rate(product, device, family, rates);
  const double element =
      product.weight_bytes.in(units::B) / (product.gemm.groups * product.gemm.n * product.gemm.k);
  const double input = std::min(kSixteenBits, bytes_of(product.compute));
  const double weights = g.groups * (inner + width) * row.hidden * element;
  const CachedReads reads(device, families.l2_gb_s_per_unit);

  double seconds = family.launches * device.rates().memory.launch.in(units::s) +
                   rates.routing.in(units::s)*std::sqrt(row.tokens * stated(row.topk));
  for (const auto& [n, k] : {std::pair{inner, row.hidden}, std::pair{row.hidden, width}}) {
    const double moved = g.computed * (k * input + n * kSixteenBits);
    seconds += k * rates.per_depth.in(units::s) +
               reads.seconds(g.groups * n * k * element, weights,
                             r.memory_fraction * family.memory_fraction) +
               reads.seconds(moved, moved, r.memory_fraction) +
               2.0 * (k + r.fill_depth) * n * g.computed / rate;
  }
  const double copies = g.computed + g.elsewhere;
  double passes = (copies + g.tokens) * row.hidden * kSixteenBits +
                  g.elsewhere * (inner + row.hidden) * kSixteenBits;
  if (!family.fused_activation) passes += copies * (inner + width) * kSixteenBits;
  if (bits_of(product.compute) < 16.0 && device.compute_format(product.compute) == product.compute)
    passes += (g.tokens * row.hidden + copies * width) * (kSixteenBits + 1.0);
  seconds += reads.seconds(passes, passes, device.rates().memory.memory_fraction);
  return Seconds::from_base(seconds);
}

}  // namespace gpusize::calibrate
