// The document of `levers` as tables and CSV.

#include <array>

#include <fmt/format.h>

#include "gpusize/report/formats.hpp"
#include "gpusize/report/text_table.hpp"
#include "report/cells.hpp"
#include "report/fleet_tables.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

/// A figure as the tables show it: its key, title and what it is divided by.
struct Figure {
  const char* key;
  const char* title;
  double divisor;
};
constexpr auto kServing =
    std::to_array<Figure>({{"memory_bytes", "GiB", 1073741824.0},
                           {"ttft_ms", "TTFT ms", 1.0},
                           {"tpot_ms", "TPOT ms", 1.0},
                           {"output_tokens_per_s", "tok/s", 1.0},
                           {"usd_per_million_output_tokens", "$/M tok", 1.0}});
constexpr auto kTraining = std::to_array<Figure>({{"memory_bytes", "GiB", 1073741824.0},
                                                  {"step_time_s", "step s", 1.0},
                                                  {"tokens_per_s", "tok/s", 1.0},
                                                  {"usd_per_million_tokens", "$/M tok", 1.0}});

bool is_training(const Json& doc) { return text_of(doc["inputs"], "phase") == "train"; }

std::span<const Figure> figures_of(const Json& doc) {
  if (is_training(doc)) return kTraining;
  return kServing;
}

std::string shown(const Json& row, const Figure& figure) {
  const Json& value = row[figure.key];
  return value.is_number() ? human_number(value.get<double>() / figure.divisor) : "-";
}

/// `-48 %`, `+3.2 %`; a dash where there is nothing to compare.
std::string change(const Json& row, const Figure& figure) {
  const Json& value = row["delta_pct"][figure.key];
  if (!value.is_number()) return "-";
  const double percent = value.get<double>();
  const double size = percent < 0.0 ? -percent : percent;
  if (size < 0.05) return "0 %";
  return size < 10.0 ? fmt::format("{:+.1f} %", percent) : fmt::format("{:+.0f} %", percent);
}

std::string joined(const Json& list) {
  std::string out;
  for (const Json& text : list) out += (out.empty() ? "" : " + ") + text.get<std::string>();
  return out.empty() ? "nothing: no lever helps" : out;
}

/// `1 to 3 %`, or the risk alone.
std::string loss(const Json& quality) {
  const Json& low = quality["loss_low_pct"];
  const Json& high = quality["loss_high_pct"];
  const std::string risk = text_of(quality, "risk");
  if (risk == "none") return "none";
  if (!high.is_number()) return risk == "unknown" ? "unknown" : risk + ", no figure";
  if (low == high) return fmt::format("{}: {} %", risk, exact(high));
  return fmt::format("{}: {} to {} %", risk, exact(low), exact(high));
}

std::string columns_of(const Json& doc, const Json& row) {
  std::string out =
      is_training(doc)
          ? fmt::format("{} {} {}, micro-batch {}", text_of(row, "framework"),
                        text_of(row, "method"), text_of(row, "precision"), cell(row, "micro_batch"))
          : fmt::format("{}, {} weights, {} KV, {}, batch {}", text_of(row, "engine"),
                        text_of(row, "weights"), text_of(row, "kv"), text_of(row, "layout"),
                        cell(row, "batch"));
  if (!row["fits"].get<bool>()) out += ", DOES NOT FIT";
  return out;
}

Section base_section(const Json& doc) {
  const Json& base = doc["base"];
  std::string line;
  for (const Figure& figure : figures_of(doc))
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", shown(base, figure), figure.title);
  return {fmt::format("{} on {}: {}", text_of(doc, "model_name"), text_of(base, "gpu"),
                      columns_of(doc, base)),
          std::nullopt,
          {line}};
}

Section lever_section(const Json& doc) {
  std::vector<Column> columns{{"#", Align::kRight}, {"lever"}, {"GPUs", Align::kRight}};
  for (const Figure& figure : figures_of(doc)) columns.push_back({figure.title, Align::kRight});
  columns.push_back({"fits"});
  columns.push_back({"quality loss"});
  TextTable table(std::move(columns));
  for (const Json& row : doc["levers"]) {
    std::vector<std::string> cells{cell(row, "rank"), text_of(row, "name"), cell(row, "gpus")};
    for (const Figure& figure : figures_of(doc)) cells.push_back(change(row, figure));
    cells.push_back(row["fits"].get<bool>() ? "yes" : "no");
    cells.push_back(loss(row["quality"]));
    table.row(std::move(cells));
  }
  return {
      fmt::format("Levers, one at a time, by {}", text_of(doc, "rank_by")), std::move(table), {}};
}

void add_combined(const Json& doc, Sections& out) {
  std::vector<std::string> lines;
  for (const Json& row : doc["combined"]) {
    std::string figures;
    for (const Figure& figure : figures_of(doc))
      figures += fmt::format("{}{} {} ({})", figures.empty() ? "" : ", ", shown(row, figure),
                             figure.title, change(row, figure));
    lines.push_back(fmt::format("{}: {}: {}; {}{}", text_of(row, "quality"), joined(row["levers"]),
                                figures, columns_of(doc, row),
                                row["meets_targets"].get<bool>() ? "" : ", MISSES A TARGET"));
  }
  if (!lines.empty())
    out.push_back({"Best combination (every pair, the best extended greedily)", std::nullopt,
                   std::move(lines)});
}

void add_list(const Json& doc, const char* key, const char* name, const char* title,
              Sections& out) {
  std::vector<std::string> lines;
  for (const Json& row : doc[key])
    lines.push_back(fmt::format("{}: {}", text_of(row, name), text_of(row, "reason")));
  if (!lines.empty()) out.push_back({title, std::nullopt, std::move(lines)});
}

/// What each lever changes and where the quality figures come from.
void add_changes(const Json& doc, Sections& out) {
  std::vector<std::string> changes;
  std::vector<std::string> sources;
  for (const Json& row : doc["levers"]) {
    changes.push_back(fmt::format("{}: {}", text_of(row, "name"), text_of(row, "change")));
    const Json& q = row["quality"];
    if (text_of(q, "risk") == "none") continue;
    sources.push_back(fmt::format("{}: {} [{}, {}, {}]", text_of(row, "name"), text_of(q, "text"),
                                  text_of(q, "source"), text_of(q, "ref"), text_of(q, "as_of")));
  }
  if (!changes.empty()) out.push_back({"What is changed", std::nullopt, std::move(changes)});
  if (!sources.empty()) out.push_back({"Quality", std::nullopt, std::move(sources)});
}

}  // namespace

Sections levers_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  out.push_back(base_section(doc));
  out.push_back(lever_section(doc));
  add_combined(doc, out);
  add_changes(doc, out);
  add_list(doc, "impossible", "name", "Not possible here", out);
  add_list(doc, "already", "name", "Already so", out);
  add_list(doc, "not_assessed", "what", "Not assessed", out);
  return out;
}

std::string levers_csv(const ResultDocument& document, const Style&) {
  const Json& doc = document.json();
  const auto figures = figures_of(doc);
  std::vector<Column> columns{{"rank"}, {"name"}, {"change"}, {"gpus"}, {"fits"}};
  for (const Figure& figure : figures) columns.push_back({figure.key});
  for (const Figure& figure : figures) columns.push_back({fmt::format("delta_pct.{}", figure.key)});
  for (const char* key : {"risk", "loss_low_pct", "loss_high_pct", "source"})
    columns.push_back({fmt::format("quality.{}", key)});
  TextTable table(std::move(columns));
  for (const Json& row : doc["levers"]) {
    std::vector<std::string> cells;
    for (const char* key : {"rank", "name", "change", "gpus", "fits"})
      cells.push_back(exact(row[key]));
    for (const Figure& figure : figures) cells.push_back(exact(row[figure.key]));
    for (const Figure& figure : figures) cells.push_back(exact(row["delta_pct"][figure.key]));
    for (const char* key : {"risk", "loss_low_pct", "loss_high_pct", "source"})
      cells.push_back(exact(row["quality"][key]));
    table.row(std::move(cells));
  }
  return table.csv();
}

}  // namespace gpusize
