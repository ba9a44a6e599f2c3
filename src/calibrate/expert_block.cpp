#include "calibrate/expert_block.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "gpusize/core/text.hpp"

namespace gpusize::calibrate {
namespace {

constexpr double kSixteenBits = 2.0;  // bytes of an activation
constexpr double kSharpness = 6.0;    // of the step from cached to streamed operands

double stated(double value) { return value > 0.0 ? value : 1.0; }

/// How much fuller than the mean the fullest of `ranks` is.
double fullest(double exponent, double tokens, double ranks, double experts_of_rank) {
  const double a = exponent;
  const double top = std::max(1.001, 0.8 * tokens);
  const auto moment = [&](double p) {
    return (1.0 - a) / (p + 1.0 - a) * (std::pow(top, p + 1.0 - a) - 1.0) /
           (std::pow(top, 1.0 - a) - 1.0);
  };
  const double mean = moment(1.0);
  const double deviation = std::sqrt(std::max(0.0, moment(2.0) / (mean * mean) - 1.0));
  // Expected maximum of that many normal numbers (2 to 256: within 0.07).
  const double maximum = std::sqrt(2.0 * std::log(ranks)) - 0.58;
  return std::min(top / mean, 1.0 + deviation * maximum / std::sqrt(experts_of_rank));
}

/// Seconds per byte of operands of which `bytes` are in use again and again.
struct Stream {
  const Device* device;
  const ExpertBlockRates* rates;
  [[nodiscard]] double seconds(double moved, double bytes, double fraction) const {
    const double memory = device->gpu().memory_bandwidth.in(units::B_per_s)*fraction;
    const double cache = std::max(memory, rates->l2_gb_s_per_unit * 1e9 * device->units());
    if (device->l2_bytes() <= 0.0) return moved / memory;
    const double missed = std::pow(bytes / device->l2_bytes(), kSharpness);
    const double hit = 1.0 / (1.0 + missed);
    return moved * ((1.0 - hit) / memory + hit / cache);
  }
};

}  // namespace

ExpertLoad expert_load(const KernelRow& row) {
  constexpr std::string_view kPowerLaw = "power_law_";
  const double experts = stated(row.experts);
  const double top_k = stated(row.topk);
  const double ranks = stated(row.ep);
  const double local = experts / ranks;
  const double copies = row.tokens * top_k;
  double slowest = 1.0;
  if (row.distribution.starts_with(kPowerLaw) && ranks > 1.0 && copies > experts) {
    const double a = parse_number(row.distribution.substr(kPowerLaw.size())).value_or(0.0);
    // Where a moment's closed form has a pole, the exponent beside it says the same.
    slowest = fullest(std::abs(a - 1.0) < 1e-6 ? 1.0 + 1e-6 : a, row.tokens, ranks, local);
  }
  const double rows = std::min(std::max(1.0, copies / ranks * slowest),
                               std::max(1.0, row.tokens * std::min(local, top_k)));
  return {rows, std::min(local, rows)};
}

Seconds expert_block_time(const KernelRow& row, const KernelWork& product, const Device& device,
                          const KernelFamily& family, const ExpertBlockRates& rates) {
  const ExpertLoad load = expert_load(row);
  const double width = row.inter / stated(row.tp);
  const bool gated = row.kernel.find("nongated") == std::string::npos;
  const double inner = (gated ? 2.0 : 1.0) * width;
  const Dtype compute = device.compute_format(product.compute);
  const Device::FormatRates& format = device.format(compute);
  const GroupedGemmRates& r = device.rates().grouped;
  const double sixteen = std::max(device.format(Dtype::kBf16).rates.flop_fraction, 1e-9);
  const bool widened = bits_of(product.weight) < 8.0 && bits_of(compute) > bits_of(product.weight);
  const double rate = format.peak_flop_per_s * r.flop_fraction *
                      std::min(1.0, format.rates.flop_fraction / sixteen) *
                      (widened ? rates.widened_fraction : family.flop_fraction);
  const double element =
      product.weight_bytes.in(units::B) / (product.gemm.groups * product.gemm.n * product.gemm.k);
  const double input = std::min(kSixteenBits, bytes_of(product.compute));
  const double weights = load.groups * (inner + width) * row.hidden * element;
  const double memory = r.memory_fraction * rates.memory_gain * family.memory_fraction;
  const Stream stream{&device, &rates};

  const double all = row.tokens * stated(row.topk);
  const double elsewhere = family.all_copies ? std::max(0.0, all - load.rows) : 0.0;
  const double copies = load.rows + elsewhere;
  double seconds = family.launches * device.rates().memory.launch.in(units::s) +
                   rates.routing.in(units::s)*std::sqrt(all);
  for (const auto& [n, k] : {std::pair{inner, row.hidden}, std::pair{row.hidden, width}}) {
    const double moved = load.rows * (k * input + n * kSixteenBits);
    seconds += stream.seconds(load.groups * n * k * element, weights, memory) +
               stream.seconds(moved, moved, r.memory_fraction) +
               2.0 * (k + r.fill_depth) * n * load.rows / rate;
  }
  double passes = (copies + row.tokens) * row.hidden * kSixteenBits +
                  elsewhere * (inner + row.hidden) * kSixteenBits;
  if (!family.fused_activation) passes += copies * (inner + width) * kSixteenBits;
  if (bits_of(product.compute) < 16.0 && compute == product.compute)
    passes += (row.tokens * row.hidden + copies * width) * (kSixteenBits + 1.0);
  seconds += stream.seconds(passes, passes, device.rates().memory.memory_fraction);
  return Seconds::from_base(seconds);
}

}  // namespace gpusize::calibrate
