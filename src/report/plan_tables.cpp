#include "report/plan_tables.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"
#include "gpusize/report/text_table.hpp"
#include "report/bars.hpp"
#include "report/plan_names.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownRejections = 5;
constexpr std::size_t kBarWidth = 8;

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

/// The weight format that all options share, empty when they differ.
std::string shared_weights(const Json& doc) {
  std::string shared;
  for (const Json& o : doc["options"]) {
    const std::string weights = o["weights_dtype"].get<std::string>();
    if (!shared.empty() && shared != weights) return {};
    shared = weights;
  }
  return shared;
}

std::string heading(const Json& doc, const Words& w) {
  const Json& in = doc["inputs"];
  const std::string weights = shared_weights(doc);
  return w.text("say.plan_heading", printable(in["model"].get<std::string>()),
                human_number(in["qps"].get<double>(), 6),
                printable(in["workload"].get<std::string>()),
                human_number(in["input_tokens"].get<double>(), 6),
                human_number(in["output_tokens"].get<double>(), 6)) +
         (weights.empty() ? "" : w.text("say.all_weights", weights)) + "\n";
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

std::string rejections(const Json& doc, const Words& w, int columns) {
  const Json& list = doc["rejected"];
  if (list.empty()) return {};
  std::string out = "\n" + w.text("say.rejected", fmt::format("{}", list.size())) + "\n";
  const auto groups = group_rejections(list);
  for (std::size_t i = 0; i < std::min(kShownRejections, groups.size()); ++i) {
    std::string line = fmt::format("  {}: {}", groups[i].reason, fmt::join(groups[i].cards, ", "));
    const auto width = static_cast<std::size_t>(columns);
    if (line.size() > width)
      line = line.substr(0, width - 12) + "... " + fmt::format("({})", groups[i].cards.size());
    out += line + "\n";
  }
  if (groups.size() > kShownRejections)
    out += fmt::format(
        "  {}\n", w.text("say.more_reasons", fmt::format("{}", groups.size() - kShownRejections)));
  return out;
}

std::string footer(const Json& doc, const Words& w) {
  return fmt::format("\n{}\n{}\n", w["say.marks"],
                     w.text("say.plan_footer", doc["search"]["summary"].get<std::string>(),
                            printable(doc["price_rule"].get<std::string>())));
}

std::string cost_in_words(const Json& cost, const Words& w) {
  if (!cost["usd_per_hour"].is_number()) return w.str("say.no_price");
  return w.text("say.cost", human_number(cost["usd_per_hour"].get<double>(), 4),
                human_number(cost["tco_usd"].get<double>() / 1000.0, 4),
                human_number(cost["tco_years"].get<double>()));
}

/// What to run next for the first option.
std::string next_command(const Json& best, const std::string& model) {
  const std::string card = best["gpu"].get<std::string>();
  // A slice of a card ("card/slice") is a card of the plan only: `mig` has its partitions.
  const std::size_t slash = card.find('/');
  if (slash != std::string::npos)
    return fmt::format("gpusize mig --gpu \"{}\" --fit {}", card.substr(0, slash), model);
  return fmt::format("gpusize estimate --model {} --gpu \"{}\"{} --batch {}", model, card,
                     layout_options(best["layout"]), number_or(best["max_batch"], "1", 6));
}

std::string verdict(const Json& doc, const Words& w) {
  if (doc["options"].empty()) return fmt::format("\n{}\n", w["say.plan_infeasible"]);
  const Json& best = doc["options"][0];
  const std::int64_t replicas = best["replicas"].get<std::int64_t>();
  const std::string fleet = w.text(replicas == 1 ? "say.replica" : "say.replicas",
                                   fmt::format("{}", replicas), layout_name(best["layout"]));
  const std::string model = printable(doc["inputs"]["model"].get<std::string>());
  return fmt::format(
      "\n{}\n{}\n",
      w.text("say.plan_verdict", fmt::format("{}", best["gpus"].get<std::int64_t>()),
             printable(best["gpu"].get<std::string>()), fleet, cost_in_words(best["cost"], w)),
      w.text("say.next", next_command(best, model)));
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

/// The dearest option's cost per hour: what the bars are drawn against.
double dearest(const Json& doc) {
  double most = 0.0;
  for (const Json& o : doc["options"]) {
    const Json& cost = o["cost"]["usd_per_hour"];
    if (cost.is_number()) most = std::max(most, cost.get<double>());
  }
  return most;
}

TextTable options_table(const Json& doc, const Words& w) {
  const bool mixed = shared_weights(doc).empty();
  const auto head = [&](const char* key) { return w.str(fmt::format("table.{}", key)); };
  std::vector<Column> columns{{"#", Align::kRight},
                              {head("card"), Align::kLeft},
                              {head("gpus"), Align::kRight},
                              {head("layout"), Align::kLeft}};
  if (mixed) columns.push_back({head("weights"), Align::kLeft});
  for (const auto& title :
       {head("batch"), std::string("TTFT ms"), std::string("TPOT ms"), head("load"), head("usd_h")})
    columns.push_back({title, Align::kRight});
  columns.push_back({"", Align::kLeft, true});
  columns.push_back({head("usd_mtok"), Align::kRight});
  columns.push_back({"", Align::kLeft});
  TextTable table(std::move(columns));
  const double most = dearest(doc);
  for (const Json& o : doc["options"]) {
    const Json& cost = o["cost"]["usd_per_hour"];
    std::vector<std::string> row{
        fmt::format("{}", o["rank"].get<std::int64_t>()), o["gpu"].get<std::string>(),
        human_number(o["gpus"].get<double>(), 7), layout_name(o["layout"])};
    if (mixed) row.push_back(o["weights_dtype"].get<std::string>());
    row.insert(row.end(),
               {number_or(o["max_batch"], "", 6), number_or(o["latency"]["ttft_ms"]["mean"], ""),
                number_or(o["latency"]["tpot_ms"]["mean"], ""),
                fmt::format("{:.0f}%", 100.0 * o["utilization"].get<double>()),
                number_or(cost, w["table.no_price"], 4),
                cost.is_number() ? bar(cost.get<double>() / most, kBarWidth) : "",
                number_or(o["cost"]["usd_per_million_output_tokens"], "-"), marks_of(o)});
    table.row(std::move(row));
  }
  return table;
}

}  // namespace

std::string plan_text(const ResultDocument& document, const Style& style) {
  const Json& doc = document.json();
  const Words& w = Words::of(style.lang);
  std::string out = heading(doc, w);
  if (!doc["options"].empty()) out += "\n" + options_table(doc, w).text(style.columns);
  out += rejections(doc, w, style.columns);
  if (!doc["options"].empty()) out += footer(doc, w);
  return out + verdict(doc, w);
}

std::string plan_markdown(const ResultDocument& document, const Style& style) {
  const Json& doc = document.json();
  const Words& w = Words::of(style.lang);
  std::string out = heading(doc, w) + "\n";
  if (!doc["options"].empty()) out += options_table(doc, w).markdown();
  return out + verdict(doc, w);
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
