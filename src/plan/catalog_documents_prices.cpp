#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/catalog_documents.hpp"
#include "plan/catalog_parts.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 4> kKinds{"cloud", "purchase", "electricity", "datacenter"};

/// One price column of a cloud row.
struct HourPrice {
  std::string_view key;
  PriceBasis basis;
};
constexpr std::array<HourPrice, 4> kHourPrices{
    {{"on_demand_usd_per_gpu_hour", PriceBasis::kOnDemand},
     {"spot_usd_per_gpu_hour", PriceBasis::kSpot},
     {"reserved_1y_usd_per_gpu_hour", PriceBasis::kReserved1Year},
     {"reserved_3y_usd_per_gpu_hour", PriceBasis::kReserved3Year}}};

bool holds(std::string_view text, std::string_view part) {
  return part.empty() || normalise_name(text).find(normalise_name(part)) != std::string::npos;
}

bool names_card(const PriceQuery& query, std::string_view gpu) {
  return query.gpus.empty() ||
         std::find(query.gpus.begin(), query.gpus.end(), gpu) != query.gpus.end();
}

bool shows(const PriceQuery& query, std::string_view kind) {
  if (!query.kind.empty()) return query.kind == kind;
  // One card's listing shows its purchase prices too, unless the question is about rent alone.
  return kind == "cloud" || (kind == "purchase" && !query.gpus.empty() && !query.basis);
}

void put_age(ObjectWriter& out, const Source& source, std::string_view as_of) {
  const std::int64_t months = months_between(source.as_of, as_of);
  out.integer("age_months", months,
              why_count("age", static_cast<double>(months),
                        fmt::format("whole months from {} to {}", source.as_of, as_of)));
}

bool wanted(const PriceQuery& query, const CloudQuote& quote) {
  if (!names_card(query, quote.gpu) || !same_or_any(query.provider, quote.provider)) return false;
  if (!same_or_any(query.tier, quote.tier) || !holds(quote.region, query.region)) return false;
  return !query.basis || quote.price(*query.basis);
}

void put_cloud(ObjectWriter& out, const CloudQuote& quote, std::string_view as_of) {
  const std::string label = fmt::format("{} {} {}", quote.provider, quote.instance, quote.gpu);
  const auto put = [&](std::string_view key, std::optional<UsdPerSec> price) {
    if (!price) return out.null(key);
    const double value = price->in(units::USD_per_hour);
    out.number(key, value,
               why_fact(label, value, "USD/GPU-hour", NumberKind::kFact, quote.source,
                        quote.confidence, quote.note));
  };
  out.text("gpu", quote.gpu);
  out.text("provider", quote.provider);
  out.text("tier", quote.tier);
  out.text("instance", quote.instance);
  out.text("region", quote.region);
  out.integer("gpus", quote.gpus,
              why_fact(label, static_cast<double>(quote.gpus), "GPUs", NumberKind::kFact,
                       quote.source, quote.confidence));
  for (const HourPrice& price : kHourPrices) put(price.key, quote.price(price.basis));
  put("other_usd_per_gpu_hour", quote.other);
  out.text("other_term", quote.other_term);
  out.text("suspect", quote.suspect);
  put_age(out, quote.source, as_of);
  put_source(out, quote.source, quote.confidence, quote.note);
}

void put_purchase(ObjectWriter& out, const PurchaseQuote& quote, std::string_view as_of) {
  const auto put = [&](std::string_view key, std::optional<Usd> price) {
    if (!price) return out.null(key);
    out.number(key, price->in(units::USD),
               why_fact(fmt::format("{} {}", quote.item, quote.what), price->in(units::USD), "USD",
                        NumberKind::kFact, quote.source, quote.confidence, quote.note));
  };
  out.text("item", quote.item);
  out.text("what", quote.what);
  put("low_usd", quote.low);
  put("typical_usd", quote.typical);
  put("high_usd", quote.high);
  put_age(out, quote.source, as_of);
  put_source(out, quote.source, quote.confidence, quote.note);
}

void put_region(ObjectWriter& out, const RegionEnergy& region) {
  out.text("code", region.code);
  out.text("name", region.name);
  const auto put = [&](std::string_view key, std::optional<double> value, std::string unit,
                       const Source& source) {
    if (!value) return out.null(key);
    out.number(key, *value,
               why_fact(fmt::format("{} {}", region.code, key), *value, std::move(unit),
                        NumberKind::kFact, source, region.confidence));
  };
  const auto price =
      region.electricity ? std::optional(region.electricity->in(units::USD_per_kWh)) : std::nullopt;
  put("usd_per_kwh", price, "USD/kWh", region.price_source);
  out.text("price_source", region.price_source.title);
  out.text("price_as_of", region.price_source.as_of);
  put("gco2e_per_kwh", region.carbon_g_per_kwh, "gCO2e/kWh", region.carbon_source);
  out.text("carbon_source", region.carbon_source.title);
  out.text("carbon_as_of", region.carbon_source.as_of);
  out.text("confidence", name_of(region.confidence));
}

void put_fact(ObjectWriter& out, const DatacenterFact& fact) {
  out.text("id", fact.id);
  out.number("value", fact.value,
             why_fact(fact.id, fact.value, fact.unit, NumberKind::kFact, fact.source,
                      fact.confidence, fact.note));
  out.text("unit", fact.unit);
  put_source(out, fact.source, fact.confidence, fact.note);
}

void put_cards(ObjectWriter& root, const Catalog& catalog, const PriceQuery& query,
               std::string_view as_of) {
  if (shows(query, "cloud")) {
    root.list("cloud");
    for (const CloudQuote& quote : catalog.quotes()) {
      if (!wanted(query, quote)) continue;
      ObjectWriter entry = root.append("cloud");
      put_cloud(entry, quote, as_of);
    }
  }
  if (shows(query, "purchase")) {
    root.list("purchase");
    for (const PurchaseQuote& quote : catalog.purchases()) {
      if (!names_card(query, quote.item)) continue;
      ObjectWriter entry = root.append("purchase");
      put_purchase(entry, quote, as_of);
    }
  }
}

}  // namespace

std::span<const std::string_view> price_kinds() { return kKinds; }

ResultDocument price_document(const Catalog& catalog, const PriceQuery& query,
                              std::string_view as_of) {
  ResultDocument document = listing(catalog, "prices", "list", as_of);
  ObjectWriter root = document.root();
  if (query.gpus.size() == 1) {
    if (const auto gpu = catalog.find_gpu(query.gpus.front()); gpu.ok()) {
      put_default_prices(root, catalog, *gpu->entry, query.tier, as_of);
    }
  }
  put_cards(root, catalog, query, as_of);
  if (shows(query, "electricity")) {
    root.list("electricity");
    for (const RegionEnergy& region : catalog.regions()) {
      if (!holds(region.code, query.region) && !holds(region.name, query.region)) continue;
      ObjectWriter entry = root.append("electricity");
      put_region(entry, region);
    }
  }
  if (shows(query, "datacenter")) {
    root.list("datacenter");
    for (const DatacenterFact& fact : catalog.datacenter()) {
      ObjectWriter entry = root.append("datacenter");
      put_fact(entry, fact);
    }
  }
  return document;
}

}  // namespace gpusize
