#include "calibrate/family_clock.hpp"

#include <algorithm>
#include <cmath>

#include "calibrate/expert_block.hpp"
#include "calibrate/tiled_product.hpp"
#include "gpusize/hw/cached_reads.hpp"
#include "gpusize/hw/host_time.hpp"

namespace gpusize::calibrate {
namespace {

constexpr double kCopyPasses = 2.0;  // read and written

/// What a card of a timed list has of its host link, once more than two talk: hosts share paths.
LinkShares shares_of_link(const KernelRow& row, const GpuSpec& gpu, const CollectiveShape& shape,
                          const KernelFamilies& families) {
  if (!over_host_links(gpu) || row.backend.empty()) return {};
  const auto host = families.pcie_sharing.find(gpu.architecture);
  return host == families.pcie_sharing.end() ? LinkShares{} : host->second.of(shape);
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
    const double rotated = families_->rotated(row, weights, reads.capacity());
    const auto moved = [&](double bytes, double in_use) {
      return memory * Seconds::from_base(reads.seconds(bytes, in_use, fraction));
    };
    work.weight_bytes = moved(weights, rotated + activations);
    work.activation_bytes = moved(activations, weights + activations);
  }
  return call;
}

Seconds FamilyClock::time(const KernelRow& row, const KernelCall& call) const {
  const KernelFamily* family = families_->of(row, rates_->kernels_of);
  const CollectiveShape& collective = call.main().collective;
  const LinkShares shares = shares_of_link(row, device_.gpu(), collective, *families_);
  Seconds extra;
  if (!row.backend.empty()) {
    extra =
        protocol_extra(collective, device_.gpu(), shares, rates_->collective, families_->protocols);
  }
  if (shares.plain == 1.0) return with_family(row, call, family, clock_) + extra;
  GpuSpec gpu = device_.gpu();
  gpu.host_link = shares.plain * gpu.host_link;
  return with_family(row, call, family, KernelClock(gpu, *rates_)) + extra;
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
  Seconds extra = family->launches * rates_->memory.launch;
  for (KernelWork& work : passed.works) {
    if (!work.quantises) continue;
    work.activation_bytes = family->quantise_passes * work.activation_bytes;
    if (family->reduced_elements)
      work.row_elements = std::min(work.row_elements, *family->reduced_elements);
    extra += row.m * family->per_row;
  }
  if (loops) extra += take_tiled(row, *family, passed);
  if (family->copies_message) {
    extra += kCopyPasses * call.main().collective.message /
             (rates_->memory.memory_fraction * device_.gpu().memory_bandwidth);
  }
  return beside_host(clock.time(passed, family->flop_fraction) + extra,
                     families_->call_factor(device_.gpu()) * family->host);
}

Seconds FamilyClock::take_tiled(const KernelRow& row, const KernelFamily& family,
                                KernelCall& from) const {
  const auto at = std::find_if(from.works.begin(), from.works.end(),
                               [](const auto& w) { return w.cls == KernelClass::kGemm; });
  if (at == from.works.end()) return {};
  TiledProduct product{*at, row.op == "mla_bmm" ? std::max(1.0, row.q_heads) : 1.0, 0.0};
  const GemmShape& s = at->gemm;
  const ProductTile* tile =
      families_->product_tiles.find(row, rates_->kernels_of, s.m / product.batches, s.n);
  if (tile == nullptr) return {};
  if (tile->walks) {
    const Dtype dtype = device_.compute_format(at->compute);
    const double fraction = device_.format(dtype).rates.memory_fraction;
    const double rows = s.m * s.k * bytes_of(dtype);
    const double again = rows * (std::ceil(s.n / tile->columns) - 1.0);
    const CachedReads reads(device_, families_->l2_gb_s_per_unit);
    const double missed =
        reads.seconds(again, rows, fraction) - reads.seconds(again, 0.0, fraction);
    product.again = missed * fraction * device_.gpu().memory_bandwidth.in(units::B_per_s);
  }
  from.works.erase(at);
  return tiled_product_time(product, *tile, family, device_);
}

}  // namespace gpusize::calibrate
