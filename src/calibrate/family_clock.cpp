#include "calibrate/family_clock.hpp"

#include <algorithm>
#include <cmath>

#include "calibrate/expert_block.hpp"
#include "gpusize/hw/cached_reads.hpp"
#include "gpusize/hw/host_time.hpp"

namespace gpusize::calibrate {
namespace {

/// As hosts share their paths: on PCIe, a card's part of them falls with the cards.
GpuSpec on_shared_host(GpuSpec gpu, double sharing, double ranks) {
  gpu.host_link = gpu.host_link * std::pow(2.0 / std::max(ranks, 2.0), sharing);
  return gpu;
}

}  // namespace

FamilyClock::FamilyClock(const GpuSpec& gpu, const KernelRates& rates,
                         const KernelFamilies& families)
    : rates_(&rates), families_(&families), device_(gpu, rates), clock_(gpu, rates) {}

KernelCall FamilyClock::looped(const KernelRow& row, KernelCall call) const {
  const CachedReads reads(device_, families_->l2_gb_s_per_unit);
  const double product = (call.main().weight_bytes + call.main().activation_bytes).in(units::B);
  for (KernelWork& work : call.works) {
    if (work.quantises) {
      const double fraction = rates_->memory.memory_fraction;
      const double bytes = work.activation_bytes.in(units::B);
      work.activation_bytes = fraction * device_.gpu().memory_bandwidth *
                              Seconds::from_base(reads.seconds(bytes, bytes + product, fraction));
    }
    if (work.cls != KernelClass::kGemm) continue;
    const double fraction =
        device_.format(device_.compute_format(work.compute)).rates.memory_fraction;
    const BytesPerSec memory = fraction * device_.gpu().memory_bandwidth;
    const double weights = work.weight_bytes.in(units::B);
    const double activations = work.activation_bytes.in(units::B);
    const double rotated = families_->rotated(row, weights, device_.l2_bytes());
    const auto moved = [&](double bytes, double in_use) {
      return memory * Seconds::from_base(reads.seconds(bytes, in_use, fraction));
    };
    work.weight_bytes = moved(weights, rotated + activations);
    work.activation_bytes = moved(activations, weights + activations);
  }
  return call;
}

Seconds FamilyClock::time(const KernelRow& row, const KernelCall& call) const {
  const KernelFamily* family = families_->of(row, rates_->id);
  const CollectiveShape& collective = call.main().collective;
  const bool over_pcie = device_.gpu().topology == LinkTopology::kPcie ||
                         device_.gpu().topology == LinkTopology::kPairBridge;
  if (over_pcie && !row.backend.empty() && collective.ranks > 2) {
    const GpuSpec gpu = on_shared_host(device_.gpu(), families_->pcie_sharing,
                                       static_cast<double>(collective.ranks));
    return with_family(row, call, family, KernelClock(gpu, *rates_));
  }
  return with_family(row, call, family, clock_);
}

Seconds FamilyClock::with_family(const KernelRow& row, const KernelCall& call,
                                 const KernelFamily* family, const KernelClock& clock) const {
  const bool loops = !row.backend.empty() && (row.op == "gemm" || row.op == "mla_bmm");
  if (family == nullptr) return clock.time(loops ? looped(row, call) : call);
  if (row.op == "moe") {
    const auto product = std::find_if(call.works.begin(), call.works.end(), [](const auto& w) {
      return w.cls == KernelClass::kGroupedGemm;
    });
    return expert_block_time(row, *product, device_, *family, *families_);
  }
  KernelCall passed = loops ? looped(row, call) : call;
  Seconds quantising;
  for (KernelWork& work : passed.works) {
    if (!work.quantises) continue;
    work.activation_bytes = family->quantise_passes * work.activation_bytes;
    quantising = row.m * family->per_row;
  }
  const Seconds card = clock.time(passed, family->flop_fraction) + quantising +
                       family->launches * rates_->memory.launch;
  return beside_host(card, family->host);
}

}  // namespace gpusize::calibrate
