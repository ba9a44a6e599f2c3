#include "report/tco_tables.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

/// Money to the cent with thousands separators, so that printed lines add up to the printed total.
std::string money(const Json& value) {
  if (!value.is_number()) return "-";
  const auto cents =
      static_cast<std::int64_t>(std::llround(std::fabs(value.get<double>()) * 100.0));
  std::string whole = fmt::format("{}", cents / 100);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(whole.size()) - 3; at > 0; at -= 3)
    whole.insert(static_cast<std::size_t>(at), ",");
  const bool negative = value.get<double>() < 0.0 && cents > 0;
  return fmt::format("{}{}.{:02}", negative ? "-" : "", whole, cents % 100);
}

std::string percent(const Json& value) {
  return value.is_number() ? fmt::format("{:.1f} %", 100.0 * value.get<double>()) : "-";
}

std::string unit_cost(const Json& value) {
  return value.is_number() ? human_number(value.get<double>(), 4) : "-";
}

bool any_benefit(const Json& doc) {
  return std::any_of(doc["scenarios"].begin(), doc["scenarios"].end(),
                     [](const Json& s) { return !s["benefits"].empty(); });
}

Section heading(const Json& doc) {
  Section out;
  std::string what = text_of(doc, "title");
  if (doc["fleet"].is_object()) {
    const Json& f = doc["fleet"];
    const Json& in = doc["inputs"]["plan"];
    what = fmt::format("{} at {} requests/s on {} x {}", text_of(f, "model"),
                       human_number(in["qps"].get<double>(), 6), cell(f, "gpus", 7),
                       text_of(f, "gpu"));
  }
  const Json& h = doc["horizon"];
  out.lines.push_back(h["period"] == "month" ? fmt::format("{}: {} years from {}", what,
                                                           cell(h, "years"), text_of(h, "start"))
                                             : what);
  return out;
}

Section scenarios(const Json& doc) {
  const bool benefit = any_benefit(doc);
  std::vector<Column> columns{{"scenario", Align::kLeft},     {"total USD", Align::kRight},
                              {"NPV USD", Align::kRight},     {"USD/Mtok out", Align::kRight},
                              {"USD/request", Align::kRight}, {"USD/busy GPU-h", Align::kRight}};
  if (benefit) {
    columns.push_back({"benefit USD", Align::kRight});
    columns.push_back({"ROI", Align::kRight});
    columns.push_back({"IRR", Align::kRight});
    columns.push_back({"payback", Align::kRight});
  }
  Section out;
  out.table.emplace(std::move(columns));
  for (const Json& s : doc["scenarios"]) {
    std::vector<std::string> row{text_of(s, "name"),
                                 s["tco_usd"].is_null() ? "no price" : money(s["tco_usd"]),
                                 money(s["npv_usd"]),
                                 unit_cost(s["usd_per_million_output_tokens"]),
                                 unit_cost(s["usd_per_request"]),
                                 unit_cost(s["usd_per_gpu_hour_used"])};
    if (benefit) {
      row.push_back(money(s["benefit_usd"]));
      row.push_back(percent(s["roi"]));
      row.push_back(s["irr"].is_null() && s["irr_case"] == "multiple" ? "several"
                                                                      : percent(s["irr"]));
      row.push_back(s["payback_months"].is_number()
                        ? fmt::format("{} months", cell(s["payback_months"]))
                        : "-");
    }
    out.table->row(std::move(row));
  }
  return out;
}

TextTable lines_table(const Json& lines, const Json& total, std::string_view name) {
  TextTable table({{"line", Align::kLeft},
                   {"kind", Align::kLeft},
                   {"quantity", Align::kRight},
                   {"unit", Align::kLeft},
                   {"USD each", Align::kRight},
                   {"USD", Align::kRight}});
  for (const Json& line : lines) {
    if (line["amount_usd"] == 0.0) continue;
    table.row({text_of(line, "name"), text_of(line, "kind"),
               human_number(line["quantity"].get<double>(), 6), text_of(line, "unit"),
               human_number(line["unit_price"].get<double>(), 5), money(line["amount_usd"])});
  }
  table.row({std::string(name), "", "", "", "", money(total)});
  return table;
}

void add_lines(Sections& out, const Json& doc) {
  for (const Json& s : doc["scenarios"]) {
    if (s["tco_usd"].is_null()) continue;
    Section section;
    section.title = text_of(s, "name");
    section.table = lines_table(s["lines"], s["tco_usd"], "total cost");
    if (!text_of(s, "note").empty()) section.lines.push_back(text_of(s, "note"));
    out.push_back(std::move(section));
    if (!s["benefits"].empty()) {
      Section benefits;
      benefits.title = text_of(s, "name") + ": benefit";
      benefits.table = lines_table(s["benefits"], s["benefit_usd"], "total benefit");
      out.push_back(std::move(benefits));
    }
  }
}

void add_yearly(Sections& out, const Json& doc) {
  if (doc["horizon"]["period"] != "month") return;
  std::vector<Column> columns{{"USD paid in year", Align::kLeft}};
  std::size_t years = 0;
  for (const Json& s : doc["scenarios"]) years = std::max(years, s["yearly"].size());
  for (std::size_t y = 0; y < years; ++y)
    columns.push_back({y == 0 ? "start" : fmt::format("{}", y), Align::kRight});
  Section section;
  section.title = "Cash";
  section.table.emplace(std::move(columns));
  const bool benefit = any_benefit(doc);
  for (const Json& s : doc["scenarios"]) {
    if (s["tco_usd"].is_null()) continue;
    const auto row = [&](const std::string& name, const char* key) {
      std::vector<std::string> cells{name};
      for (const Json& year : s["yearly"]) cells.push_back(money(year[key]));
      cells.resize(years + 1);
      section.table->row(std::move(cells));
    };
    row(text_of(s, "name"), "cost_usd");
    if (benefit) row(text_of(s, "name") + ", net", "net_usd");
  }
  out.push_back(std::move(section));
}

void add_sensitivity(Sections& out, const Json& doc) {
  constexpr std::size_t kShown = 6;
  const Json& list = doc["sensitivity"];
  if (list.empty()) return;
  const bool net = any_benefit(doc);  // with a benefit the question is what remains of it
  Section section;
  section.title = net ? "What drives benefit less cost" : "What drives the total";
  section.table.emplace(
      std::vector<Column>{{"scenario", Align::kLeft},
                          {"driver", Align::kLeft},
                          {"low", Align::kRight},
                          {"high", Align::kRight},
                          {net ? "net at low" : "total at low", Align::kRight},
                          {net ? "net at high" : "total at high", Align::kRight}});
  std::string last;
  std::size_t shown = 0;
  for (const Json& row : list) {
    shown = row["scenario"] == last ? shown + 1 : 1;
    last = row["scenario"].get<std::string>();
    if (shown > kShown) continue;
    section.table->row({last, text_of(row, "name"), cell(row, "low", 4), cell(row, "high", 4),
                        money(row[net ? "net_low_usd" : "tco_low_usd"]),
                        money(row[net ? "net_high_usd" : "tco_high_usd"])});
  }
  out.push_back(std::move(section));
}

void add_simulation(Sections& out, const Json& doc) {
  const Json& mc = doc["monte_carlo"];
  if (!mc.is_object()) return;
  const bool net = any_benefit(doc);
  Section section;
  section.title =
      fmt::format("Simulation of {}: {} draws, seed {}", net ? "benefit less cost" : "the total",
                  cell(mc, "draws", 9), cell(mc, "seed", 9));
  section.table.emplace(std::vector<Column>{{"scenario", Align::kLeft},
                                            {"P10 USD", Align::kRight},
                                            {"P50 USD", Align::kRight},
                                            {"P90 USD", Align::kRight},
                                            {net ? "gain in" : "cheapest in", Align::kRight}});
  const std::string prefix = net ? "net_" : "";
  for (const Json& s : mc["scenarios"])
    section.table->row({text_of(s, "id"), money(s[prefix + "p10_usd"]),
                        money(s[prefix + "p50_usd"]), money(s[prefix + "p90_usd"]),
                        percent(s[net ? "gain_share" : "cheapest_share"])});
  out.push_back(std::move(section));
}

void add_break_even(Sections& out, const Json& doc) {
  const Json& b = doc["break_even"];
  if (!b.is_object()) return;
  Section section;
  section.title = "Break-even";
  for (const Json& row : b["points"]) section.lines.push_back(text_of(row, "text"));
  if (!section.lines.empty()) out.push_back(std::move(section));
}

void add_published(Sections& out, const Json& doc) {
  if (doc["published"].empty()) return;
  Section section;
  section.title = "Against published figures";
  section.table.emplace(std::vector<Column>{{"figure", Align::kLeft},
                                            {"published", Align::kRight},
                                            {"here", Align::kRight},
                                            {"difference", Align::kRight},
                                            {"explained by rounding", Align::kLeft}});
  for (const Json& row : doc["published"]) {
    const bool ratio = row["what"] == "roi";
    section.table->row({text_of(row, "what"),
                        ratio ? percent(row["published"]) : money(row["published"]),
                        ratio ? percent(row["computed"]) : money(row["computed"]),
                        fmt::format("{:+.3f} %", 100.0 * row["difference"].get<double>()),
                        cell(row["within_tolerance"])});
    if (!text_of(row, "note").empty()) section.lines.push_back(text_of(row, "note"));
  }
  out.push_back(std::move(section));
}

Section footer(const Json& doc) {
  Section out;
  const std::string code = text_of(doc["currency"], "code");
  const double per_usd = doc["currency"]["per_usd"].get<double>();
  for (const Json& s : doc["scenarios"]) {
    if (code != "USD" && s["tco_usd"].is_number())
      out.lines.push_back(fmt::format("{}: {} {} at {} for one USD", text_of(s, "name"),
                                      money(s["tco_usd"].get<double>() * per_usd), code,
                                      human_number(per_usd, 6)));
  }
  for (const Json& row : doc["not_assessed"])
    out.lines.push_back(
        fmt::format("Not assessed: {}: {}", text_of(row, "what"), text_of(row, "reason")));
  for (const Json& note : doc["notes"]) out.lines.push_back(note.get<std::string>());
  if (doc["cheapest"].is_string() && doc["scenarios"].size() > 1) {
    for (const Json& s : doc["scenarios"]) {
      if (s["id"] == doc["cheapest"])
        out.lines.push_back(fmt::format("Verdict: {} is cheapest, {} USD in all.",
                                        text_of(s, "name"), money(s["tco_usd"])));
    }
  }
  return out;
}

}  // namespace

Sections tco_sections(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out{heading(doc), scenarios(doc)};
  add_lines(out, doc);
  add_yearly(out, doc);
  add_break_even(out, doc);
  add_sensitivity(out, doc);
  add_simulation(out, doc);
  add_published(out, doc);
  out.push_back(footer(doc));
  return out;
}

std::string tco_csv(const ResultDocument& document, const Style&) {
  TextTable table({{"scenario"},
                   {"side"},
                   {"line"},
                   {"name"},
                   {"kind"},
                   {"year"},
                   {"quantity"},
                   {"unit"},
                   {"unit_price_usd"},
                   {"amount_usd"},
                   {"source"}});
  for (const Json& s : document.json()["scenarios"]) {
    for (const char* side : {"lines", "benefits"}) {
      const std::string label = std::string_view(side) == "lines" ? "cost" : "benefit";
      for (const Json& line : s[side]) {
        const auto row = [&](const Json& from, const std::string& year) {
          table.row({text_of(s, "id"), label, text_of(line, "id"), text_of(line, "name"),
                     text_of(line, "kind"), year, exact(from["quantity"]), text_of(line, "unit"),
                     exact(from["unit_price"]), exact(from["amount_usd"]),
                     text_of(line, "source")});
        };
        for (const Json& year : line["by_year"]) row(year, exact(year["year"]));
        row(line, "");
      }
    }
    if (!s["tco_usd"].is_null())
      table.row({text_of(s, "id"), "cost", "total", "total cost", "", "", "", "USD", "",
                 exact(s["tco_usd"]), ""});
  }
  return table.csv();
}

}  // namespace gpusize
