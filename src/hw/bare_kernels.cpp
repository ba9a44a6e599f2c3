// Kernels as PyTorch runs them one by one, where engines have fused ones of their own.

#include <algorithm>
#include <cmath>

#include "gpusize/hw/blend.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize {
namespace {

constexpr double kTile = 128.0;             // rows and columns of an output tile
constexpr double kTileBytes = 2.0 * kTile;  // of 16-bit weights, per element of k
constexpr double kSortBlock = 1024.0;  // keys that one block sorts; more take passes over memory

}  // namespace

KernelTime Device::row_scaled_gemm(const KernelWork& work, const KernelStyle& style) const {
  const RowScaledGemmRates& r = *rates_->row_scaled;
  const GemmShape& s = work.gemm;
  const double peak = format(Dtype::kFp8).peak_flop_per_s;
  const double fill_depth = format(Dtype::kFp8).rates.fill_depth;
  const double bytes = (work.weight_bytes + work.activation_bytes).in(units::B);
  const double t_memory = bytes / (bandwidth_ * rates_->memory.memory_fraction);
  // Every SM takes whole tiles: a wave costs the same however few of them are left.
  const double waves = std::ceil(std::ceil(s.m / kTile) * std::ceil(s.n / kTile) / units_) * units_;
  const double fraction = style.fast_sums ? r.fast_flop_fraction : r.flop_fraction;
  const double ideal = 2.0 * s.m * s.n * s.k / peak;
  const double t_compute = 2.0 * waves * kTile * kTile * (s.k + fill_depth) / (peak * fraction) *
                           throttled(power_ratio_ * r.throttle, ideal, rates_->gemm.throttle_time);
  // Kernels of full sums share no tiles between SMs: each streams at its own pace.
  const double t_stream = style.fast_sums || !rates_->unfused_experts
                              ? 0.0
                              : work.weight_bytes.in(units::B) / units_ *
                                    rates_->unfused_experts->per_depth.in(units::s) / kTileBytes;
  const double start = rates_->gemm.launch.in(units::s);
  const double busy =
      blend(t_memory, blend(t_compute, t_stream, rates_->gemm.blend), rates_->gemm.blend);
  return {Seconds::from_base(start + busy),
          bound_of(start, std::max(t_memory, t_stream), t_compute)};
}

KernelTime Device::unfused_grouped_gemm(const KernelWork& work) const {
  const UnfusedExpertRates& r = *rates_->unfused_experts;
  const GroupedGemmRates& grouped = rates_->grouped;
  const GemmShape& s = work.gemm;
  const double peak = format(compute_format(work.compute)).peak_flop_per_s;
  const double bytes = (work.weight_bytes + work.activation_bytes).in(units::B);
  const double t_memory = bytes / (bandwidth_ * grouped.memory_fraction);
  const double ideal = 2.0 * s.m * s.n * s.k / peak;
  const double t_compute =
      2.0 * (s.k + grouped.fill_depth) * s.n * (s.m + s.groups * r.pad_rows) /
      (peak * grouped.flop_fraction) *
      throttled(power_ratio_ * grouped.throttle, ideal, rates_->gemm.throttle_time);
  // One SM streams the weights of a tile of columns at its own pace, whatever the memory could.
  const double walks = std::max(1.0, s.groups * s.n / kTile / units_);
  const double t_walk = walks * s.k * r.per_depth.in(units::s);
  const double start = r.launch.in(units::s);
  const double busy = blend(t_memory, blend(t_compute, t_walk, grouped.blend), grouped.blend);
  return {Seconds::from_base(start + busy), bound_of(start, std::max(t_memory, t_walk), t_compute)};
}

Seconds Device::unfused_extra(const ExpertShape& shape) const {
  const UnfusedExpertRates& r = *rates_->unfused_experts;
  if (shape.copies <= 0.0 && shape.moved_elements <= 0.0) return {};
  const Seconds moving = shape.choices * r.per_choice + shape.moved_elements * r.per_element;
  return shape.copies / (shape.copies + kSortBlock) * r.sort + (1.0 / units_) * moving;
}

}  // namespace gpusize
