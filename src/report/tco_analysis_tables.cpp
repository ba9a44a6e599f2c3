// What moves the totals of a cost model, how sure they are, where they cross, what was published.

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "report/bars.hpp"
#include "report/cells.hpp"
#include "report/tco_cells.hpp"
#include "report/tco_tables.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRangeWidth = 21;

/// The ends of a scale on which all values have a place.
struct Ends {
  double from = std::numeric_limits<double>::infinity();
  double to = -std::numeric_limits<double>::infinity();

  void take(double value) {
    from = std::min(from, value);
    to = std::max(to, value);
  }
};

void add_break_even(Sections& out, const Json& doc, const Words& w) {
  const Json& b = doc["break_even"];
  if (!b.is_object()) return;
  const auto title = [&](const Json& id) {
    for (const Json& s : doc["scenarios"]) {
      if (s["id"] == id) return scenario_name(s, w);
    }
    return id.get<std::string>();
  };
  Section section;
  section.title = w.str("table.break_even");
  for (const Json& row : b["points"])
    section.lines.push_back(break_even_sentence(w, row, title(row["a"]), title(row["b"])));
  if (!section.lines.empty()) out.push_back(std::move(section));
}

/// Rows of the widest drivers of each scenario.
std::vector<const Json*> widest(const Json& list) {
  constexpr std::size_t kShown = 6;
  std::vector<const Json*> out;
  std::string last;
  std::size_t shown = 0;
  for (const Json& row : list) {
    shown = row["scenario"] == last ? shown + 1 : 1;
    last = row["scenario"].get<std::string>();
    if (shown <= kShown) out.push_back(&row);
  }
  return out;
}

void add_sensitivity(Sections& out, const Json& doc, const Words& w) {
  const auto rows = widest(doc["sensitivity"]);
  if (rows.empty()) return;
  const bool net = any_benefit(doc);  // with a benefit the question is what remains of it
  const char* low = net ? "net_low_usd" : "tco_low_usd";
  const char* high = net ? "net_high_usd" : "tco_high_usd";
  Ends ends;
  for (const Json* row : rows) {
    ends.take((*row)[low].get<double>());
    ends.take((*row)[high].get<double>());
  }
  const auto base = [&](const Json& id) {
    for (const Json& s : doc["scenarios"]) {
      if (s["id"] == id)
        return (net ? s["benefit_usd"].get<double>() : 0.0) +
               (net ? -1.0 : 1.0) * s["tco_usd"].get<double>();
    }
    return ends.from;
  };
  Section section;
  section.title = w.str(net ? "table.drives_net" : "table.drives_total");
  section.table.emplace(
      std::vector<Column>{{w.str("table.scenario"), Align::kLeft},
                          {w.str("table.driver"), Align::kLeft},
                          {w.str("table.low"), Align::kRight},
                          {w.str("table.high"), Align::kRight},
                          {w.str(net ? "table.net_at_low" : "table.total_at_low"), Align::kRight},
                          {w.str(net ? "table.net_at_high" : "table.total_at_high"), Align::kRight},
                          {"", Align::kLeft, true}});
  for (const Json* pointer : rows) {
    const Json& row = *pointer;
    const double a = row[low].get<double>();
    const double b = row[high].get<double>();
    section.table->row({scenario_short(text_of(row, "scenario"), w),
                        w.name("driver", text_of(row, "name")), cell(row, "low", 4),
                        cell(row, "high", 4), money(row[low]), money(row[high]),
                        range_bar(std::min(a, b), base(row["scenario"]), std::max(a, b), ends.from,
                                  ends.to, kRangeWidth)});
  }
  out.push_back(std::move(section));
}

void add_simulation(Sections& out, const Json& doc, const Words& w) {
  const Json& mc = doc["monte_carlo"];
  if (!mc.is_object()) return;
  const bool net = any_benefit(doc);
  const std::string prefix = net ? "net_" : "";
  const auto at = [&](const Json& s, const char* key) -> const Json& { return s[prefix + key]; };
  Ends ends;
  for (const Json& s : mc["scenarios"]) {
    ends.take(at(s, "p10_usd").get<double>());
    ends.take(at(s, "p90_usd").get<double>());
  }
  Section section;
  section.title = w.text(net ? "table.simulation_net" : "table.simulation_total",
                         cell(mc, "draws", 9), cell(mc, "seed", 9));
  section.table.emplace(
      std::vector<Column>{{w.str("table.scenario"), Align::kLeft},
                          {"P10 USD", Align::kRight},
                          {"P50 USD", Align::kRight},
                          {"P90 USD", Align::kRight},
                          {w.str(net ? "table.gain_in" : "table.cheapest_in"), Align::kRight},
                          {"", Align::kLeft, true}});
  for (const Json& s : mc["scenarios"])
    section.table->row(
        {scenario_short(text_of(s, "id"), w), money(at(s, "p10_usd")), money(at(s, "p50_usd")),
         money(at(s, "p90_usd")), percent(s[net ? "gain_share" : "cheapest_share"]),
         range_bar(at(s, "p10_usd").get<double>(), at(s, "p50_usd").get<double>(),
                   at(s, "p90_usd").get<double>(), ends.from, ends.to, kRangeWidth)});
  out.push_back(std::move(section));
}

void add_published(Sections& out, const Json& doc, const Words& w) {
  if (doc["published"].empty()) return;
  Section section;
  section.title = w.str("table.published");
  section.table.emplace(std::vector<Column>{{w.str("table.figure"), Align::kLeft},
                                            {w.str("table.stated"), Align::kRight},
                                            {w.str("table.here"), Align::kRight},
                                            {w.str("table.difference"), Align::kRight},
                                            {w.str("table.rounding"), Align::kLeft}});
  for (const Json& row : doc["published"]) {
    const std::string unit = text_of(row, "unit");
    const auto shown = [&unit](const Json& amount) {
      if (unit == "ratio") return percent(amount);
      return unit == "USD" ? money(amount) : fmt::format("{:.2f} {}", amount.get<double>(), unit);
    };
    section.table->row({text_of(row, "what"), shown(row["published"]), shown(row["computed"]),
                        fmt::format("{:+.3f} %", 100.0 * row["difference"].get<double>()),
                        w.str(row["within_tolerance"].get<bool>() ? "common.yes" : "common.no")});
    if (!text_of(row, "note").empty()) section.lines.push_back(text_of(row, "note"));
  }
  out.push_back(std::move(section));
}

}  // namespace

void add_tco_analysis(Sections& out, const Json& document, const Words& words) {
  add_break_even(out, document, words);
  add_sensitivity(out, document, words);
  add_simulation(out, document, words);
  add_published(out, document, words);
}

}  // namespace gpusize
