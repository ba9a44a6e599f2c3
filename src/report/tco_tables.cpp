#include "report/tco_tables.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/bars.hpp"
#include "report/cells.hpp"
#include "report/sparkline.hpp"
#include "report/tco_cells.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBarWidth = 12;
constexpr std::size_t kCourseWidth = 24;

std::string unit_cost(const Json& value) {
  return value.is_number() ? human_number(value.get<double>(), 4) : "-";
}

Section heading(const Json& doc, const Words& w) {
  Section out;
  std::string what = text_of(doc, "title");
  if (doc["fleet"].is_object()) {
    const Json& f = doc["fleet"];
    const Json& in = doc["inputs"]["plan"];
    what = w.text("say.tco_fleet", text_of(f, "model"), human_number(in["qps"].get<double>(), 6),
                  cell(f, "gpus", 7), text_of(f, "gpu"));
  }
  const Json& h = doc["horizon"];
  out.lines.push_back(h["period"] == "month"
                          ? w.text("say.tco_horizon", what, cell(h, "years"), text_of(h, "start"))
                          : what);
  return out;
}

Section scenarios(const Json& doc, const Words& w) {
  const bool benefit = any_benefit(doc);
  std::vector<Column> columns{{w.str("table.scenario"), Align::kLeft}};
  for (const char* key : {"total_usd", "npv_usd", "usd_mtok_out", "usd_request", "usd_busy"})
    columns.push_back({w.str(fmt::format("table.{}", key)), Align::kRight});
  if (benefit) {
    for (const std::string& title : {w.str("table.benefit_usd"), std::string("ROI"),
                                     std::string("IRR"), w.str("table.payback")})
      columns.push_back({title, Align::kRight});
  }
  Section out;
  out.table.emplace(std::move(columns));
  for (const Json& s : doc["scenarios"]) {
    std::vector<std::string> row{
        scenario_name(s, w),
        s["tco_usd"].is_null() ? w.str("table.no_price") : money(s["tco_usd"]),
        money(s["npv_usd"]),
        unit_cost(s["usd_per_million_output_tokens"]),
        unit_cost(s["usd_per_request"]),
        unit_cost(s["usd_per_gpu_hour_used"])};
    if (benefit) {
      row.push_back(money(s["benefit_usd"]));
      row.push_back(percent(s["roi"]));
      row.push_back(s["irr"].is_null() && s["irr_case"] == "multiple" ? w.str("table.several")
                                                                      : percent(s["irr"]));
      row.push_back(s["payback_months"].is_number()
                        ? w.text("table.months", cell(s["payback_months"]))
                        : "-");
    }
    out.table->row(std::move(row));
  }
  return out;
}

/// Lines with their shares of the largest one; what comes back (resale) has no bar.
TextTable lines_table(const Json& lines, const Json& total, const Words& w, const char* name) {
  const auto head = [&](const char* key) { return w.str(fmt::format("table.{}", key)); };
  TextTable table({{head("line"), Align::kLeft},
                   {head("kind"), Align::kLeft},
                   {head("quantity"), Align::kRight},
                   {head("unit"), Align::kLeft},
                   {head("usd_each"), Align::kRight},
                   {head("usd"), Align::kRight},
                   {"", Align::kLeft, true}});
  double most = 0.0;
  for (const Json& line : lines) most = std::max(most, line["amount_usd"].get<double>());
  for (const Json& line : lines) {
    const double amount = line["amount_usd"].get<double>();
    if (amount == 0.0) continue;
    const std::string kind = text_of(line, "kind");
    table.row({w.name("line", text_of(line, "name")), w.name("line_kind", kind),
               human_number(line["quantity"].get<double>(), 6), text_of(line, "unit"),
               human_number(line["unit_price"].get<double>(), 5), money(line["amount_usd"]),
               most > 0.0 ? bar(amount / most, kBarWidth) : ""});
  }
  table.row({w.str(fmt::format("table.{}", name)), "", "", "", "", money(total), ""});
  return table;
}

void add_lines(Sections& out, const Json& doc, const Words& w) {
  for (const Json& s : doc["scenarios"]) {
    if (s["tco_usd"].is_null()) continue;
    Section section;
    section.title = scenario_name(s, w);
    section.table = lines_table(s["lines"], s["tco_usd"], w, "total_cost");
    if (!text_of(s, "note").empty()) section.lines.push_back(text_of(s, "note"));
    out.push_back(std::move(section));
    if (!s["benefits"].empty()) {
      Section benefits;
      benefits.title = w.text("table.benefit_of", scenario_name(s, w));
      benefits.table = lines_table(s["benefits"], s["benefit_usd"], w, "total_benefit");
      out.push_back(std::move(benefits));
    }
  }
}

/// What a scenario has cost by the end of each period.
std::vector<double> paid_so_far(const Json& scenario) {
  std::vector<double> out;
  double sum = 0.0;
  for (const Json& period : scenario["cash_flow"])
    out.push_back(sum += period["cost_usd"].get<double>());
  return out;
}

/// The most that any scenario has cost at any time: running sums are drawn against it, so that
/// where two of them cross one way has become cheaper than the other.
double most_paid(const Json& doc) {
  double most = 0.0;
  for (const Json& s : doc["scenarios"]) {
    for (const double paid : paid_so_far(s)) most = std::max(most, paid);
  }
  return most;
}

void add_cash(Sections& out, const Json& doc, const Words& w) {
  if (doc["horizon"]["period"] != "month") return;
  std::vector<Column> columns{{w.str("table.paid_in_year"), Align::kLeft}};
  std::size_t years = 0;
  for (const Json& s : doc["scenarios"]) years = std::max(years, s["yearly"].size());
  for (std::size_t y = 0; y < years; ++y)
    columns.push_back({y == 0 ? w.str("table.start") : fmt::format("{}", y), Align::kRight});
  columns.push_back({w.str("table.paid_so_far"), Align::kLeft, true});
  const double most = most_paid(doc);
  Section section;
  section.title = w.str("table.cash");
  section.table.emplace(std::move(columns));
  const bool benefit = any_benefit(doc);
  for (const Json& s : doc["scenarios"]) {
    if (s["tco_usd"].is_null()) continue;
    const auto row = [&](const std::string& name, const char* key, const std::string& plot) {
      std::vector<std::string> cells{name};
      for (const Json& year : s["yearly"]) cells.push_back(money(year[key]));
      cells.resize(years + 1);
      cells.push_back(plot);
      section.table->row(std::move(cells));
    };
    row(scenario_name(s, w), "cost_usd",
        most > 0.0 ? sparkline(paid_so_far(s), kCourseWidth, most) : "");
    if (benefit) row(w.text("table.net_of", scenario_name(s, w)), "net_usd", "");
  }
  out.push_back(std::move(section));
}

Section footer(const Json& doc, const Words& w) {
  Section out;
  const std::string code = text_of(doc["currency"], "code");
  const double per_usd = doc["currency"]["per_usd"].get<double>();
  for (const Json& s : doc["scenarios"]) {
    if (code != "USD" && s["tco_usd"].is_number())
      out.lines.push_back(w.text("say.in_currency", scenario_name(s, w),
                                 money(s["tco_usd"].get<double>() * per_usd), code,
                                 human_number(per_usd, 6)));
  }
  std::vector<std::string> gaps;
  for (const Json& row : doc["not_assessed"])
    gaps.push_back(fmt::format("{}: {}", text_of(row, "what"), text_of(row, "reason")));
  for (std::string& line : stated(w, "say.not_assessed", gaps)) out.lines.push_back(line);
  for (const Json& note : doc["notes"]) out.lines.push_back(note.get<std::string>());
  if (doc["cheapest"].is_string() && doc["scenarios"].size() > 1) {
    for (const Json& s : doc["scenarios"]) {
      if (s["id"] == doc["cheapest"])
        out.lines.push_back(w.text("say.cheapest", scenario_name(s, w), money(s["tco_usd"])));
    }
  }
  return out;
}

Sections sections(const Json& doc, const Words& w) {
  Sections out{heading(doc, w), scenarios(doc, w)};
  add_lines(out, doc, w);
  add_cash(out, doc, w);
  add_tco_analysis(out, doc, w);
  out.push_back(footer(doc, w));
  return out;
}

}  // namespace

std::string tco_text(const ResultDocument& document, const Style& style) {
  return sections_text(sections(document.json(), Words::of(style.lang)), style.columns);
}

std::string tco_markdown(const ResultDocument& document, const Style& style) {
  return sections_markdown(sections(document.json(), Words::of(style.lang)));
}

}  // namespace gpusize
