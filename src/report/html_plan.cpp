// `plan` as HTML: verdict, what the options cost and how fast they are, one by one.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/charts.hpp"
#include "report/html_page.hpp"
#include "report/plan_names.hpp"
#include "report/what_if.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCharted = 10;
constexpr double kGib = 1073741824.0;

std::string option(std::size_t index) { return fmt::format("/options/{}", index); }

std::string name_of_option(const Page& page, std::size_t index) {
  return fmt::format("{}. {}", index + 1, page.raw(option(index) + "/gpu"));
}

std::size_t charted(const Page& page) { return std::min(kCharted, page.count("/options")); }

std::string pareto(Page& page) {
  const Words& w = page.words;
  std::vector<ScatterPoint> points;
  double low = 1e300;
  double high = 0.0;
  for (std::size_t i = 0; i < page.count("/options"); ++i) {
    const auto cost = page.value(option(i) + "/cost/usd_per_hour");
    const auto time = page.value(option(i) + "/latency/tpot_ms/mean");
    if (!cost || !time) continue;
    const Json* front = page.at(option(i) + "/pareto");
    low = std::min(low, *cost);
    high = std::max(high, *cost);
    points.push_back({*cost, *time, fmt::format("{}", i + 1),
                      fmt::format("{}: {} USD/h, {} ms", name_of_option(page, i),
                                  human_number(*cost, 4), human_number(*time, 3)),
                      front != nullptr && front->is_boolean() && front->get<bool>()});
  }
  if (points.empty()) return {};
  std::size_t strong = 0;
  for (const ScatterPoint& p : points) strong += p.strong ? 1U : 0U;
  return scatter_chart(
      {"chart-pareto", w.str("chart.pareto"),
       w.text("chart.pareto_alt", fmt::format("{}", points.size()), fmt::format("{}", strong),
              human_number(low, 4), human_number(high, 4))},
      {w.str("axis.usd_per_hour"), high > 30.0 * low}, {w.str("axis.tpot_ms")}, points);
}

std::string cost_chart(Page& page) {
  const Words& w = page.words;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < charted(page); ++i) {
    for (std::size_t l = 0; l < page.count(option(i) + "/cost/lines"); ++l) {
      const std::string id = page.raw(fmt::format("{}/cost/lines/{}/id", option(i), l));
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
  }
  std::vector<StackedRow> rows;
  for (std::size_t i = 0; i < charted(page); ++i) {
    StackedRow row{name_of_option(page, i), std::vector<double>(ids.size(), 0.0), ""};
    for (std::size_t l = 0; l < page.count(option(i) + "/cost/lines"); ++l) {
      const std::string line = fmt::format("{}/cost/lines/{}", option(i), l);
      const auto at = std::find(ids.begin(), ids.end(), page.raw(line + "/id"));
      row.parts[static_cast<std::size_t>(at - ids.begin())] +=
          page.value(line + "/amount_usd").value_or(0.0);
    }
    const auto total = page.value(option(i) + "/cost/tco_usd");
    row.value = total ? short_number(*total) : w.str("common.no_price");
    rows.push_back(std::move(row));
  }
  if (ids.empty()) return {};
  std::vector<std::string> names;
  for (const std::string& id : ids) names.push_back(line_name(w, id));
  return stacked_bars({"chart-cost", w.str("chart.cost"),
                       w.text("chart.cost_alt", rows.front().label, rows.front().value)},
                      names, rows, "USD");
}

std::string memory_chart(Page& page) {
  const Words& w = page.words;
  std::vector<StackedRow> rows;
  for (std::size_t i = 0; i < charted(page); ++i) {
    const std::string memory = option(i) + "/memory_per_gpu_bytes/";
    StackedRow row{name_of_option(page, i), {}, ""};
    for (const char* part : kMemoryParts)
      row.parts.push_back(page.value(memory + part).value_or(0.0) / kGib);
    row.value = human_number(page.value(memory + "capacity").value_or(0.0) / kGib, 4);
    row.mark = page.value(memory + "usable").value_or(0.0) / kGib;
    rows.push_back(std::move(row));
  }
  if (rows.empty()) return {};
  std::vector<std::string> names;
  for (const char* part : kMemoryParts) names.emplace_back(w[fmt::format("memory.{}", part)]);
  return stacked_bars(
      {"chart-memory", w.str("chart.memory"),
       w.text("chart.memory_alt", rows.front().label, rows.front().value,
              human_number(rows.front().parts[0], 3), human_number(rows.front().parts[1], 3))},
      names, rows, "GiB");
}

std::string load_chart(Page& page) {
  const Words& w = page.words;
  std::vector<ShareRow> rows;
  for (std::size_t i = 0; i < charted(page); ++i) {
    const double share = page.value(option(i) + "/utilization").value_or(0.0);
    rows.push_back({name_of_option(page, i), share, fmt::format("{:.0f} %", share * 100.0)});
  }
  if (rows.empty()) return {};
  return share_bars({"chart-load", w.str("chart.load"),
                     w.text("chart.load_alt", rows.front().label, rows.front().value)},
                    rows);
}

std::string latency_chart(Page& page, const char* key) {
  const Words& w = page.words;
  std::vector<IntervalRow> rows;
  for (std::size_t i = 0; i < charted(page); ++i) {
    const std::string time = fmt::format("{}/latency/{}/", option(i), key);
    const double mean = page.value(time + "mean").value_or(0.0);
    rows.push_back({name_of_option(page, i), page.value(time + "low").value_or(mean), mean,
                    page.value(time + "high").value_or(mean), human_number(mean, 3) + " ms"});
  }
  if (rows.empty()) return {};
  const double limit =
      page.value(fmt::format("/inputs/{}", key)).value_or(std::numeric_limits<double>::quiet_NaN());
  const std::string title(w[fmt::format("chart.{}", key)]);
  return interval_chart(
      {fmt::format("chart-{}", std::string(key).substr(0, 4)), title,
       w.text("chart.latency_alt", title, rows.front().label, human_number(rows.front().middle, 3),
              human_number(rows.front().low, 3), human_number(rows.front().high, 3))},
      rows, "ms", limit);
}

std::string options_table(Page& page) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.options"), {{"#", true},
                                          {w.str("col.card")},
                                          {w.str("col.gpus"), true},
                                          {w.str("col.layout")},
                                          {w.str("col.weights")},
                                          {w.str("col.batch"), true},
                                          {"TTFT ms", true},
                                          {"TPOT ms", true},
                                          {w.str("col.load"), true},
                                          {"kW", true},
                                          {"USD/h", true},
                                          {"USD/Mtok", true},
                                          {w.str("col.tco"), true},
                                          {w.str("col.remarks")}});
  for (std::size_t i = 0; i < page.count("/options"); ++i) {
    const std::string o = option(i);
    std::string remarks;
    const Json* front = page.at(o + "/pareto");
    if (front != nullptr && *front == true)
      remarks += fmt::format("<span class=\"tag\">{}</span> ", w["mark.pareto"]);
    const Json* unverified = page.at(o + "/unverified");
    if (unverified != nullptr && *unverified == true)
      remarks += fmt::format("<span class=\"tag warn\">{}</span>", w["mark.unverified"]);
    table.row({page.number(o + "/rank"),
               fmt::format("<a href=\"#option-{}\">{}</a>", i + 1, page.text(o + "/gpu")),
               page.number(o + "/gpus", 7), html(layout_name(*page.at(o + "/layout"))),
               page.text(o + "/weights_dtype"), page.number(o + "/max_batch", 6),
               page.number(o + "/latency/ttft_ms/mean", 3),
               page.number(o + "/latency/tpot_ms/mean", 3),
               page.number(o + "/utilization", 2, 0.01) + " %", page.number(o + "/power_kw", 3),
               page.number(o + "/cost/usd_per_hour"),
               page.number(o + "/cost/usd_per_million_output_tokens", 3),
               page.number(o + "/cost/tco_usd", 5), remarks});
  }
  return table.html();
}

std::string cost_lines(Page& page, const std::string& o) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.cost_lines"), {{w.str("col.line")}, {w.str("col.amount_usd"), true}});
  for (std::size_t l = 0; l < page.count(o + "/cost/lines"); ++l) {
    const std::string line = fmt::format("{}/cost/lines/{}", o, l);
    table.row({html(line_name(w, page.raw(line + "/id"))), page.number(line + "/amount_usd", 9)});
  }
  if (table.empty()) return fmt::format("<p>{}</p>", page.prose(page.raw(o + "/cost/price_rule")));
  table.row({w.str("col.total"), page.number(o + "/cost/tco_usd", 9)}, "total");
  return table.html() +
         fmt::format("<p class=\"faint\">{}</p>", page.prose(page.raw(o + "/cost/price_rule")));
}

std::string memory_lines(Page& page, const std::string& o) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.memory"), {{w.str("col.part")}, {"GiB", true}});
  for (const char* part : kMemoryParts)
    table.row({w.str(fmt::format("memory.{}", part)),
               page.number(fmt::format("{}/memory_per_gpu_bytes/{}", o, part), 4, kGib)});
  table.row({w.str("memory.capacity"), page.number(o + "/memory_per_gpu_bytes/capacity", 4, kGib)},
            "total");
  return table.html();
}

std::string details_of(Page& page, std::size_t index) {
  const Words& w = page.words;
  const std::string o = option(index);
  const std::string facts = fmt::format(
      "<p>{}</p>", w.text("text.option", page.number(o + "/gpus", 7), page.text(o + "/gpu"),
                          page.number(o + "/nodes", 7), page.number(o + "/replicas", 7),
                          html(layout_name(*page.at(o + "/layout"))), page.text(o + "/engine"),
                          page.number(o + "/capacity_req_per_s", 4)));
  return fmt::format(
      "<details id=\"option-{}\"><summary>{}</summary>{}<div class=\"two\">{}{}</div></details>\n",
      index + 1, html(name_of_option(page, index)), facts, cost_lines(page, o),
      memory_lines(page, o));
}

std::string rejected_table(Page& page) {
  const Words& w = page.words;
  HtmlTable table(w.str("part.rejected"), {{w.str("col.card")},
                                           {w.str("col.layout")},
                                           {w.str("col.reason")},
                                           {w.str("col.needed"), true},
                                           {w.str("col.available"), true},
                                           {w.str("col.unit")}});
  for (std::size_t i = 0; i < page.count("/rejected"); ++i) {
    const std::string r = fmt::format("/rejected/{}/", i);
    table.row({page.text(r + "gpu"), page.text(r + "layout"), page.prose(page.raw(r + "reason")),
               page.number(r + "needed"), page.number(r + "available"), page.text(r + "unit")});
  }
  return table.empty() ? ""
                       : folded(w.text("common.rows", fmt::format("{}", page.count("/rejected"))),
                                table.html());
}

void add_verdict(Page& page, HtmlReport& report) {
  const Words& w = page.words;
  report.good = page.count("/options") > 0;
  if (!report.good) {
    report.verdict = w.str("plan.infeasible");
    return;
  }
  const std::string o = option(0);
  report.verdict =
      w.text("plan.verdict", page.number(o + "/gpus", 7), page.text(o + "/gpu"),
             page.number(o + "/replicas", 7), html(layout_name(*page.at(o + "/layout"))));
  report.tiles = {
      {w.str("tile.usd_per_hour"), page.number(o + "/cost/usd_per_hour")},
      {w.text("tile.tco", fmt::format("{:g}", page.value(o + "/cost/tco_years").value_or(0.0))),
       page.number(o + "/cost/tco_usd", 5)},
      {w.str("tile.usd_per_mtok"), page.number(o + "/cost/usd_per_million_output_tokens", 3)},
      {"TTFT, ms", page.number(o + "/latency/ttft_ms/mean", 3)},
      {"TPOT, ms", page.number(o + "/latency/tpot_ms/mean", 3)},
      {w.str("tile.load"), page.number(o + "/utilization", 2, 0.01) + " %"}};
}

}  // namespace

HtmlReport plan_html(Page& page) {
  const Words& w = page.words;
  HtmlReport report;
  report.heading = w.text("plan.heading", page.raw("/inputs/model"),
                          human_number(page.value("/inputs/qps").value_or(0.0), 6),
                          human_number(page.value("/inputs/input_tokens").value_or(0.0), 6),
                          human_number(page.value("/inputs/output_tokens").value_or(0.0), 6));
  add_verdict(page, report);
  if (report.good) {
    const std::string charts = pareto(page) + cost_chart(page) + latency_chart(page, "ttft_ms") +
                               latency_chart(page, "tpot_ms") + memory_chart(page) +
                               load_chart(page);
    report.parts.push_back(
        {"charts", w.str("part.charts"), fmt::format("<div class=\"charts\">{}</div>", charts)});
    report.parts.push_back({"options", w.str("part.options"), options_table(page)});
    if (WhatIf what_if = rate_what_if(page); !what_if.html.empty()) {
      report.parts.push_back({"what-if", w.str("part.what_if"), std::move(what_if.html)});
      report.data = std::move(what_if.data);
    }
    std::string details;
    for (std::size_t i = 0; i < page.count("/options"); ++i) details += details_of(page, i);
    report.parts.push_back({"details", w.str("part.details"), details});
  }
  if (const std::string table = rejected_table(page); !table.empty())
    report.parts.push_back({"rejected", w.str("part.rejected"), table});
  add_assumptions(page, report);
  add_not_assessed(page, report);
  add_notes(page, report);
  add_inputs(page, report);
  return report;
}

}  // namespace gpusize
