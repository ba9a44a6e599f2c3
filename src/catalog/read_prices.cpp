#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

using Sources = std::map<std::string, Source>;

constexpr Bounds kHourPrice{0.0, 10'000.0};
constexpr Bounds kAmount{0.0, 1e9};

constexpr std::array<std::pair<std::string_view, PriceBasis>, 5> kBases{{
    {"on-demand", PriceBasis::kOnDemand},
    {"spot", PriceBasis::kSpot},
    {"reserved-1y", PriceBasis::kReserved1Year},
    {"reserved-3y", PriceBasis::kReserved3Year},
    {"owned", PriceBasis::kOwned},
}};

/// The source of one row: its title from the sources map, the date from the row when it states one.
Source row_source(MapReader& reader, const Sources& sources) {
  Source source = source_named(sources, reader);
  if (const auto date = reader.text("as_of")) {
    source.as_of = *date;
    if (!is_iso_date(*date)) {
      reader.error("date", fmt::format("as_of must be a date like 2026-08-24, found \"{}\"", *date),
                   reader.map());
    }
  }
  return source;
}

std::optional<UsdPerSec> hour_price(MapReader& reader, std::string_view key) {
  const auto value = reader.number(key, kHourPrice);
  if (!value) return {};
  return *value * units::USD_per_hour;
}

std::optional<Usd> amount(MapReader& reader, std::string_view key) {
  const auto value = reader.number(key, kAmount);
  if (!value) return {};
  return *value * units::USD;
}

std::string join_notes(std::string a, const std::string& b) {
  if (a.empty() || b.empty()) return a + b;
  return a + "; " + b;
}

CloudQuote read_quote(Node node, const std::string& provider, const std::string& tier,
                      const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "price quote", "cat", out);
  CloudQuote quote;
  quote.where = node.location();
  quote.provider = provider;
  quote.tier = reader.text("tier").value_or(tier);
  quote.gpu = reader.text("gpu").value_or("");
  const std::string printed = reader.text("gpu_as_printed").value_or("");
  quote.instance = reader.text("instance").value_or("");
  quote.gpus = reader.integer("gpus", {1, 1e6}).value_or(1);
  quote.region = reader.text("region").value_or("");
  quote.on_demand = hour_price(reader, "on_demand_usd_per_gpu_hour");
  quote.spot = hour_price(reader, "spot_usd_per_gpu_hour");
  quote.reserved_1y = hour_price(reader, "reserved_1y_usd_per_gpu_hour");
  quote.reserved_3y = hour_price(reader, "reserved_3y_usd_per_gpu_hour");
  quote.other = hour_price(reader, "other_usd_per_gpu_hour");
  quote.other_term = reader.text("other_term").value_or("");
  quote.suspect = reader.text("suspect").value_or("");
  quote.source = row_source(reader, sources);
  quote.confidence = read_confidence(reader);
  quote.note = join_notes(reader.text("note").value_or(""), reader.text("as_of_note").value_or(""));
  if (!printed.empty()) quote.note = join_notes(fmt::format("printed as {}", printed), quote.note);
  reader.reject_unknown();
  return quote;
}

PurchaseQuote read_purchase(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "purchase quote", "cat", out);
  PurchaseQuote quote;
  quote.where = node.location();
  const auto gpu = reader.text("gpu");
  const auto item = reader.text("item");
  quote.item = gpu ? *gpu : item.value_or("");
  quote.is_card = gpu.has_value();
  if (quote.item.empty())
    reader.error("missing", "a purchase quote needs \"gpu\" or \"item\"", node);
  quote.what = reader.required_text("what");
  quote.low = amount(reader, "low_usd");
  quote.typical = amount(reader, "typical_usd");
  quote.high = amount(reader, "high_usd");
  for (const auto* key : {"currency", "low_amount", "typical_amount", "high_amount", "unit"})
    reader.node(key);
  quote.source = row_source(reader, sources);
  quote.confidence = read_confidence(reader);
  quote.note = join_notes(reader.text("note").value_or(""), reader.text("as_of_note").value_or(""));
  reader.reject_unknown();
  return quote;
}

RegionEnergy read_region(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "region", "cat", out);
  RegionEnergy region;
  region.code = reader.required_text("code");
  region.name = reader.text("name").value_or(region.code);
  reader.text("region_kind");
  if (const auto price = reader.number("electricity_usd_per_kwh", {0.0, 10.0})) {
    region.electricity = *price * units::USD_per_kWh;
  }
  region.carbon_g_per_kwh = reader.number("carbon_gco2e_per_kwh", {0.0, 5000.0});
  const auto source_of = [&](std::string_view key) {
    const std::string name = reader.text(key).value_or("");
    const auto found = sources.find(name);
    if (!name.empty() && found == sources.end()) {
      reader.error("undeclared-source", fmt::format("the source \"{}\" is not declared", name),
                   node);
    }
    return found == sources.end() ? Source{} : found->second;
  };
  region.price_source = source_of("price_source");
  region.carbon_source = source_of("carbon_source");
  const auto confidence_of = [&](std::string_view key) {
    return confidence_from(reader.text(key).value_or("unverified"))
        .value_or(Confidence::kUnverified);
  };
  const Confidence price_confidence = confidence_of("price_confidence");
  confidence_of("carbon_confidence");
  region.confidence = price_confidence;
  reader.text("note");
  reader.reject_unknown();
  return region;
}

DatacenterFact read_datacenter(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "data-centre fact", "cat", out);
  DatacenterFact fact;
  fact.id = reader.required_text("id");
  fact.value = reader.required_number("value", {-1e12, 1e12});
  fact.unit = reader.required_text("unit");
  fact.source = row_source(reader, sources);
  fact.confidence = read_confidence(reader);
  fact.note = reader.text("note").value_or("");
  reader.text("as_of_note");
  reader.reject_unknown();
  return fact;
}

}  // namespace

std::string_view name_of(PriceBasis basis) {
  return kBases.at(static_cast<std::size_t>(basis)).first;
}

std::optional<PriceBasis> price_basis_from(std::string_view name) {
  for (const auto& [text, basis] : kBases) {
    if (text == normalise_name(name)) return basis;
  }
  return {};
}

std::optional<UsdPerSec> CloudQuote::price(PriceBasis basis) const {
  switch (basis) {
    case PriceBasis::kOnDemand: return on_demand;
    case PriceBasis::kSpot: return spot;
    case PriceBasis::kReserved1Year: return reserved_1y;
    case PriceBasis::kReserved3Year: return reserved_3y;
    case PriceBasis::kOwned: return {};
  }
  return {};
}

PriceRows read_prices(const Document& document, Diagnostics& out) {
  PriceRows rows;
  MapReader reader(document.root(), "price file", "cat", out);
  reader.text("schema");
  const std::string kind = reader.required_text("kind");
  const std::string provider = reader.text("provider").value_or("");
  const std::string tier = reader.text("tier").value_or("");
  const Sources sources = read_sources(reader.required("sources"), out);
  const Node list = reader.required("quotes");
  reader.text("note");
  reader.reject_unknown();
  if (!list || !list.is_sequence()) return rows;
  for (const Node node : list) {
    if (kind == "cloud") rows.quotes.push_back(read_quote(node, provider, tier, sources, out));
    if (kind == "purchase") rows.purchases.push_back(read_purchase(node, sources, out));
    if (kind == "electricity") rows.regions.push_back(read_region(node, sources, out));
    if (kind == "datacenter") rows.datacenter.push_back(read_datacenter(node, sources, out));
  }
  return rows;
}

}  // namespace gpusize
