#include <fmt/format.h>

#include "gpusize/tco/cost.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kLicence = "support_nvidia_ai_enterprise";
constexpr Formula kFormula{"tco.vgpu_licence", "usd_per_gpu_year * years", "USD",
                           "one licence per physical GPU, whatever its shares"};

}  // namespace

std::string vgpu_licence_missing(const Catalog& catalog, const GpuSpec& card) {
  if (card.vendor != "nvidia")
    return fmt::format("whether {} needs a licence for vGPU is not known", card.id);
  if (catalog.datacenter_fact(kLicence) == nullptr) return "no licence price is known";
  return {};
}

CardCost cost_with_vgpu(const Catalog& catalog, const GpuSpec& card, CardCost cost, double years) {
  if (!cost.known() || !vgpu_licence_missing(catalog, card).empty()) return cost;
  const DatacenterFact& fact = *catalog.datacenter_fact(kLicence);
  const Why price = why_fact(fact.id, fact.value, fact.unit, NumberKind::kFact, fact.source,
                             fact.confidence, fact.note);
  const Why why = why_formula(
      kFormula, "vGPU licence of one GPU", fact.value * years,
      {{"usd_per_gpu_year", price}, {"years", why_input("years", years, "years", "--years")}});
  cost.assumptions.push_back(price);
  cost.lines.push_back({"vgpu-licence", why->value * units::USD, why});
  cost.per_gpu += cost.lines.back().per_gpu;
  return cost;
}

}  // namespace gpusize
