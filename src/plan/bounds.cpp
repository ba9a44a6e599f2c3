#include <algorithm>
#include <cmath>

#include "plan/search_space.hpp"

namespace gpusize {
namespace {

/// Largest rate that any GEMM of this card can reach: no kernel time falls below work over it.
double best_flop_rate(const Deployment& d) {
  double best = 0.0;
  for (const auto& [dtype, peak] : d.gpu->dense_peaks) {
    if (dtype == Dtype::kFp32 || dtype == Dtype::kTf32) continue;
    best = std::max(best, peak.in(units::FLOP_per_s));
  }
  double fraction = 0.0;
  for (const auto& [dtype, rates] : d.rates->gemm.by_dtype)
    fraction = std::max(fraction, rates.flop_fraction);
  // Parts with fewer FLOPs per SM than the measured card lose less (hw.gemm.fraction).
  const double lost = (1.0 - std::min(fraction, 1.0)) * Device(*d.gpu, *d.rates).unit_ratio();
  return best * std::max(fraction, 1.0 - lost);
}

double best_byte_rate(const Deployment& d) {
  double fraction = 0.0;
  for (const auto& [dtype, rates] : d.rates->gemm.by_dtype)
    fraction = std::max(fraction, rates.memory_fraction);
  return d.gpu->memory_bandwidth.in(units::B_per_s)*fraction;
}

}  // namespace

std::vector<double> batch_grid(double most) {
  std::vector<double> out;
  double batch = 1.0;
  while (batch < most) {
    out.push_back(batch);
    batch += std::max(1.0, std::floor(batch / 8.0));
  }
  if (most >= 1.0) out.push_back(most);
  return out;
}

double rate_upper_bound(const Deployment& d, const LayoutFacts& facts, const RequestShape& request,
                        double in_flight) {
  const double output = std::max(request.output_tokens, 1.0);
  const double ranks = static_cast<double>(d.layout.dp * d.layout.pp);
  const double running = std::max(in_flight / ranks, 1.0);
  const double shards = static_cast<double>(d.layout.tp * d.layout.dp);
  const double tokens = running * static_cast<double>(d.layout.dp);
  const double flop_rate = best_flop_rate(d);
  const double weights = facts.streamed_weights.in(units::B) / best_byte_rate(d);
  const double decode =
      std::max(weights, 2.0 * facts.layer_parameters * tokens / shards / flop_rate);
  const double prompt = 2.0 * facts.layer_parameters * request.input_tokens / shards / flop_rate;
  // serve.e2e with the least that its terms can be (prefill_extra is at least a quarter of a
  // prompt).
  const double shared_prompts = std::max(1.0, in_flight / ranks * (output - 1.0) / output);
  const double e2e = output * decode + 0.25 * prompt * shared_prompts;
  return e2e > 0.0 ? in_flight / e2e : 1e18;
}

double rate_upper_bound(const Deployment& d, const RequestShape& request, double in_flight) {
  return rate_upper_bound(d,
                          layout_facts(*d.model, d.weights, d.layout, count_parameters(*d.model)),
                          request, in_flight);
}

}  // namespace gpusize
