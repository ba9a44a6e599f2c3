#include "calibrate/tiled_product.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/hw/blend.hpp"

namespace gpusize::calibrate {
namespace {

constexpr double kOutputBytes = 2.0;  // sixteen bits

/// Seconds of one tile for one element of depth.
double per_depth(const ProductTile& tile, const Device& device, const Device::FormatRates& format,
                 double input_bytes, double feed_gb_s) {
  const auto& scaled = device.rates().row_scaled;
  const double alone =
      (scaled ? scaled->flop_fraction : 1.0) * (tile.promotes ? format.rates.scaled_fraction : 1.0);
  const double unit = format.peak_flop_per_s / device.units() * alone;
  const double sums = 2.0 * tile.rows * tile.columns / unit;
  if (feed_gb_s <= 0.0) return sums;
  return std::max(sums, (tile.rows + tile.columns) * input_bytes / (feed_gb_s * 1e9));
}

/// Seconds of the sums: waves of whole tiles, or all SMs at the rate that the card sustains.
double sum_time(const TiledProduct& product, const ProductTile& tile, const KernelFamily& family,
                const Device& device) {
  const GemmShape& s = product.work.gemm;
  const GemmRates& r = device.rates().gemm;
  const Dtype dtype = device.compute_format(product.work.compute);
  const Device::FormatRates& f = device.format(dtype);
  const double tiles = product.batches * std::ceil(s.m / product.batches / tile.rows) *
                       std::ceil(s.n / tile.columns);
  const double depth =
      s.k + (tile.slab > 0.0 ? tile.slab : f.rates.fill_depth * device.unit_ratio());
  const double waves = std::ceil(tiles / device.units()) * depth *
                       per_depth(tile, device, f, bytes_of(dtype), family.feed_gb_s);
  const double fraction = (1.0 - (1.0 - f.rates.flop_fraction) * device.unit_ratio()) *
                          (tile.promotes ? f.rates.scaled_fraction : 1.0) * family.flop_fraction;
  const double ideal = 2.0 * s.m * s.n * s.k / f.peak_flop_per_s;
  const double sustained = 2.0 * s.m * s.n * depth / (f.peak_flop_per_s * fraction) *
                           throttled(device.power_ratio() * r.throttle, ideal, r.throttle_time);
  return std::max(waves, sustained);
}

}  // namespace

Seconds tiled_product_time(const TiledProduct& product, const ProductTile& tile,
                           const KernelFamily& family, const Device& device) {
  const KernelWork& work = product.work;
  const GemmShape& s = work.gemm;
  const Device::FormatRates& f = device.format(device.compute_format(work.compute));
  const double bandwidth = device.gpu().memory_bandwidth.in(units::B_per_s);
  const double written = s.m * s.n * kOutputBytes;
  double moved = (work.weight_bytes + work.activation_bytes).in(units::B) + product.again;
  double after = 0.0;
  if (family.write_fraction > 0.0) {
    const double input = s.m * s.k * bytes_of(device.compute_format(work.compute));
    moved -= work.activation_bytes.in(units::B)*written / (written + input);
    after = (tile.spills ? 2.0 : 1.0) * written / (bandwidth * family.write_fraction);
  }
  const double busy = blend(moved / (bandwidth * f.rates.memory_fraction),
                            sum_time(product, tile, family, device), device.rates().gemm.blend);
  return device.rates().gemm.launch + Seconds::from_base(busy + after);
}

}  // namespace gpusize::calibrate
