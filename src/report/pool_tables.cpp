#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/cells.hpp"
#include "report/fleet_tables.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

std::string usd(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.0f}", value.get<double>());
}

/// `H100-SXM5-80GB/1g.10gb` or the card alone.
std::string place(const Json& row) {
  const std::string slice = text_of(row, "slice");
  return slice.empty() ? text_of(row, "gpu") : fmt::format("{}/{}", text_of(row, "gpu"), slice);
}

Section cards_section(const Json& doc) {
  TextTable table({{"card"},
                   {"owned", Align::kRight},
                   {"used", Align::kRight},
                   {"spare", Align::kRight},
                   {"buy", Align::kRight},
                   {"retire", Align::kRight},
                   {"unshared", Align::kRight},
                   {"nodes", Align::kRight},
                   {"USD/card", Align::kRight},
                   {"USD/month", Align::kRight}});
  for (const Json& row : doc["cards"]) {
    const auto whole = [&](const char* key) { return exact(row[key]); };
    table.row({text_of(row, "gpu"), whole("owned"), whole("used"), whole("spare"), whole("buy"),
               whole("retire"), whole("without_sharing"), whole("nodes"),
               usd(row["usd_per_month_per_card"]), usd(row["usd_per_month"])});
  }
  const std::string title =
      fmt::format("{}: {} USD a month, no less than {} (gap {:.1f} %)", text_of(doc, "status"),
                  usd(doc["cost_usd_per_month"]), usd(doc["lower_bound_usd_per_month"]),
                  doc["gap_pct"].get<double>());
  return {title, std::move(table), {}};
}

Section models_section(const Json& doc) {
  TextTable table({{"model"},
                   {"card"},
                   {"layout"},
                   {"weights"},
                   {"replicas", Align::kRight},
                   {"at least", Align::kRight},
                   {"TTFT ms", Align::kRight},
                   {"TPOT ms", Align::kRight},
                   {"alone USD", Align::kRight}});
  for (const Json& row : doc["models"]) {
    const Json& option = row["option"];
    const Json& l = option["layout"];
    table.row({text_of(row, "name"), place(row),
               fmt::format("TP{} PP{} EP{} DP{}", exact(l["tp"]), exact(l["pp"]), exact(l["ep"]),
                           exact(l["dp"])),
               text_of(option, "weights_dtype"), exact(row["replicas"]),
               exact(row["least_replicas"]), cell(option["latency"]["ttft_ms"], "mean"),
               cell(option["latency"]["tpot_ms"], "mean"), usd(row["alone_usd_per_month"])});
  }
  return {"Models", std::move(table), {}};
}

Section placements_section(const Json& doc) {
  TextTable table({{"node"}, {"model"}, {"card"}, {"replicas", Align::kRight}});
  for (const Json& row : doc["placements"])
    table.row({text_of(row, "node"), text_of(row, "model"), place(row), exact(row["replicas"])});
  return {"Placements", std::move(table), {}};
}

}  // namespace

Sections pool_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  out.push_back(cards_section(doc));
  if (!doc["models"].empty()) out.push_back(models_section(doc));
  if (!doc["placements"].empty()) out.push_back(placements_section(doc));
  std::vector<std::string> lines;
  for (const Json& row : doc["rejected"])
    lines.push_back(
        fmt::format("Not placed: {}: {}", text_of(row, "model"), text_of(row, "reason")));
  for (const Json& row : doc["addition"]) {
    lines.push_back(fmt::format("Smallest addition that holds all: {} more {}{}",
                                exact(row["cards"]), text_of(row, "gpu"),
                                row["proven"].get<bool>() ? "" : " (fewer might do)"));
  }
  for (const Json& row : doc["not_assessed"])
    lines.push_back(
        fmt::format("Not assessed: {}: {}", text_of(row, "what"), text_of(row, "reason")));
  if (!lines.empty()) out.push_back({"", std::nullopt, std::move(lines)});
  return out;
}

}  // namespace gpusize
