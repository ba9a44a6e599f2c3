#include "report/plan_tables.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/report/text_table.hpp"
#include "report/plan_names.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownRejections = 5;

std::string number_or(const Json& value, std::string_view otherwise, int digits = 3) {
  return value.is_number() ? human_number(value.get<double>(), digits) : std::string(otherwise);
}

/// The layout as options of `estimate`.
std::string layout_options(const Json& layout) {
  std::string out;
  for (const char* key : {"tp", "pp", "ep", "dp"}) {
    if (layout[key].get<std::int64_t>() > 1)
      out += fmt::format(" --{} {}", key, layout[key].get<std::int64_t>());
  }
  return out;
}

std::string marks_of(const Json& option) {
  std::string out;
  if (option["pareto"].get<bool>()) out += "P";
  if (option["unverified"].get<bool>()) out += "*";
  return out;
}

std::string heading(const Json& doc) {
  const Json& in = doc["inputs"];
  return fmt::format("{} at {} requests/s, {}: {} tokens in, {} out (means)\n",
                     in["model"].get<std::string>(), human_number(in["qps"].get<double>(), 6),
                     in["workload"].get<std::string>(),
                     human_number(in["input_tokens"].get<double>(), 6),
                     human_number(in["output_tokens"].get<double>(), 6));
}

/// Cards that failed for one and the same reason, or one card with its number.
struct RejectionGroup {
  std::string reason;
  std::vector<std::string> cards;
};

std::vector<RejectionGroup> group_rejections(const Json& list) {
  std::vector<RejectionGroup> groups;
  for (const Json& r : list) {
    std::string reason = r["reason"].get<std::string>();
    if (r["needed"].is_number()) {
      reason = fmt::format("{} ({} needed, {} available, {})", reason, number_or(r["needed"], ""),
                           number_or(r["available"], ""), r["unit"].get<std::string>());
    }
    const std::string layout = r["layout"].get<std::string>();
    const std::string card = r["gpu"].get<std::string>() + (layout.empty() ? "" : " " + layout);
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const auto& g) { return g.reason == reason; });
    if (same == groups.end()) {
      groups.push_back({std::move(reason), {card}});
    } else {
      same->cards.push_back(card);
    }
  }
  return groups;
}

std::string rejections(const Json& doc, int columns) {
  const Json& list = doc["rejected"];
  if (list.empty()) return {};
  std::string out = fmt::format("\nRejected: {}\n", list.size());
  const auto groups = group_rejections(list);
  for (std::size_t i = 0; i < std::min(kShownRejections, groups.size()); ++i) {
    std::string line = fmt::format("  {}: {}", groups[i].reason, fmt::join(groups[i].cards, ", "));
    const auto width = static_cast<std::size_t>(columns);
    if (line.size() > width)
      line = line.substr(0, width - 12) + "... " + fmt::format("({})", groups[i].cards.size());
    out += line + "\n";
  }
  if (groups.size() > kShownRejections) {
    out += fmt::format("  and {} more reasons: --format json\n", groups.size() - kShownRejections);
  }
  return out;
}

std::string footer(const Json& doc) {
  std::string out =
      "\n* figures of the card not read in any text   P Pareto: nothing cheaper is faster\n";
  out += fmt::format("{}; price of the first: {}\n", doc["search"]["summary"].get<std::string>(),
                     doc["price_rule"].get<std::string>());
  return out;
}

std::string verdict(const Json& doc) {
  const std::string model = doc["inputs"]["model"].get<std::string>();
  if (doc["options"].empty()) {
    return fmt::format(
        "\nInfeasible: nothing in the catalog serves this. Nearest misses are listed above; try "
        "wider "
        "targets or --weights.\n");
  }
  const Json& best = doc["options"][0];
  const Json& cost_of = best["cost"];
  const std::string cost =
      cost_of["usd_per_hour"].is_number()
          ? fmt::format(", {} USD/h, {} kUSD over {} years",
                        human_number(cost_of["usd_per_hour"].get<double>(), 4),
                        human_number(cost_of["tco_usd"].get<double>() / 1000.0, 4),
                        human_number(cost_of["tco_years"].get<double>()))
          : ", no price known";
  const std::string card = best["gpu"].get<std::string>();
  const std::int64_t replicas = best["replicas"].get<std::int64_t>();
  // A slice of a card ("card/slice") is a card of the plan only: `mig` has its partitions.
  const std::size_t slash = card.find('/');
  const std::string next =
      slash != std::string::npos
          ? fmt::format("gpusize mig --gpu \"{}\" --fit {}", card.substr(0, slash), model)
          : fmt::format("gpusize estimate --model {} --gpu \"{}\"{} --batch {}", model, card,
                        layout_options(best["layout"]), number_or(best["max_batch"], "1", 6));
  return fmt::format("\nVerdict: {} x {} ({} replica{} of {}){}.\nNext: {}\n",
                     best["gpus"].get<std::int64_t>(), card, replicas, replicas == 1 ? "" : "s",
                     layout_name(best["layout"]), cost, next);
}

/// Leaves of an object as `latency.ttft_ms.mean`, numbers in full precision, null as empty.
void flatten(const Json& value, const std::string& path,
             std::vector<std::pair<std::string, std::string>>& out) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items())
      flatten(child, path.empty() ? key : path + "." + key, out);
  } else if (!value.is_array()) {
    const std::string text = value.is_string() ? value.get<std::string>()
                             : value.is_null() ? ""
                                               : value.dump();
    out.emplace_back(path, text);
  }
}

TextTable options_table(const Json& doc) {
  TextTable table({{"#", Align::kRight},
                   {"card", Align::kLeft},
                   {"GPUs", Align::kRight},
                   {"layout", Align::kLeft},
                   {"weights", Align::kLeft},
                   {"batch", Align::kRight},
                   {"TTFT ms", Align::kRight},
                   {"TPOT ms", Align::kRight},
                   {"load", Align::kRight},
                   {"USD/h", Align::kRight},
                   {"USD/Mtok", Align::kRight},
                   {"", Align::kLeft}});
  for (const Json& o : doc["options"]) {
    table.row({fmt::format("{}", o["rank"].get<std::int64_t>()), o["gpu"].get<std::string>(),
               human_number(o["gpus"].get<double>(), 7), layout_name(o["layout"]),
               o["weights_dtype"].get<std::string>(), number_or(o["max_batch"], "", 6),
               number_or(o["latency"]["ttft_ms"]["mean"], ""),
               number_or(o["latency"]["tpot_ms"]["mean"], ""),
               fmt::format("{:.0f}%", 100.0 * o["utilization"].get<double>()),
               number_or(o["cost"]["usd_per_hour"], "no price", 4),
               number_or(o["cost"]["usd_per_million_output_tokens"], "-"), marks_of(o)});
  }
  return table;
}

}  // namespace

std::string plan_text(const ResultDocument& document, const Style& style) {
  const Json& doc = document.json();
  std::string out = heading(doc);
  if (!doc["options"].empty()) out += "\n" + options_table(doc).text(style.columns);
  out += rejections(doc, style.columns);
  if (!doc["options"].empty()) out += footer(doc);
  return out + verdict(doc);
}

std::string plan_markdown(const ResultDocument& document, const Style&) {
  const Json& doc = document.json();
  std::string out = heading(doc) + "\n";
  if (!doc["options"].empty()) out += options_table(doc).markdown();
  return out + verdict(doc);
}

std::string plan_csv(const ResultDocument& document, const Style&) {
  std::vector<std::vector<std::pair<std::string, std::string>>> rows;
  for (const Json& option : document.json()["options"]) {
    rows.emplace_back();
    flatten(option, "", rows.back());
  }
  if (rows.empty()) return "rank\n";
  std::vector<Column> columns;
  for (const auto& [name, value] : rows.front()) columns.push_back({name, Align::kLeft});
  TextTable table(columns);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& [name, value] : row) cells.push_back(value);
    table.row(std::move(cells));
  }
  return table.csv();
}

}  // namespace gpusize
