// `tco` as HTML: which way is cheapest, what each way costs line by line and when, what moves it.

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/html_tco.hpp"
#include "report/tco_cells.hpp"
#include "report/what_if.hpp"

namespace gpusize {
namespace {

using namespace tco_page;

std::string percent(Page& page, const std::string& pointer) {
  return page.value(pointer) ? page.number(pointer, 4, 0.01) + " %" : "–";
}

std::string scenario_table(Page& page) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.scenarios"), {{w.str("col.scenario")},
                                            {w.str("col.tco"), true},
                                            {"NPV, USD", true},
                                            {"IRR", true},
                                            {"ROI", true},
                                            {w.str("col.payback"), true},
                                            {w.str("col.usd_per_mtok_out"), true},
                                            {w.str("col.usd_per_mtok_in"), true},
                                            {w.str("col.usd_per_request"), true},
                                            {w.str("col.remarks")}});
  for (std::size_t i = 0; i < page.count("/scenarios"); ++i) {
    const std::string s = scenario(i);
    std::string remarks;
    if (cheapest(page) == i)
      remarks = fmt::format("<span class=\"tag\">{}</span> ", w["mark.cheapest"]);
    if (!priced(page, i))
      remarks = fmt::format("<span class=\"tag warn\">{}</span> ", w["common.no_price"]);
    table.row({html(name_of_scenario(page, i)), page.number(s + "/tco_usd", 9),
               page.number(s + "/npv_usd", 9), percent(page, s + "/irr"), percent(page, s + "/roi"),
               page.number(s + "/payback_months", 4),
               page.number(s + "/usd_per_million_output_tokens", 4),
               page.number(s + "/usd_per_million_input_tokens", 4),
               page.number(s + "/usd_per_request", 4),
               remarks + page.prose(page.raw(s + "/note"))});
  }
  return table.html();
}

/// One table of lines: quantity, price, amount, by year and in all.
std::string lines_table(Page& page, const std::string& s, const char* list, const char* total) {
  const Words& w = page.words;
  const std::size_t rows = page.count(fmt::format("{}/{}", s, list));
  if (rows == 0) return {};
  const std::size_t years = page.count(fmt::format("{}/{}/0/by_year", s, list));
  std::vector<HtmlTable::Head> heads{{w.str("col.line")},
                                     {w.str("col.quantity"), true},
                                     {w.str("col.unit")},
                                     {w.str("col.unit_price"), true}};
  for (std::size_t y = 0; y < years && years > 1; ++y)
    heads.push_back({w.text("text.year", fmt::format("{}", y + 1)), true});
  heads.push_back({w.str("col.amount_usd"), true});
  heads.push_back({w.str("col.source")});
  HtmlTable table(w.str(fmt::format("part.{}", list)), heads);
  for (std::size_t l = 0; l < rows; ++l) {
    const std::string line = fmt::format("{}/{}/{}", s, list, l);
    std::vector<std::string> cells{html(line_title(page, line)), page.number(line + "/quantity", 6),
                                   page.text(line + "/unit"), page.number(line + "/unit_price", 6)};
    for (std::size_t y = 0; y < years && years > 1; ++y)
      cells.push_back(page.number(fmt::format("{}/by_year/{}/amount_usd", line, y), 9));
    cells.push_back(page.number(line + "/amount_usd", 9));
    cells.push_back(page.prose(page.raw(line + "/source")));
    table.row(cells);
  }
  std::vector<std::string> last{w.str("col.total"), "", "", ""};
  for (std::size_t y = 0; y < years && years > 1; ++y) last.emplace_back("");
  last.push_back(page.number(s + total, 9));
  last.emplace_back("");
  table.row(last, "total");
  return table.html();
}

std::string yearly_table(Page& page, const std::string& s) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.cash_flow"), {{w.str("col.year"), true},
                                            {w.str("col.cost"), true},
                                            {w.str("col.benefit"), true},
                                            {w.str("col.net"), true}});
  for (std::size_t y = 0; y < page.count(s + "/yearly"); ++y) {
    const std::string row = fmt::format("{}/yearly/{}/", s, y);
    table.row({page.number(row + "year"), page.number(row + "cost_usd", 9),
               page.number(row + "benefit_usd", 9), page.number(row + "net_usd", 9)});
  }
  return table.empty() ? "" : table.html();
}

std::string depreciation_table(Page& page, const std::string& s) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.depreciation"), {{w.str("col.year"), true},
                                               {w.str("col.book"), true},
                                               {w.str("col.tax"), true},
                                               {w.str("col.book_value"), true}});
  for (std::size_t y = 0; y < page.count(s + "/depreciation"); ++y) {
    const std::string row = fmt::format("{}/depreciation/{}/", s, y);
    table.row({page.number(row + "year"), page.number(row + "book_usd", 9),
               page.number(row + "tax_usd", 9), page.number(row + "book_value_usd", 9)});
  }
  return table.empty() ? "" : table.html();
}

void add_scenarios(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  std::string out;
  for (std::size_t i = 0; i < page.count("/scenarios"); ++i) {
    if (!priced(page, i)) continue;
    const std::string s = scenario(i);
    const std::string two = yearly_table(page, s) + depreciation_table(page, s);
    const bool open = cheapest(page) == i;
    out += fmt::format(
        "<details id=\"scenario-{}\"{}><summary>{}</summary>{}{}<div "
        "class=\"two\">{}</div></details>\n",
        i + 1, open ? " open" : "", html(name_of_scenario(page, i)),
        lines_table(page, s, "lines", "/tco_usd"), lines_table(page, s, "benefits", "/benefit_usd"),
        two);
  }
  if (!out.empty()) report.parts.push_back({"lines", w.str("part.lines"), out});
}

void add_sensitivity(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.sensitivity"), {{w.str("col.scenario")},
                                              {w.str("col.driver")},
                                              {w.str("col.low"), true},
                                              {w.str("col.base"), true},
                                              {w.str("col.high"), true},
                                              {w.str("col.unit")},
                                              {w.str("col.tco_low"), true},
                                              {w.str("col.tco_high"), true}});
  for (std::size_t i = 0; i < page.count("/sensitivity"); ++i) {
    const std::string row = fmt::format("/sensitivity/{}/", i);
    table.row({html(title_of_scenario(page, page.raw(row + "scenario"))),
               html(driver_name(page, fmt::format("/sensitivity/{}", i))),
               page.number(row + "low", 5), page.number(row + "base", 5),
               page.number(row + "high", 5), page.text(row + "unit"),
               page.number(row + "tco_low_usd", 8), page.number(row + "tco_high_usd", 8)});
  }
  if (!table.empty())
    report.parts.push_back({"sensitivity", w.str("part.sensitivity"), table.html()});
}

void add_break_even(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.break_even"),
                  {{w.str("col.variable")}, {w.str("col.value"), true}, {w.str("col.what")}});
  for (std::size_t i = 0; i < page.count("/break_even/points"); ++i) {
    const std::string row = fmt::format("/break_even/points/{}/", i);
    const auto title = [&](const char* key) {
      return title_of_scenario(page, page.raw(row + key));
    };
    const std::string sentence = break_even_sentence(
        w, *page.at(fmt::format("/break_even/points/{}", i)), title("a"), title("b"));
    table.row({page.text(row + "variable"), page.number(row + "value", 5), html(sentence)});
  }
  if (!table.empty())
    report.parts.push_back({"break-even", w.str("part.break_even"), table.html()});
}

void add_published(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.published"), {{w.str("col.what")},
                                            {w.str("col.published"), true},
                                            {w.str("col.computed"), true},
                                            {w.str("col.difference"), true},
                                            {w.str("col.source")}});
  for (std::size_t i = 0; i < page.count("/published"); ++i) {
    const std::string row = fmt::format("/published/{}/", i);
    table.row({page.text(row + "what"), page.number(row + "published", 9),
               page.number(row + "computed", 9), page.number(row + "difference", 4),
               page.prose(page.raw(row + "source"))});
  }
  if (!table.empty()) report.parts.push_back({"published", w.str("part.published"), table.html()});
}

void add_sources(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.sources"), {{w.str("col.source")},
                                          {w.str("col.reference")},
                                          {w.str("col.date")},
                                          {w.str("col.age"), true}});
  for (std::size_t i = 0; i < page.count("/sources"); ++i) {
    const std::string row = fmt::format("/sources/{}/", i);
    table.row({page.prose(page.raw(row + "title")), page.prose(page.raw(row + "ref")),
               page.text(row + "as_of"), page.number(row + "age_months", 4)});
  }
  std::string stale;
  for (std::size_t i = 0; i < page.count("/stale"); ++i)
    stale += fmt::format("<li>{}</li>", page.prose(page.raw(fmt::format("/stale/{}", i))));
  if (!stale.empty()) stale = fmt::format("<p>{}</p><ul>{}</ul>", w["text.stale"], stale);
  if (!table.empty())
    report.parts.push_back({"sources", w.str("part.sources"), stale + table.html()});
}

void add_verdict(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  const auto best = cheapest(page);
  report.good = best.has_value();
  if (!best) {
    report.verdict = w.str("tco.no_price");
    return;
  }
  const std::string s = scenario(*best);
  report.verdict = w.text("tco.verdict", html(name_of_scenario(page, *best)),
                          page.number(s + "/tco_usd", 7), page.number("/horizon/years", 4));
  std::optional<std::size_t> second;
  for (std::size_t i = 0; i < page.count("/scenarios"); ++i) {
    if (i == *best || !priced(page, i)) continue;
    if (!second ||
        *page.value(scenario(i) + "/tco_usd") < *page.value(scenario(*second) + "/tco_usd"))
      second = i;
  }
  if (second)
    report.verdict +=
        w.str("common.sentence_gap") + w.text("tco.second", html(name_of_scenario(page, *second)),
                                              page.number(scenario(*second) + "/tco_usd", 7));
  report.tiles = {
      {w.str("col.tco"), page.number(s + "/tco_usd", 7)},
      {"NPV, USD", page.number(s + "/npv_usd", 7)},
      {w.str("tile.usd_per_mtok"), page.number(s + "/usd_per_million_output_tokens", 4)}};
  if (page.value(s + "/payback_months")) {
    report.tiles.push_back({w.str("col.payback"), page.number(s + "/payback_months", 3)});
    report.tiles.push_back({"ROI", percent(page, s + "/roi")});
  }
}

}  // namespace

HtmlReport tco_html(Page& page) {
  const Words& w = page.words;
  HtmlReport report;
  report.heading = page.raw("/title");
  if (const std::string model = page.raw("/fleet/model"); !model.empty())
    report.heading =
        w.text("tco.heading", model, human_number(page.value("/fleet/gpus").value_or(0.0), 7),
               page.raw("/fleet/gpu"));
  add_verdict(page, report);
  report.parts.push_back({"charts", w.str("part.charts"),
                          fmt::format("<div class=\"charts\">{}</div>", charts(page))});
  report.parts.push_back({"scenarios", w.str("part.scenarios"), scenario_table(page)});
  if (WhatIf what_if = discount_what_if(page); !what_if.html.empty()) {
    report.parts.push_back({"what-if", w.str("part.what_if"), std::move(what_if.html)});
    report.data = std::move(what_if.data);
  }
  add_scenarios(page, report);
  add_break_even(page, report);
  add_sensitivity(page, report);
  add_published(page, report);
  add_assumptions(page, report);
  add_sources(page, report);
  add_not_assessed(page, report);
  add_notes(page, report);
  return report;
}

}  // namespace gpusize
