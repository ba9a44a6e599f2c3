#include "report/what_if.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/charts.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSeries = 6;
constexpr int kSteps = 60;
constexpr double kMost = 3.0;  ///< times the asked rate
constexpr double kRoundingGuard = 1e-12;

/// One option's fleet as a function of the rate.
struct Fleet {
  std::string name;
  double replica_rate = 0.0;
  double gpus_per_replica = 0.0;
  double spare_gpus = 0.0;
  double usd_per_gpu_hour = 0.0;
  [[nodiscard]] double gpus(double rate, double headroom) const {
    const double replicas =
        std::max(1.0, std::ceil(rate * (1.0 + headroom) / replica_rate - kRoundingGuard));
    return replicas * gpus_per_replica + spare_gpus;
  }
};

std::vector<Fleet> fleets(const Page& page) {
  std::vector<Fleet> out;
  for (std::size_t i = 0; i < page.count("/options") && out.size() < kSeries; ++i) {
    const std::string o = fmt::format("/options/{}/", i);
    const auto cost = page.value(o + "cost/usd_per_hour");
    const double gpus = page.value(o + "gpus").value_or(0.0);
    const double replicas = page.value(o + "replicas").value_or(0.0);
    const double spare = page.value(o + "spare_gpus").value_or(0.0);
    const double rate = page.value(o + "replica_capacity_req_per_s").value_or(0.0);
    if (!cost || gpus <= 0.0 || replicas <= 0.0 || rate <= 0.0) continue;
    out.push_back({fmt::format("{}. {}", i + 1, page.raw(o + "gpu")), rate,
                   (gpus - spare) / replicas, spare, *cost / gpus});
  }
  return out;
}

/// The slider with its output; scripts show it and move the chart's cursor.
std::string slider(const Words& w, const std::string& id, std::size_t steps, std::size_t now,
                   std::string_view label) {
  return fmt::format(
      "<p class=\"slider\" hidden><label for=\"{0}-range\">{1}</label> <input type=\"range\" "
      "id=\"{0}-range\" data-whatif=\"{0}\" min=\"0\" max=\"{2}\" value=\"{3}\"> <output "
      "id=\"{0}-out\" for=\"{0}-range\"></output></p><p class=\"noscript\">{4}</p>\n",
      id, html(label), steps - 1, now, w["text.what_if_static"]);
}

/// Rows of the table beside the chart; cells have ids for the script.
std::string value_table(const std::string& id, const std::string& caption,
                        const std::vector<std::string>& heads,
                        const std::vector<std::string>& names,
                        const std::vector<std::vector<std::string>>& cells) {
  std::string head;
  for (std::size_t i = 0; i < heads.size(); ++i)
    head +=
        fmt::format("<th scope=\"col\"{}>{}</th>", i == 0 ? "" : " class=\"r\"", html(heads[i]));
  std::string rows;
  for (std::size_t r = 0; r < names.size(); ++r) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th>", html(names[r]));
    for (std::size_t c = 0; c < cells[r].size(); ++c)
      rows += fmt::format("<td class=\"r\" id=\"{}-{}-{}\">{}</td>", id, r, c, html(cells[r][c]));
    rows += "</tr>\n";
  }
  return fmt::format(
      "<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>\n",
      html(caption), head, rows);
}

/// The curves as the script reads them: `label[i]`, `px[i]` and `cells[i][row][column]`.
std::string script_data(const std::string& id, const std::string& chart,
                        const std::vector<std::string>& labels, const std::vector<double>& places,
                        const std::vector<std::vector<std::vector<std::string>>>& cells) {
  Json out = Json::object();
  out["id"] = id;
  out["chart"] = chart;
  out["label"] = labels;
  Json px = Json::array();
  for (const double place : places) px.push_back(std::round(place * 10.0) / 10.0);
  out["px"] = std::move(px);
  out["cells"] = cells;
  return out.dump();
}

}  // namespace

WhatIf rate_what_if(Page& page) {
  const Words& w = page.words;
  const double asked = page.value("/inputs/qps").value_or(0.0);
  const double headroom = page.value("/inputs/headroom").value_or(0.0);
  const std::vector<Fleet> all = fleets(page);
  if (all.empty() || asked <= 0.0) return {};
  LineChart chart{{w.str("axis.requests_per_s"), false},
                  {w.str("axis.usd_per_hour"), false},
                  {},
                  {{asked, w.text("text.asked_rate", human_number(asked, 4))}},
                  true};
  std::vector<double> rates;
  for (int i = 1; i <= kSteps; ++i) rates.push_back(asked * kMost * i / kSteps);
  std::vector<std::string> names;
  for (const Fleet& fleet : all) {
    names.push_back(fleet.name);
    LineSeries series{fleet.name, {}};
    for (const double rate : rates)
      series.points.emplace_back(rate, fleet.gpus(rate, headroom) * fleet.usd_per_gpu_hour);
    chart.series.push_back(std::move(series));
  }
  std::vector<std::string> labels;
  std::vector<std::vector<std::vector<std::string>>> cells;
  for (const double rate : rates) {
    labels.push_back(w.text("text.rate", human_number(rate, 4)));
    cells.emplace_back();
    for (const Fleet& fleet : all) {
      const double gpus = fleet.gpus(rate, headroom);
      cells.back().push_back(
          {human_number(gpus, 7), human_number(gpus * fleet.usd_per_gpu_hour, 4)});
    }
  }
  const auto now = static_cast<std::size_t>(std::lround(kSteps / kMost)) - 1;
  WhatIf out;
  out.html =
      fmt::format("<p>{}</p><div class=\"two\"><div>{}{}</div>{}</div>", w["text.what_if_rate"],
                  line_chart({"chart-what-if", w.str("chart.what_if"),
                              w.text("chart.what_if_alt", fmt::format("{}", all.size()))},
                             chart),
                  slider(w, "what-if", rates.size(), now, w["axis.requests_per_s"]),
                  value_table("what-if", labels[now],
                              {w.str("col.card"), w.str("col.gpus"), "USD/h"}, names, cells[now]));
  out.data =
      script_data("what-if", "chart-what-if", labels, line_chart_places(chart, rates), cells);
  return out;
}

WhatIf discount_what_if(Page& page) {
  constexpr double kMostRate = 0.3;
  constexpr double kMonths = 12.0;
  const Words& w = page.words;
  if (page.raw("/horizon/period") != "month") return {};
  LineChart chart{{w.str("axis.discount_rate")}, {"NPV, USD"}, {}, {}, true};
  std::vector<double> rates;
  for (int i = 0; i <= kSteps; ++i) rates.push_back(kMostRate * i / kSteps);
  std::vector<std::string> labels;
  std::vector<double> percents;
  std::vector<std::vector<std::vector<std::string>>> cells(rates.size());
  std::vector<std::string> names;
  for (const double rate : rates) {
    percents.push_back(rate * 100.0);
    labels.push_back(w.text("text.discount_rate", human_number(rate * 100.0, 3)));
  }
  for (std::size_t s = 0; s < page.count("/scenarios") && names.size() < kSeries; ++s) {
    const std::string scenario = fmt::format("/scenarios/{}", s);
    if (!page.value(scenario + "/npv_usd")) continue;
    const auto known = w.find("scenario." + page.raw(scenario + "/id"));
    names.push_back(known ? std::string(*known) : page.raw(scenario + "/name"));
    std::vector<double> flow;
    for (std::size_t p = 0; p < page.count(scenario + "/cash_flow"); ++p)
      flow.push_back(
          page.value(fmt::format("{}/cash_flow/{}/amount_usd", scenario, p)).value_or(0.0));
    LineSeries series{names.back(), {}};
    for (std::size_t i = 0; i < rates.size(); ++i) {
      double npv = 0.0;
      for (std::size_t p = 0; p < flow.size(); ++p)
        npv += flow[p] / std::pow(1.0 + rates[i], static_cast<double>(p) / kMonths);
      series.points.emplace_back(percents[i], npv);
      cells[i].push_back({human_number(npv, 7)});
    }
    chart.series.push_back(std::move(series));
  }
  if (names.empty()) return {};
  std::size_t now = 0;
  for (std::size_t i = 0; i < page.count("/assumptions"); ++i) {
    const std::string row = fmt::format("/assumptions/{}/", i);
    if (page.raw(row + "id") != "discount_rate") continue;
    const double rate = page.value(row + "value").value_or(0.0);
    chart.marks.push_back(
        {rate * 100.0,
         labels.empty() ? "" : w.text("text.discount_rate", human_number(rate * 100.0, 3))});
    now = static_cast<std::size_t>(
        std::clamp(std::lround(rate / kMostRate * kSteps), 0L, static_cast<long>(kSteps)));
  }
  WhatIf out;
  out.html = fmt::format(
      "<p>{}</p><div class=\"two\"><div>{}{}</div>{}</div>", w["text.what_if_discount"],
      line_chart({"chart-what-if", w.str("chart.what_if_npv"),
                  w.text("chart.what_if_npv_alt", fmt::format("{}", names.size()))},
                 chart),
      slider(w, "what-if", rates.size(), now, w["axis.discount_rate"]),
      value_table("what-if", labels[now], {w.str("col.scenario"), "NPV, USD"}, names, cells[now]));
  out.data =
      script_data("what-if", "chart-what-if", labels, line_chart_places(chart, percents), cells);
  return out;
}

}  // namespace gpusize
