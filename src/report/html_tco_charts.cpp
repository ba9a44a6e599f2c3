// The charts of `tco`.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/charts.hpp"
#include "report/html_tco.hpp"

namespace gpusize::tco_page {
namespace {

constexpr std::size_t kShownScenarios = 10;
constexpr std::size_t kCostSeries = 7;  // the rest of the lines is one more
constexpr std::size_t kDrivers = 12;

/// Indices of the priced scenarios in document order.
std::vector<std::size_t> shown(const Page& page) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < page.count("/scenarios") && out.size() < kShownScenarios; ++i) {
    if (priced(page, i)) out.push_back(i);
  }
  return out;
}

std::string cost_chart(Page& page) {
  const Words& w = page.words;
  std::map<std::string, double> size;  // by title, over all scenarios
  for (const std::size_t i : shown(page)) {
    for (std::size_t l = 0; l < page.count(scenario(i) + "/lines"); ++l) {
      const std::string line = fmt::format("{}/lines/{}", scenario(i), l);
      size[line_title(page, line)] += std::max(0.0, page.value(line + "/amount_usd").value_or(0.0));
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, amount] : size) {
    if (amount > 0.0) names.push_back(name);
  }
  std::stable_sort(names.begin(), names.end(),
                   [&](const auto& a, const auto& b) { return size[a] > size[b]; });
  const bool merged = names.size() > kCostSeries + 1;
  if (merged) names.resize(kCostSeries);
  const std::size_t other = names.size();
  if (merged) names.emplace_back(w["common.other"]);
  std::vector<StackedRow> rows;
  for (const std::size_t i : shown(page)) {
    StackedRow row{name_of_scenario(page, i), std::vector<double>(names.size(), 0.0),
                   short_number(page.value(scenario(i) + "/tco_usd").value_or(0.0))};
    for (std::size_t l = 0; l < page.count(scenario(i) + "/lines"); ++l) {
      const std::string line = fmt::format("{}/lines/{}", scenario(i), l);
      const double amount = page.value(line + "/amount_usd").value_or(0.0);
      const auto found = std::find(names.begin(), names.end(), line_title(page, line));
      const auto at =
          found == names.end() ? other : static_cast<std::size_t>(found - names.begin());
      if (amount > 0.0 && at < names.size()) row.parts[at] += amount;
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty() || names.empty()) return {};
  return stacked_bars({"chart-cost", w.str("chart.scenario_cost"),
                       w.text("chart.scenario_cost_alt", fmt::format("{}", rows.size()))},
                      names, rows, "USD");
}

/// Costs and loan of a scenario, summed up to each period.
LineSeries cumulative_cost(const Page& page, std::size_t index) {
  LineSeries series{name_of_scenario(page, index), {}};
  double sum = 0.0;
  const std::size_t periods = page.count(scenario(index) + "/cash_flow");
  for (std::size_t p = 0; p < periods; ++p) {
    const std::string row = fmt::format("{}/cash_flow/{}", scenario(index), p);
    sum +=
        page.value(row + "/cost_usd").value_or(0.0) + page.value(row + "/loan_usd").value_or(0.0);
    series.points.emplace_back(page.value(row + "/period").value_or(0.0), sum);
  }
  return series;
}

/// Where `a` stops being above `b` for good, or nothing.
std::optional<double> crossing(const LineSeries& a, const LineSeries& b) {
  std::optional<double> out;
  const std::size_t n = std::min(a.points.size(), b.points.size());
  for (std::size_t i = 1; i < n; ++i) {
    const double before = a.points[i - 1].second - b.points[i - 1].second;
    const double now = a.points[i].second - b.points[i].second;
    if (before > 0.0 && now <= 0.0) {
      const double part = before / (before - now);
      out = a.points[i - 1].first + part * (a.points[i].first - a.points[i - 1].first);
    } else if (now > 0.0) {
      out.reset();
    }
  }
  return out;
}

std::string cash_charts(Page& page) {
  const Words& w = page.words;
  LineChart lines{{w.str("axis.months")}, {w.str("axis.usd_paid")}, {}, {}, false};
  std::vector<ColumnSeries> columns;
  std::vector<std::string> years;
  for (const std::size_t i : shown(page)) {
    if (page.count(scenario(i) + "/cash_flow") > 2)
      lines.series.push_back(cumulative_cost(page, i));
    ColumnSeries column{name_of_scenario(page, i), {}};
    const std::size_t rows = page.count(scenario(i) + "/yearly");
    for (std::size_t y = 0; y < rows; ++y) {
      column.values.push_back(
          page.value(fmt::format("{}/yearly/{}/net_usd", scenario(i), y)).value_or(0.0));
      if (years.size() <= y) years.push_back(y == 0 ? w.str("text.start") : fmt::format("{}", y));
    }
    if (!column.values.empty()) columns.push_back(std::move(column));
  }
  std::string crossings;
  for (std::size_t i = 0; i < lines.series.size(); ++i) {
    for (std::size_t j = 0; j < lines.series.size(); ++j) {
      const auto at = i == j ? std::nullopt : crossing(lines.series[i], lines.series[j]);
      if (!at) continue;
      crossings += " " + w.text("chart.crossing", lines.series[i].name, lines.series[j].name,
                                human_number(*at, 3));
      if (lines.marks.size() < 3) lines.marks.push_back({*at, human_number(*at, 3)});
    }
  }
  std::string out;
  if (!lines.series.empty())
    out += line_chart(
        {"chart-break-even", w.str("chart.break_even"), w.str("chart.break_even_alt") + crossings},
        lines);
  if (!columns.empty())
    out += column_chart({"chart-cash", w.str("chart.cash_flow"), w.str("chart.cash_flow_alt")},
                        years, columns, w.str("axis.usd_net"));
  return out;
}

std::string tornado(Page& page) {
  const Words& w = page.words;
  const auto best = cheapest(page);
  if (!best) return {};
  const std::string id = page.raw("/cheapest");
  const double base = page.value(scenario(*best) + "/tco_usd").value_or(0.0);
  std::vector<TornadoRow> rows;
  for (std::size_t i = 0; i < page.count("/sensitivity") && rows.size() < kDrivers; ++i) {
    const std::string row = fmt::format("/sensitivity/{}", i);
    if (page.raw(row + "/scenario") != id || page.value(row + "/swing_usd").value_or(0.0) <= 0.0)
      continue;
    const double low = page.value(row + "/tco_low_usd").value_or(base);
    const double high = page.value(row + "/tco_high_usd").value_or(base);
    const auto text = [&](const char* end, double tco) {
      return w.text("chart.driver_at", human_number(page.value(row + end).value_or(0.0), 4),
                    page.raw(row + "/unit"), short_number(tco));
    };
    rows.push_back({driver_name(page, row), low, high, text("/low", low), text("/high", high)});
  }
  if (rows.empty()) return {};
  return tornado_chart({"chart-tornado", w.text("chart.tornado", name_of_scenario(page, *best)),
                        w.text("chart.tornado_alt", short_number(base), rows.front().label,
                               rows.front().low_text, rows.front().high_text)},
                       base, rows, "USD");
}

/// P10, P50 and P90 of each scenario, where the document has them.
std::string spread_chart(Page& page) {
  const Words& w = page.words;
  std::vector<IntervalRow> rows;
  for (std::size_t i = 0; i < page.count("/monte_carlo/scenarios"); ++i) {
    const std::string row = fmt::format("/monte_carlo/scenarios/{}/", i);
    const auto p10 = page.value(row + "p10_usd");
    const auto p50 = page.value(row + "p50_usd");
    const auto p90 = page.value(row + "p90_usd");
    if (!p10 || !p50 || !p90) continue;
    rows.push_back(
        {title_of_scenario(page, page.raw(row + "id")), *p10, *p50, *p90, short_number(*p50)});
  }
  if (rows.empty()) return {};
  return interval_chart(
      {"chart-spread", w.str("chart.spread"),
       w.text("chart.spread_alt", rows.front().label, short_number(rows.front().low),
              short_number(rows.front().middle), short_number(rows.front().high))},
      rows, "USD", std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

std::string scenario(std::size_t index) { return fmt::format("/scenarios/{}", index); }

std::string name_of_scenario(const Page& page, std::size_t index) {
  return page.words.name("scenario", page.raw(scenario(index) + "/name"));
}

std::string title_of_scenario(const Page& page, const std::string& id) {
  for (std::size_t i = 0; i < page.count("/scenarios"); ++i) {
    if (page.raw(scenario(i) + "/id") == id) return name_of_scenario(page, i);
  }
  return id;
}

bool priced(const Page& page, std::size_t index) {
  return page.value(scenario(index) + "/tco_usd").has_value();
}

std::optional<std::size_t> cheapest(const Page& page) {
  const std::string id = page.raw("/cheapest");
  for (std::size_t i = 0; i < page.count("/scenarios"); ++i) {
    if (!id.empty() && page.raw(scenario(i) + "/id") == id) return i;
  }
  return {};
}

std::string line_title(const Page& page, const std::string& line) {
  return page.words.name("line", page.raw(line + "/name"));
}

std::string driver_name(const Page& page, const std::string& row) {
  return page.words.name("driver", page.raw(row + "/name"));
}

std::string charts(Page& page) {
  return cost_chart(page) + cash_charts(page) + tornado(page) + spread_chart(page);
}

}  // namespace gpusize::tco_page
