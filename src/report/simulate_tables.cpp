#include "report/simulate_tables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/cells.hpp"
#include "report/sparkline.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPlotWidth = 60;

std::string heading(const Json& doc) {
  const Json& d = doc["deployment"];
  return fmt::format("{} on {} GPUs of {}, {} per replica, weights {}, KV {}, {} ({})",
                     text_of(d, "model_name"), cell(d, "gpus", 7), text_of(d, "gpu"),
                     text_of(d, "layout"), text_of(d, "weights"), text_of(d, "kv"),
                     text_of(d, "engine"), text_of(d, "engine_version"));
}

std::string load(const Json& doc) {
  const Json& in = doc["inputs"];
  const Json& w = doc["workload"];
  return fmt::format(
      "{} replicas, {} requests/s ({} arrivals, burstiness {}), {}: {} tokens in, {} out (means); "
      "{} requests, seed {}.",
      cell(in, "replicas", 7), cell(w, "rate_per_s", 6), text_of(w, "arrival"),
      cell(w, "burstiness"), text_of(w, "name"), cell(w, "input_tokens", 6),
      cell(w, "output_tokens", 6), cell(doc, "requests", 9), cell(in, "seed", 9));
}

TextTable latencies(const Json& doc) {
  TextTable table({{"ms", Align::kLeft},
                   {"mean", Align::kRight},
                   {"+-", Align::kRight},
                   {"p50", Align::kRight},
                   {"p90", Align::kRight},
                   {"p95", Align::kRight},
                   {"p99", Align::kRight}});
  for (const auto& [key, title] :
       {std::pair{"ttft_ms", "TTFT"}, std::pair{"tpot_ms", "TPOT"}, std::pair{"itl_ms", "ITL"},
        std::pair{"e2e_ms", "E2E"}, std::pair{"queue_ms", "queue"}}) {
    const Json& m = doc[key];
    table.row({title, cell(m, "mean", 4), cell(m, "ci95", 2), cell(m, "p50", 4), cell(m, "p90", 4),
               cell(m, "p95", 4), cell(m, "p99", 4)});
  }
  return table;
}

std::string percent(const Json& doc, const char* key) {
  return fmt::format("{:.1f} %", 100.0 * doc[key].get<double>());
}

std::vector<std::string> rates(const Json& doc) {
  return {
      fmt::format("Completed {} requests/s, {} output tokens/s; goodput {} requests/s ({} of them "
                  "within the targets).",
                  cell(doc, "request_throughput", 4), cell(doc, "output_throughput", 4),
                  cell(doc, "goodput_req_per_s", 4), percent(doc, "goodput_share")),
      fmt::format("Busy {} of the time, KV blocks taken {}, {} requests in flight, {} preemptions, "
                  "prefix hits {}.",
                  percent(doc, "utilization"), percent(doc, "kv_utilization"),
                  cell(doc, "in_flight", 4), cell(doc, "preemptions", 9),
                  percent(doc, "prefix_hit_share"))};
}

/// Each quantity over time as a plot, and what its full height is.
std::optional<TextTable> course(const Json& doc) {
  const Json& slices = doc["over_time"];
  if (slices.size() < 2) return {};
  TextTable table({{fmt::format("over {} s", cell(doc, "duration_s", 4)), Align::kLeft},
                   {"", Align::kLeft},
                   {"highest", Align::kRight}});
  for (const auto& [key, title] :
       {std::pair{"arrivals_per_s", "arrivals/s"}, std::pair{"completions_per_s", "completions/s"},
        std::pair{"running", "running"}, std::pair{"waiting", "waiting"},
        std::pair{"ttft_ms", "TTFT ms"}, std::pair{"replicas", "replicas"}}) {
    std::vector<double> values;
    for (const Json& slice : slices) values.push_back(slice[key].get<double>());
    const double top = *std::max_element(values.begin(), values.end());
    table.row({title, sparkline(values, kPlotWidth), human_number(top, 3)});
  }
  return table;
}

std::vector<std::string> remarks(const Json& doc) {
  std::vector<std::string> out;
  if (doc["partial"].get<bool>())
    out.push_back("Partial: the run was interrupted; figures are of what was completed.");
  for (const Json& note : doc["notes"])
    out.push_back(fmt::format("Note: {}", note.get<std::string>()));
  for (const Json& item : doc["not_assessed"])
    out.push_back(
        fmt::format("Not assessed: {}: {}", text_of(item, "what"), text_of(item, "reason")));
  return out;
}

}  // namespace

Sections simulate_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  out.push_back({"", std::nullopt, {heading(doc), load(doc)}});
  out.push_back({"", latencies(doc), rates(doc)});
  if (auto table = course(doc)) out.push_back({"", std::move(table), {}});
  if (auto lines = remarks(doc); !lines.empty())
    out.push_back({"", std::nullopt, std::move(lines)});
  return out;
}

}  // namespace gpusize
