#include "report/validate_tables.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownGroups = 12;
constexpr std::size_t kShownRows = 5;
constexpr std::array<const char*, 5> kStatistics{"median_ape_pct", "mean_ape_pct", "p90_ape_pct",
                                                 "bias_pct", "within_band_pct"};
struct Grouping {
  const char* key;
  const char* title;
};
constexpr std::array<Grouping, 6> kGroupings{{{"by_kernel", "timed kernel"},
                                              {"by_metric", "metric"},
                                              {"by_source", "source"},
                                              {"by_gpu", "card"},
                                              {"by_model", "model"},
                                              {"by_engine", "engine"}}};

std::string percent(const Json& value) {
  return value.is_number() ? fmt::format("{:.1f}", value.get<double>()) : "-";
}

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

std::string heading(const Json& doc) {
  const auto rows = doc["rows"].get<std::int64_t>();
  const auto assessed = doc["assessed"].get<std::int64_t>();
  const double share =
      rows > 0 ? 100.0 * static_cast<double>(assessed) / static_cast<double>(rows) : 0.0;
  std::string out = fmt::format("{} of {} rows assessed ({:.1f} %)\n", assessed, rows, share);
  const Json& s = doc["summary"];
  if (s["n"].get<std::int64_t>() > 0) {
    out += fmt::format(
        "absolute error: median {} %, mean {} %, 90th percentile {} %\nbias {} %; {} % within the "
        "band\n",
        percent(s["median_ape_pct"]), percent(s["mean_ape_pct"]), percent(s["p90_ape_pct"]),
        percent(s["bias_pct"]), percent(s["within_band_pct"]));
  }
  if (doc.contains("kernels")) {
    const Json& k = doc["kernels"];
    out += fmt::format(
        "timed kernels, absolute error: median {} %, mean {} %, 90th percentile {} %\nbias {} %; "
        "{} "
        "% within the band\n",
        percent(k["median_ape_pct"]), percent(k["mean_ape_pct"]), percent(k["p90_ape_pct"]),
        percent(k["bias_pct"]), percent(k["within_band_pct"]));
  }
  return out;
}

TextTable group_table(const Json& groups, const char* title, std::size_t most) {
  TextTable table({{title, Align::kLeft},
                   {"rows", Align::kRight},
                   {"median %", Align::kRight},
                   {"mean %", Align::kRight},
                   {"p90 %", Align::kRight},
                   {"bias %", Align::kRight},
                   {"in band %", Align::kRight}});
  for (std::size_t i = 0; i < std::min(most, groups.size()); ++i) {
    std::vector<std::string> cells{plain(groups[i]["name"]), plain(groups[i]["n"])};
    for (const char* key : kStatistics) cells.push_back(percent(groups[i][key]));
    table.row(std::move(cells));
  }
  return table;
}

TextTable reason_table(const Json& reasons, const char* title) {
  TextTable table({{title, Align::kLeft}, {"rows", Align::kRight}});
  for (const Json& reason : reasons) table.row({plain(reason["name"]), plain(reason["rows"])});
  return table;
}

std::string examples(const Json& doc) {
  const Json& list = doc["not_assessed"];
  std::string out;
  for (std::size_t i = 0; i < std::min(kShownRows, list.size()); ++i) {
    out += fmt::format("  {}: {}\n", plain(list[i]["id"]), plain(list[i]["reason"]));
  }
  if (list.size() > kShownRows)
    out += fmt::format("  and {} more: --format json\n", list.size() - kShownRows);
  return out;
}

/// Every table in reading order, each made by `render`.
template <typename Render>
std::string body(const Json& doc, std::size_t most, Render&& render) {
  std::string out;
  for (const Grouping& grouping : kGroupings) {
    if (!doc.contains(grouping.key)) continue;  // a document of an earlier version
    const Json& groups = doc[grouping.key];
    if (groups.empty()) continue;
    out += "\n" + render(group_table(groups, grouping.title, most));
    if (groups.size() > most)
      out += fmt::format("and {} more: --format json\n", groups.size() - most);
  }
  if (!doc["assumptions"].empty())
    out += "\n" + render(reason_table(doc["assumptions"], "assumed where a row is silent"));
  if (!doc["not_assessed"].empty())
    out += "\n" + render(reason_table(doc["not_assessed_reasons"], "not assessed"));
  return out;
}

std::string predictions_csv(const Json& predictions) {
  TextTable table({{"id"}, {"metric"}, {"unit"}, {"predicted"}, {"low"}, {"high"}, {"measured"}});
  for (const Json& p : predictions) {
    table.row({plain(p["id"]), plain(p["metric"]), plain(p["unit"]), plain(p["predicted"]),
               plain(p["low"]), plain(p["high"]), plain(p["measured"])});
  }
  return table.csv();
}

}  // namespace

std::string validate_text(const ResultDocument& document, const Style& style) {
  const Json& doc = document.json();
  return heading(doc) +
         body(doc, kShownGroups, [&](const TextTable& t) { return t.text(style.columns); }) +
         examples(doc);
}

std::string validate_markdown(const ResultDocument& document, const Style&) {
  const Json& doc = document.json();
  return heading(doc) + body(doc, doc["rows"].get<std::size_t>() + 1,
                             [](const TextTable& t) { return t.markdown(); });
}

std::string validate_csv(const ResultDocument& document, const Style&) {
  const Json& doc = document.json();
  if (doc.contains("predictions")) return predictions_csv(doc["predictions"]);
  std::vector<Column> columns{{"group"}, {"name"}, {"n"}};
  for (const char* key : kStatistics) columns.push_back({key});
  TextTable table(columns);
  const auto add = [&](const char* group, const std::string& name, const Json& entry) {
    std::vector<std::string> cells{group, name, plain(entry["n"])};
    for (const char* key : kStatistics) cells.push_back(plain(entry[key]));
    table.row(std::move(cells));
  };
  add("all", "all", doc["summary"]);
  for (const Grouping& grouping : kGroupings) {
    if (!doc.contains(grouping.key)) continue;
    for (const Json& entry : doc[grouping.key]) add(grouping.title, plain(entry["name"]), entry);
  }
  return table.csv();
}

}  // namespace gpusize
