#include "report/calibrate_tables.hpp"

#include <fmt/format.h>

#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

std::string percent(const Json& errors, const char* key) {
  return errors.is_object() ? fmt::format("{:.1f}", errors[key].get<double>()) : "-";
}

std::string figure(const Json& value) {
  return value.is_number() ? fmt::format("{:.4g}", value.get<double>()) : "-";
}

Section residuals(const Json& rates) {
  TextTable table({{"group"},
                   {"rows", Align::kRight},
                   {"shipped %", Align::kRight},
                   {"fitted %", Align::kRight},
                   {"p90 %", Align::kRight},
                   {"bias %", Align::kRight},
                   {"held out %", Align::kRight},
                   {"p90 %", Align::kRight}});
  for (const Json& g : rates["groups"]) {
    table.row({text_of(g, "name"), cell(g, "rows"), percent(g["shipped"], "median_ape_pct"),
               percent(g["fitted"], "median_ape_pct"), percent(g["fitted"], "p90_ape_pct"),
               percent(g["fitted"], "bias_pct"), percent(g["held_out"], "median_ape_pct"),
               percent(g["held_out"], "p90_ape_pct")});
  }
  std::vector<std::string> lines{
      fmt::format("{} of {} rows used; 90 % band of one kernel: {:+.0f} % to {:+.0f} %.",
                  cell(rates, "used"), cell(rates, "rows"), 100.0 * rates["band_low"].get<double>(),
                  100.0 * rates["band_high"].get<double>())};
  for (const Json& tally : rates["left_out"])
    lines.push_back(
        fmt::format("Left out: {} ({} rows)", text_of(tally, "reason"), cell(tally, "rows")));
  return {"Median error by group, absolute", std::move(table), std::move(lines)};
}

void add_parameters(const Json& owner, TextTable& table) {
  for (const Json& p : owner["parameters"]) {
    const bool fitted = p["fitted"].get<bool>();
    const bool bound = p["at_bound"].get<bool>();
    table.row({text_of(p, "name"), figure(p["shipped"]), figure(p["value"]), text_of(p, "unit"),
               !fitted ? "kept: rows say little"
               : bound ? "at its limit"
                       : ""});
  }
}

TextTable parameter_table() {
  return TextTable(
      {{"parameter"}, {"shipped", Align::kRight}, {"here", Align::kRight}, {"unit"}, {"note"}});
}

void add_engine(const Json& engine, Sections& out) {
  if (!engine["parameters"].empty()) {
    TextTable parameters = parameter_table();
    add_parameters(engine, parameters);
    out.push_back(
        {fmt::format("Engine profile {}", text_of(engine, "id")), std::move(parameters), {}});
  }
  if (!engine["times"].empty()) {
    TextTable table({{"metric"},
                     {"load"},
                     {"measured ms", Align::kRight},
                     {"shipped", Align::kRight},
                     {"fitted", Align::kRight}});
    for (const Json& p : engine["times"])
      table.row({text_of(p, "metric"), text_of(p, "load"), figure(p["measured_ms"]),
                 figure(p["shipped_ms"]), figure(p["fitted_ms"])});
    out.push_back({fmt::format("Runs: median error {} % as shipped, {} % fitted",
                               percent(engine["shipped"], "median_ape_pct"),
                               percent(engine["fitted"], "median_ape_pct")),
                   std::move(table),
                   {}});
  }
  if (engine["memory"].empty()) return;
  TextTable table({{"memory of one GPU"},
                   {"measured GiB", Align::kRight},
                   {"estimated GiB", Align::kRight},
                   {"where"}});
  const auto gib = [](const Json& bytes) {
    return bytes.is_number() ? fmt::format("{:.2f}", bytes.get<double>() / 1073741824.0) : "-";
  };
  for (const Json& p : engine["memory"])
    table.row({text_of(p, "item"), gib(p["measured_bytes"]), gib(p["estimated_bytes"]),
               text_of(p, "where")});
  std::vector<std::string> lines;
  for (const Json& p : engine["cache_tokens"])
    lines.push_back(fmt::format("Tokens in the KV cache: measured {:.0f}, estimated {:.0f} ({})",
                                p["measured"].get<double>(), p["estimated"].get<double>(),
                                text_of(p, "where")));
  out.push_back({"Memory", std::move(table), std::move(lines)});
}

}  // namespace

Sections calibrate_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  out.push_back({fmt::format("Calibration of {}, {}", text_of(doc, "gpu"), text_of(doc, "as_of")),
                 std::nullopt,
                 {}});
  if (doc["rates"].is_object()) {
    out.push_back(residuals(doc["rates"]));
    TextTable parameters = parameter_table();
    for (const Json& group : doc["rates"]["groups"]) add_parameters(group, parameters);
    out.push_back({"Parameters", std::move(parameters), {}});
  }
  if (doc["engine"].is_object()) add_engine(doc["engine"], out);
  std::vector<std::string> lines;
  if (doc["impossible"].get<std::int64_t>() > 0)
    lines.push_back(
        fmt::format("{} rows left out: faster than the card can be.", cell(doc, "impossible")));
  for (const Json& item : doc["not_assessed"])
    lines.push_back(
        fmt::format("Not assessed: {}: {}", text_of(item, "what"), text_of(item, "reason")));
  if (!lines.empty()) out.push_back({"", std::nullopt, std::move(lines)});
  return out;
}

}  // namespace gpusize
