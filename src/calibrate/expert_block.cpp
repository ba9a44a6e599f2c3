#include "calibrate/expert_block.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "calibrate/kernel_work.hpp"
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
  double tiled = 0.0;  ///< rows of the tiles that hold the copies
  ExpertTile tile;
};

Given given(const KernelRow& row, const std::string& architecture, const KernelFamily& family,
            const ExpertLists& lists) {
  const ExpertLoad load = expert_load(row, lists.dealing(row.backend));
  const double top_k = stated(row.topk);
  // Lists of some engines hand over only the tokens that reach the rank, and its kernel takes their
  // remote copies for copies of its first expert.
  const bool remote = stated(row.ep) > 1.0 && family.takes_remote_copies(row.backend);
  Given g;
  g.tokens = remote ? load.tokens : row.tokens;
  g.computed = remote ? load.tokens * top_k : load.rows;
  const double others = std::max(0.0, row.tokens * top_k - load.rows);
  g.elsewhere = family.all_copies && !remote ? others : 0.0;
  g.groups = load.groups;
  g.tile = lists.tile(row, architecture, g.tokens);
  g.tiled = load.padded(g.tile.rows, g.computed - load.rows);
  return g;
}

/// A block's layer as the formulas need it.
struct Block {
  double hidden = 0.0;
  double width = 0.0;    ///< of an expert on this rank
  double inner = 0.0;    ///< outputs of its first product
  double input = 0.0;    ///< bytes of an operand that is no weight
  double element = 0.0;  ///< bytes of a weight with its scales
  bool quantises = false;
};

Block block_of(const KernelRow& row, const KernelWork& product, const Device& device,
               const KernelFamily& family) {
  Block b;
  b.hidden = row.hidden;
  b.width = row.inter / stated(row.tp);
  b.inner = (has_gate(row) ? 2.0 : 1.0) * b.width;
  b.input = std::min(kSixteenBits, bytes_of(product.compute));
  b.element = family.widens_weights ? kSixteenBits
                                    : product.weight_bytes.in(units::B) /
                                          (product.gemm.groups * product.gemm.n * product.gemm.k);
  b.quantises =
      bits_of(product.compute) < 16.0 && device.compute_format(product.compute) == product.compute;
  return b;
}

/// FLOPs per second of the products. Units that multiply the stored format itself widen nothing.
double product_rate(const KernelWork& product, const Device& device, const KernelFamily& family,
                    const ExpertBlockRates& rates) {
  const Dtype compute = device.compute_format(product.compute);
  const Device::FormatRates& format = device.format(compute);
  const double sixteen = std::max(device.format(Dtype::kBf16).rates.flop_fraction, 1e-9);
  const bool widened =
      bits_of(product.weight) < 8.0 && bits_of(compute) >= 16.0 && !family.widens_weights;
  double own =
      widened ? family.widened_fraction.value_or(rates.widened_fraction) : family.flop_fraction;
  if (family.mma_sync) {
    const double unit = format.peak_flop_per_s / device.units();
    own *= std::min(1.0, rates.mma_sync_unit_tflops * 1e12 / unit);
  }
  return format.peak_flop_per_s * device.rates().grouped.flop_fraction *
         std::min(1.0, format.rates.flop_fraction / sixteen) * own;
}

/// Seconds to load the operands of a product's tiles, all SMs at work or one tile after another.
double feed_time(const Given& g, const Block& b, double n, double k, const Device& device,
                 const ExpertBlockRates& rates) {
  const auto feed = rates.feed_gb_s.find(device.rates().kernels_of);
  if (g.tile.columns <= 0.0 || feed == rates.feed_gb_s.end()) return 0.0;
  const double tiles = g.tiled / g.tile.rows * std::ceil(n / g.tile.columns);
  const double bytes = (g.tile.rows * b.input + g.tile.columns * b.element) * k;
  return std::max(1.0, tiles / device.units()) * bytes / (feed->second * 1e9);
}

/// Bytes of the passes around the products.
double pass_bytes(const Given& g, const Block& b, const KernelFamily& family) {
  const double copies = g.computed + g.elsewhere;
  double passes = (copies + g.tokens) * b.hidden * kSixteenBits +
                  g.elsewhere * (b.inner + b.hidden) * kSixteenBits;
  if (!family.fused_activation) passes += copies * (b.inner + b.width) * kSixteenBits;
  if (b.quantises) {
    const double rows = family.quantises_copies ? g.computed : g.tokens;
    passes += (rows * b.hidden + copies * b.width) * (kSixteenBits + 1.0);
  }
  if (family.permutes) {
    const double written = family.quantises_copies ? kSixteenBits : b.input;
    passes += g.computed * b.hidden * (kSixteenBits + written);
  }
  return passes;
}

}  // namespace

Seconds expert_block_time(const KernelRow& row, const KernelWork& product, const Device& device,
                          const KernelFamily& family, const KernelFamilies& families) {
  const ExpertBlockRates& rates = families.experts;
  const Given g = given(row, device.rates().kernels_of, family, families.lists);
  const Block b = block_of(row, product, device, family);
  const GroupedGemmRates& r = device.rates().grouped;
  const double rate = product_rate(product, device, family, rates);
  const double fill = family.fill_depth.value_or(r.fill_depth);
  const double weights = g.groups * (b.inner + b.width) * b.hidden * b.element;
  const auto own = rates.memory_fractions.find(device.rates().kernels_of);
  const double memory = r.memory_fraction * family.memory_fraction *
                        (own == rates.memory_fractions.end() ? 1.0 : own->second);
  const CachedReads reads(device, families.l2_gb_s_per_unit);

  const double per_depth = family.per_depth.value_or(rates.per_depth).in(units::s) *
                           (family.depth_by_bytes ? b.input / kSixteenBits : 1.0);

  double seconds =
      family.launches * device.rates().memory.launch.in(units::s) +
      row.experts / stated(row.ep) * family.per_expert.in(units::s) +
      family.routing.value_or(rates.routing).in(units::s)*std::sqrt(g.tokens * stated(row.topk));
  for (const auto& [n, k] : {std::pair{b.inner, b.hidden}, std::pair{b.hidden, b.width}}) {
    const double moved = g.computed * (k * b.input + n * kSixteenBits);
    const double read = reads.seconds(g.groups * n * k * b.element, weights, memory) +
                        reads.seconds(moved, moved, memory);
    const double compute = 2.0 * (k + fill) * n * g.tiled / rate;
    const double feed = feed_time(g, b, n, k, device, rates);
    seconds +=
        k * per_depth + std::pow(std::pow(read, rates.blend) + std::pow(compute, rates.blend) +
                                     std::pow(feed, rates.blend),
                                 1.0 / rates.blend);
  }
  const double passes = pass_bytes(g, b, family);
  seconds += reads.seconds(passes, passes, device.rates().memory.memory_fraction);
  return Seconds::from_base(seconds);
}

}  // namespace gpusize::calibrate
