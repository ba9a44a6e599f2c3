#include <algorithm>

#include <fmt/format.h>

#include "report/cells.hpp"
#include "report/simulate_tables.hpp"
#include "report/sparkline.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPlotWidth = 72;

std::vector<double> rates_of(const Json& slices) {
  std::vector<double> out;
  for (const Json& slice : slices) out.push_back(slice["arrivals_per_s"].get<double>());
  return out;
}

TextTable lengths(const Json& doc) {
  TextTable table({{"tokens", Align::kLeft},
                   {"mean", Align::kRight},
                   {"p50", Align::kRight},
                   {"p90", Align::kRight},
                   {"p95", Align::kRight},
                   {"p99", Align::kRight}});
  for (const auto& [key, title] :
       {std::pair{"input_tokens", "input"}, std::pair{"output_tokens", "output"}}) {
    const Json& m = doc[key];
    table.row({title, cell(m, "mean", 5), cell(m, "p50", 5), cell(m, "p90", 5), cell(m, "p95", 5),
               cell(m, "p99", 5)});
  }
  return table;
}

std::vector<std::string> facts(const Json& doc) {
  std::vector<std::string> out;
  out.push_back(
      fmt::format("{} requests in {} s: {} per second on average, {} in the busiest minute.",
                  cell(doc, "requests", 9), cell(doc, "duration_s", 6), cell(doc, "mean_req_per_s"),
                  cell(doc, "peak_minute_req_per_s")));
  out.push_back(fmt::format(
      "Gaps vary by {} of their mean (burstiness {}); arrivals in 10 s vary {} times as Poisson's.",
      cell(doc, "gap_cv"), cell(doc, "burstiness"), cell(doc, "dispersion_10s")));
  if (doc["prefix_reuse_share"].is_number()) {
    out.push_back(fmt::format("Prompt blocks seen before: {:.1f} % (an endless cache).",
                              100.0 * doc["prefix_reuse_share"].get<double>()));
  }
  for (const Json& row : doc["skipped"])
    out.push_back(
        fmt::format("Left out: {} rows: {}", cell(row, "rows", 9), text_of(row, "reason")));
  for (const Json& item : doc["not_assessed"])
    out.push_back(
        fmt::format("Not assessed: {}: {}", text_of(item, "what"), text_of(item, "reason")));
  return out;
}

}  // namespace

Sections workload_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  out.push_back({fmt::format("{} ({})", text_of(doc["inputs"], "trace"), text_of(doc, "format")),
                 lengths(doc), facts(doc)});
  TextTable plot({{"requests/s over time", Align::kLeft}, {"highest", Align::kRight}});
  const auto row = [&](const char* key) {
    const std::vector<double> rates = rates_of(doc[key]);
    if (rates.size() < 2) return;
    plot.row({sparkline(rates, kPlotWidth),
              human_number(*std::max_element(rates.begin(), rates.end()), 3)});
  };
  row("over_time");
  if (!plot.empty()) out.push_back({"", plot, {}});
  TextTable hours({{"hour", Align::kRight}, {"requests/s", Align::kRight}});
  const std::vector<double> hourly = rates_of(doc["hourly"]);
  for (std::size_t h = 0; h < std::min<std::size_t>(hourly.size(), 24); ++h)
    hours.row({fmt::format("{}", h), human_number(hourly[h], 3)});
  if (!hours.empty()) out.push_back({"", hours, {}});
  return out;
}

}  // namespace gpusize
