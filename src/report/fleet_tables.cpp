#include "report/fleet_tables.hpp"

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

std::string bounds(const Json& row) {
  const std::string low = exact(row["min"]);
  const std::string high = exact(row["max"]);
  if (low.empty() && high.empty()) return "";
  return fmt::format("{} to {}", low.empty() ? "any" : low, high.empty() ? "any" : high);
}

void add_unassessed(const Json& doc, std::vector<std::string>& lines) {
  for (const Json& item : doc["not_assessed"]) {
    lines.push_back(
        fmt::format("Not assessed: {}: {}", text_of(item, "what"), text_of(item, "reason")));
  }
}

}  // namespace

Sections compat_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Footnotes sources;
  TextTable table(
      {{"subject"}, {"version"}, {"works"}, {"versions"}, {"why"}, {"src", Align::kRight}});
  for (const Json& row : doc["findings"]) {
    table.row({text_of(row, "subject"), exact(row["version"]), text_of(row, "support"), bounds(row),
               text_of(row, "reason"), row["source"].is_null() ? "" : sources.mark(row)});
  }
  Sections out;
  out.push_back({fmt::format("{} ({}, {}): {}", text_of(doc, "gpu"), text_of(doc, "architecture"),
                             doc["family"].is_null() ? "no family" : text_of(doc, "family"),
                             text_of(doc, "status")),
                 std::move(table),
                 {}});
  std::vector<std::string> reasons;
  for (const Json& row : doc["findings"]) {
    if (text_of(row, "support") == "no" && text_of(doc, "status") == "forbidden")
      reasons.push_back(fmt::format("Forbidden: {}.", text_of(row, "reason")));
  }
  if (!reasons.empty()) out.push_back({"", std::nullopt, std::move(reasons)});
  if (auto lines = sources.lines(); !lines.empty())
    out.push_back({"Sources", std::nullopt, std::move(lines)});
  return out;
}

Sections mig_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  if (doc["placements"].empty()) {
    TextTable table({{"#", Align::kRight}, {"partition"}, {"instances", Align::kRight}});
    std::size_t number = 0;
    for (const Json& row : doc["partitions"]) {
      table.row({fmt::format("{}", ++number), text_of(row, "layout"), cell(row, "instances")});
    }
    out.push_back({fmt::format("{}: {} partitions", text_of(doc, "gpu"), doc["partitions"].size()),
                   std::move(table),
                   {}});
  } else {
    TextTable table({{"card", Align::kRight},
                     {"profile"},
                     {"start", Align::kRight},
                     {"model"},
                     {"needs GiB", Align::kRight},
                     {"usable GiB", Align::kRight}});
    for (const Json& row : doc["placements"]) {
      const auto gib = [&](const char* key) {
        return fmt::format("{:.2f}", row[key].get<double>() / 1073741824.0);
      };
      table.row({cell(row, "card"), text_of(row, "profile"), cell(row, "start"),
                 text_of(row, "model"), gib("needed_bytes"), gib("usable_bytes")});
    }
    out.push_back({fmt::format("{}: {}, {} needed", text_of(doc, "gpu"), text_of(doc, "status"),
                               counted(doc["cards"].get<std::size_t>(), "card")),
                   std::move(table),
                   {}});
  }
  std::vector<std::string> lines;
  for (const Json& row : doc["rejected"])
    lines.push_back(fmt::format("{}: {}", text_of(row, "model"), text_of(row, "reason")));
  add_unassessed(doc, lines);
  if (!lines.empty()) out.push_back({"", std::nullopt, std::move(lines)});
  return out;
}

}  // namespace gpusize
