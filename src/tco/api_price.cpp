#include "gpusize/tco/api_price.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr Bounds kPrice{0.0, 1e5};

ApiPrice read_price(Node node, const std::map<std::string, Source>& sources, Diagnostics& out) {
  MapReader reader(node, "API price", "api", out);
  ApiPrice p;
  p.product = reader.required_text("product");
  p.from = reader.required_text("from");
  if (!p.from.empty() && !is_iso_date(p.from))
    reader.error(
        "date", fmt::format("\"from\" must be a date like 2026-08-24, found \"{}\"", p.from), node);
  p.hit = reader.required_number("hit", kPrice);
  p.miss = reader.required_number("miss", kPrice);
  p.output = reader.required_number("output", kPrice);
  p.peak_hit = reader.number("peak_hit", kPrice);
  p.peak_miss = reader.number("peak_miss", kPrice);
  p.peak_output = reader.number("peak_output", kPrice);
  for (const char* key : {"off_peak_hit", "off_peak_miss", "off_peak_output"})
    reader.number(key, kPrice);  // history: no product in force has such hours
  p.peak_weekdays_only = reader.boolean("peak_weekdays_only").value_or(false);
  p.source = source_named(sources, reader);
  p.confidence = read_confidence(reader);
  p.note = reader.text("note").value_or("");
  reader.reject_unknown();
  return p;
}

void read_file_into(const Document& document, ApiPrices& into, Diagnostics& out) {
  MapReader reader(document.root(), "API price file", "api", out);
  reader.text("schema");
  const std::string provider = reader.required_text("provider");
  const auto sources = read_sources(reader.required("sources"), out);
  if (const Node hours = reader.node("peak_hours_utc"); hours && hours.is_sequence()) {
    into.peak_hours_utc.clear();
    for (const Node hour : hours) {
      const auto value = hour.is_scalar() ? hour.integer() : std::nullopt;
      if (!value || *value < 0 || *value > 23) {
        reader.error("hour", "peak_hours_utc lists hours from 0 to 23", hour);
        continue;
      }
      into.peak_hours_utc.push_back(static_cast<int>(*value));
    }
  }
  if (const Node list = reader.required("products"); list && list.is_sequence()) {
    for (const Node node : list) {
      MapReader row(node, "API product", "api", out);
      into.products.push_back({row.required_text("id"), provider,
                               row.number("concurrency", {1, 1e9}), row.texts("models")});
      row.reject_unknown();
    }
  }
  if (const Node list = reader.required("prices"); list && list.is_sequence()) {
    for (const Node node : list) into.prices.push_back(read_price(node, sources, out));
  }
  reader.reject_unknown();
}

}  // namespace

Result<ApiPrices> read_api_prices(const Catalog& catalog) {
  ApiPrices all;
  Diagnostics problems;
  for (const Document* document : catalog.documents("gpusize.api-prices/v1"))
    read_file_into(*document, all, problems);
  if (has_errors(problems)) return problems;
  return all;
}

const ApiProduct* find_api_product(const ApiPrices& prices, std::string_view product,
                                   std::string_view model) {
  for (const ApiProduct& row : prices.products) {
    if (!product.empty() && row.id == product) return &row;
  }
  if (!product.empty()) return nullptr;
  for (const ApiProduct& row : prices.products) {
    for (const std::string& served : row.models) {
      if (normalise_name(served) == normalise_name(model)) return &row;
    }
  }
  return nullptr;
}

const ApiPrice* price_on(const ApiPrices& prices, std::string_view product, std::string_view day) {
  const ApiPrice* newest = nullptr;
  for (const ApiPrice& row : prices.prices) {
    if (row.product != product || row.from > day) continue;
    if (newest == nullptr || row.from >= newest->from) newest = &row;
  }
  return newest;
}

double peak_share(const ApiPrices& prices, const ApiPrice& price, const TrafficCurve& curve) {
  if (!price.peak_output) return 0.0;
  const std::size_t parts = curve.weekday.size();
  constexpr std::size_t kHours = 24;
  double peak = 0.0;
  double all = 0.0;
  for (std::size_t hour = 0; hour < kHours; ++hour) {
    const double share = curve.weekday[hour * parts / kHours];
    const bool is_peak = std::find(prices.peak_hours_utc.begin(), prices.peak_hours_utc.end(),
                                   static_cast<int>(hour)) != prices.peak_hours_utc.end();
    const double weekdays = 5.0 * share;
    const double weekend = 2.0 * share * curve.weekend_share;
    all += weekdays + weekend;
    if (is_peak) peak += weekdays + (price.peak_weekdays_only ? 0.0 : weekend);
  }
  return all > 0.0 ? peak / all : 0.0;
}

}  // namespace gpusize
