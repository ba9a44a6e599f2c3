#include <fmt/format.h>

#include "report/catalog_tables.hpp"
#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

std::string cloud_mark(const Json& row) {
  return (text_of(row, "suspect").empty() ? "" : "!") + mark_of(row);
}

Section cloud_section(const Json& doc, Footnotes& sources) {
  TextTable table({{"GPU"},
                   {"provider"},
                   {"instance"},
                   {"on dem.", Align::kRight},
                   {"spot", Align::kRight},
                   {"1 year", Align::kRight},
                   {"3 year", Align::kRight},
                   {"date"},
                   {"src", Align::kRight},
                   {""}});
  for (const Json& q : doc["cloud"]) {
    const std::string card = text_of(q, "gpu");
    table.row({card.empty() ? "(not in catalog)" : card, text_of(q, "provider"),
               text_of(q, "instance"), cell(q, "on_demand_usd_per_gpu_hour", 4),
               cell(q, "spot_usd_per_gpu_hour", 4), cell(q, "reserved_1y_usd_per_gpu_hour", 4),
               cell(q, "reserved_3y_usd_per_gpu_hour", 4), text_of(q, "as_of"), sources.mark(q),
               cloud_mark(q)});
  }
  return {"Cloud, USD per GPU-hour",
          std::move(table),
          {fmt::format("{}; ! left out of defaults (why: --format json), * unverified.",
                       counted(doc["cloud"].size(), "row"))}};
}

Section purchase_section(const Json& doc, Footnotes& sources) {
  TextTable table({{"item"},
                   {"what"},
                   {"low", Align::kRight},
                   {"typical", Align::kRight},
                   {"high", Align::kRight},
                   {"date"},
                   {"src", Align::kRight},
                   {""}});
  for (const Json& q : doc["purchase"]) {
    table.row({text_of(q, "item"), text_of(q, "what"), cell(q, "low_usd", 6),
               cell(q, "typical_usd", 6), cell(q, "high_usd", 6), text_of(q, "as_of"),
               sources.mark(q), mark_of(q)});
  }
  return {"Purchase, USD", std::move(table), {}};
}

Section electricity_section(const Json& doc) {
  TextTable table({{"code"},
                   {"region"},
                   {"USD/kWh", Align::kRight},
                   {"date"},
                   {"price source"},
                   {"gCO2e/kWh", Align::kRight}});
  for (const Json& r : doc["electricity"]) {
    table.row({text_of(r, "code"), text_of(r, "name"), cell(r, "usd_per_kwh"),
               text_of(r, "price_as_of"), text_of(r, "price_source"), cell(r, "gco2e_per_kwh")});
  }
  return {"Electricity for business", std::move(table), {}};
}

Section datacenter_section(const Json& doc, Footnotes& sources) {
  TextTable table(
      {{"fact"}, {"value", Align::kRight}, {"unit"}, {"date"}, {"src", Align::kRight}, {""}});
  for (const Json& f : doc["datacenter"]) {
    table.row({text_of(f, "id"), cell(f, "value", 6), text_of(f, "unit"), text_of(f, "as_of"),
               sources.mark(f), mark_of(f)});
  }
  return {"Data centre", std::move(table), {}};
}

bool has_rows(const Json& doc, const char* key) { return doc.contains(key) && !doc[key].empty(); }

}  // namespace

Section default_price_section(const Json& doc) {
  TextTable table({{"default price"}, {"USD", Align::kRight}, {"per"}});
  std::vector<std::string> rules;
  for (const Json& p : doc["default_prices"]) {
    const bool owned = text_of(p, "basis") == "owned";
    const std::string price = cell(p, owned ? "purchase_usd" : "usd_per_gpu_hour", owned ? 6 : 4);
    table.row({text_of(p, "basis"), price, owned ? "card" : "GPU-hour"});
    rules.push_back(fmt::format("{}: {}", text_of(p, "basis"),
                                text_of(p, p.contains("rule") ? "rule" : "reason")));
  }
  return {"", std::move(table), std::move(rules)};
}

Sections price_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Footnotes sources;
  Sections out;
  if (has_rows(doc, "default_prices")) out.push_back(default_price_section(doc));
  if (has_rows(doc, "cloud")) out.push_back(cloud_section(doc, sources));
  if (has_rows(doc, "purchase")) out.push_back(purchase_section(doc, sources));
  if (has_rows(doc, "electricity")) out.push_back(electricity_section(doc));
  if (has_rows(doc, "datacenter")) out.push_back(datacenter_section(doc, sources));
  if (out.empty()) return {{"", std::nullopt, {"no price matches"}}};
  if (auto lines = sources.lines(); !lines.empty())
    out.push_back({"Sources", std::nullopt, std::move(lines)});
  return out;
}

}  // namespace gpusize
