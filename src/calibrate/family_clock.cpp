#include "calibrate/family_clock.hpp"

#include <algorithm>
#include <cmath>

#include "calibrate/expert_block.hpp"

namespace gpusize::calibrate {
namespace {

constexpr double kHostBlend = 4.0;  // the host and the card overlap but for the last launch

Seconds overlapped(Seconds card, Seconds host) {
  if (host <= Seconds{}) return card;
  const double a = card.in(units::s);
  const double b = host.in(units::s);
  return Seconds::from_base(
      std::pow(std::pow(a, kHostBlend) + std::pow(b, kHostBlend), 1.0 / kHostBlend));
}

}  // namespace

FamilyClock::FamilyClock(const GpuSpec& gpu, const KernelRates& rates,
                         const KernelFamilies& families)
    : rates_(&rates), families_(&families), device_(gpu, rates), clock_(gpu, rates) {}

Seconds FamilyClock::time(const KernelRow& row, const KernelCall& call) const {
  const KernelFamily* family = families_->of(row, rates_->id);
  if (family == nullptr) return clock_.time(call);
  if (row.op == "moe") {
    const auto product = std::find_if(call.works.begin(), call.works.end(), [](const auto& w) {
      return w.cls == KernelClass::kGroupedGemm;
    });
    return expert_block_time(row, *product, device_, *family, families_->experts);
  }
  KernelCall passed = call;
  Seconds quantising;
  for (KernelWork& work : passed.works) {
    if (!work.quantises) continue;
    work.activation_bytes = family->quantise_passes * work.activation_bytes;
    quantising = row.m * family->per_row;
  }
  const Seconds card = clock_.time(passed, family->flop_fraction) + quantising +
                       family->launches * rates_->memory.launch;
  return overlapped(card, family->host);
}

}  // namespace gpusize::calibrate
