#include "gpusize/tco/cost.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/default_price.hpp"

namespace gpusize {
namespace {

// All amounts are of one GPU over the whole period.
constexpr std::array<Formula, 8> kFormulas{{
    {"tco.rent", "price_usd_per_hour * hours", "USD", "definition"},
    {"tco.hours", "years * 8765.82", "h", "mean Gregorian year: 365.2425 days"},
    {"tco.purchase", "gpu_price / gpu_share_of_system * min(1, years / life_years)", "USD",
     "straight-line depreciation over the book life"},
    {"tco.network", "purchase / node_share * network_share", "USD", "published cluster breakdown"},
    {"tco.maintenance", "gpu_price / gpu_share_of_system * maintenance_per_year * years", "USD",
     "share of the hardware price per year"},
    {"tco.power", "gpu_watts + host_watts / node_gpus", "W", "datasheet TDP and the host's share"},
    {"tco.energy", "power_w / 1000 * pue * hours * usd_per_kwh", "USD", "metered energy with PUE"},
    {"tco.space", "power_w / 1000 * colo_usd_per_kw_month * years * 12", "USD",
     "rent per kW of IT load, energy apart"},
}};

const Formula& formula(std::string_view id) {
  return *std::find_if(kFormulas.begin(), kFormulas.end(),
                       [&](const Formula& f) { return f.id == id; });
}

const Source kPolicy{"gpusize default", "docs/tco.md", "2026-11-24"};

Why datacenter_why(const Catalog& catalog, std::string_view id) {
  const DatacenterFact* fact = catalog.datacenter_fact(id);
  GPUSIZE_CHECK(fact != nullptr, fmt::format("the catalog ships {}", id));
  return why_fact(fact->id, fact->value, fact->unit, NumberKind::kFact, fact->source,
                  fact->confidence, fact->note);
}

/// Prices one card; every amount is a formula over dated facts.
class CardPricing {
 public:
  CardPricing(const Catalog& catalog, const GpuSpec& gpu, const CostChoice& choice)
      : catalog_(catalog), gpu_(gpu), choice_(choice) {
    out_.period = choice.years * units::year;
    years_ = why_input("years", choice.years, "years", "--years");
    hours_ =
        why_formula(formula("tco.hours"), "hours", choice.years * 8765.82, {{"years", years_}});
  }

  CardCost run() {
    power();
    if (choice_.basis == PriceBasis::kOwned) {
      own();
    } else {
      rent();
    }
    for (const CostLine& line : out_.lines) out_.per_gpu += line.per_gpu;
    return std::move(out_);
  }

 private:
  Why keep(Why why) {
    out_.assumptions.push_back(why);
    return why;
  }

  void add(std::string id, Why why) {
    out_.lines.push_back({std::move(id), why->value * units::USD, why});
  }

  void power() {
    const GpuFact* tdp = gpu_.fact("tdp_w");
    const Why watts =
        tdp != nullptr && tdp->number
            ? why_fact(fmt::format("{}.tdp_w", gpu_.id), *tdp->number, "W", NumberKind::kFact,
                       tdp->source, tdp->confidence, tdp->note)
            : why_fact(fmt::format("{}.tdp_w", gpu_.id), 300.0, "W", NumberKind::kAssumed, kPolicy,
                       Confidence::kUnverified, "no TDP known: 300 W assumed");
    const DatacenterFact* host = catalog_.datacenter_fact("server_power_excl_gpu_kw");
    GPUSIZE_CHECK(host != nullptr, "the catalog ships server_power_excl_gpu_kw");
    const Why host_watts =
        why_fact("server_power_excl_gpu_w", host->value * 1000.0, "W", NumberKind::kFact,
                 host->source, host->confidence, "of a whole host; stated in kW");
    const Why gpus = why_count(fmt::format("{}.node_gpus", gpu_.id),
                               static_cast<double>(gpu_.node_gpus), "cards in one node");
    const double value = watts->value + host_watts->value / gpus->value;
    out_.power_why =
        why_formula(formula("tco.power"), "IT power of one GPU", value,
                    {{"gpu_watts", watts}, {"host_watts", host_watts}, {"node_gpus", gpus}});
    out_.power_per_gpu = value * units::W;
    out_.pue_why = keep(datacenter_why(catalog_, "pue_uptime_2025"));
    out_.pue = out_.pue_why->value;
  }

  void rent() {
    const DefaultPrice found =
        default_price(catalog_, gpu_.id, choice_.basis, choice_.tier, catalog_.as_of());
    if (!found.price) {
      out_.missing = found.reason;
      return;
    }
    out_.rule = found.rule;
    const Why price =
        keep(why_price(found, choice_.basis, fmt::format("{}.price_usd_per_hour", gpu_.id)));
    add("rent", why_formula(formula("tco.rent"), "rent of one GPU", price->value * hours_->value,
                            {{"price_usd_per_hour", price}, {"hours", hours_}}));
  }

  void own() {
    const DefaultPurchase found = default_purchase(catalog_, gpu_.id);
    if (!found.price) {
      out_.missing = found.reason;
      return;
    }
    out_.rule = found.rule;
    const Why price = keep(why_purchase(found, fmt::format("{}.purchase_usd", gpu_.id)));
    const Why share = keep(datacenter_why(catalog_, "nvidia_share_of_system_cost"));
    const Why life = keep(datacenter_why(catalog_, "depreciation_years_amazon_subset"));
    const double system = price->value / share->value;
    const Why purchase = why_formula(formula("tco.purchase"), "server of one GPU",
                                     system * std::min(1.0, choice_.years / life->value),
                                     {{"gpu_price", price},
                                      {"gpu_share_of_system", share},
                                      {"years", years_},
                                      {"life_years", life}});
    add("purchase", purchase);
    const Why node_share = keep(datacenter_why(catalog_, "node_share_h100_4096"));
    const Why network_share = keep(datacenter_why(catalog_, "network_share_h100_4096"));
    add("network", why_formula(formula("tco.network"), "network of one GPU",
                               purchase->value / node_share->value * network_share->value,
                               {{"purchase", purchase},
                                {"node_share", node_share},
                                {"network_share", network_share}}));
    const Why maintenance = keep(datacenter_why(catalog_, "maintenance_pct_hw_per_year_low"));
    add("maintenance", why_formula(formula("tco.maintenance"), "maintenance of one GPU",
                                   system * maintenance->value * choice_.years,
                                   {{"gpu_price", price},
                                    {"gpu_share_of_system", share},
                                    {"maintenance_per_year", maintenance},
                                    {"years", years_}}));
    running();
  }

  void running() {
    const RegionEnergy* region = catalog_.region(choice_.region);
    if (region == nullptr || !region->electricity) {
      out_.missing =
          fmt::format("no price known: no electricity price of region {}", choice_.region);
      return;
    }
    const Why tariff = keep(why_fact(fmt::format("electricity {}", region->name),
                                     region->electricity->in(units::USD_per_kWh), "USD/kWh",
                                     NumberKind::kFact, region->price_source, region->confidence));
    const double kw = out_.power_why->value / 1000.0;
    add("energy", why_formula(formula("tco.energy"), "energy of one GPU",
                              kw * out_.pue * hours_->value * tariff->value,
                              {{"power_w", out_.power_why},
                               {"pue", out_.pue_why},
                               {"hours", hours_},
                               {"usd_per_kwh", tariff}}));
    const Why colo = keep(datacenter_why(catalog_, "colo_us_primary_h2_2024"));
    add("space",
        why_formula(
            formula("tco.space"), "space of one GPU", kw * colo->value * choice_.years * 12.0,
            {{"power_w", out_.power_why}, {"colo_usd_per_kw_month", colo}, {"years", years_}}));
  }

  const Catalog& catalog_;
  const GpuSpec& gpu_;
  const CostChoice& choice_;
  CardCost out_;
  Why years_;
  Why hours_;
};

}  // namespace

CardCost cost_of_card(const Catalog& catalog, const GpuSpec& gpu, const CostChoice& choice) {
  return CardPricing(catalog, gpu, choice).run();
}

std::span<const Formula> tco_formulas() { return kFormulas; }

}  // namespace gpusize
