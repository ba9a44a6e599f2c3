#pragma once
// What a fleet of one card costs over its life: linear in GPUs and hours, line by line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/derivation.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// What the user chose.
struct CostChoice {
  PriceBasis basis = PriceBasis::kOnDemand;
  std::string tier;  ///< empty: the default order of tiers
  std::string region = "USA";
  double years = 3.0;
};

/// One cost of one GPU over the whole period, with its reason. Amounts of a fleet are these times
/// its GPUs, exactly.
struct CostLine {
  std::string id;  ///< `rent`, `purchase`, `energy`, ...
  Usd per_gpu;
  Why why;
};

/// Cost of one GPU of a card over the period; nothing when no price is known.
struct CardCost {
  std::vector<CostLine> lines;
  Usd per_gpu;  ///< sum of the lines
  Seconds period;
  Watts power_per_gpu;  ///< IT power with its share of the host, before PUE
  Why power_why;
  double pue = 1.0;
  Why pue_why;
  std::string rule;              ///< how the price was chosen
  std::string missing;           ///< why there is no price; empty when there is one
  std::vector<Why> assumptions;  ///< every fact used, for the report's list

  [[nodiscard]] bool known() const { return missing.empty(); }
  [[nodiscard]] UsdPerSec rate_per_gpu() const { return per_gpu / period; }
};

/// Prices one GPU of `gpu`.
CardCost cost_of_card(const Catalog& catalog, const GpuSpec& gpu, const CostChoice& choice);

/// The card with what its sharing by vGPU is licensed for, at list price (NVIDIA licenses AI
/// Enterprise by the physical GPU). Unchanged where no licence is known to be needed or priced.
CardCost cost_with_vgpu(const Catalog& catalog, const GpuSpec& card, CardCost cost, double years);
/// Why the licence is not in that cost; empty when it is, or none is needed.
std::string vgpu_licence_missing(const Catalog& catalog, const GpuSpec& card);

/// The cost of one of `parts` equal slices of a card that are all in use.
CardCost cost_of_slice(const CardCost& card, std::int64_t parts);

std::span<const Formula> tco_formulas();

}  // namespace gpusize
