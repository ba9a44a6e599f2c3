// Charts with two axes: scatter with its frontier, lines, columns, roofline.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/chart_parts.hpp"
#include "report/charts.hpp"
#include "report/html_text.hpp"

namespace gpusize {
namespace {

using namespace chart;

constexpr double kHeight = 320.0;
constexpr double kBottom = kHeight - kPlotBottomRoom;

Scale x_scale(const std::vector<double>& values, bool log) {
  return scale_over(values, kPlotLeft, kPlotRight, log);
}
Scale y_scale(const std::vector<double>& values, bool log) {
  return scale_over(values, kBottom, kPlotTop, log);
}

/// A whole range, not from zero: for x axes of lines.
Scale tight(double low, double high) {
  return {low, high > low ? high : low + 1.0, kPlotLeft, kPlotRight, false};
}

Scale line_x(const LineChart& chart) {
  std::vector<double> xs;
  for (const LineSeries& s : chart.series) {
    for (const auto& [x, y] : s.points) xs.push_back(x);
  }
  if (xs.empty()) return tight(0.0, 1.0);
  if (chart.x.log) return x_scale(xs, true);
  const auto [low, high] = std::minmax_element(xs.begin(), xs.end());
  return tight(*low, *high);
}

}  // namespace

std::string scatter_chart(const ChartFrame& frame, const ChartAxis& x, const ChartAxis& y,
                          const std::vector<ScatterPoint>& points) {
  std::vector<double> xs;
  std::vector<double> ys;
  for (const ScatterPoint& p : points) {
    xs.push_back(p.x);
    ys.push_back(p.y);
  }
  Plot plot = make_plot(x, x_scale(xs, x.log), y, y_scale(ys, y.log), kHeight);
  std::vector<std::pair<double, double>> front;
  for (const ScatterPoint& p : points) {
    if (p.strong) front.emplace_back(plot.x.at(p.x), plot.y.at(p.y));
  }
  std::sort(front.begin(), front.end());
  std::vector<std::pair<double, double>> steps;
  for (const auto& [px, py] : front) {
    if (!steps.empty()) steps.emplace_back(px, steps.back().second);
    steps.emplace_back(px, py);
  }
  plot.svg.path(steps, "frontier");
  for (const ScatterPoint& p : points) {
    const double px = plot.x.at(p.x);
    const double py = plot.y.at(p.y);
    plot.svg.circle(px, py, p.strong ? 6.0 : 4.5, p.strong ? "dot s0" : "dot weak", p.tip);
    plot.svg.text(px + 8.0, py - 6.0, p.label, Anchor::kStart, p.strong ? "point" : "point faint");
  }
  return figure(frame, "", plot.svg);
}

std::string line_chart(const ChartFrame& frame, const LineChart& chart) {
  std::vector<double> ys;
  std::vector<std::string> names;
  for (const LineSeries& s : chart.series) {
    names.push_back(s.name);
    for (const auto& [x, y] : s.points) ys.push_back(y);
  }
  Plot plot = make_plot(chart.x, line_x(chart), chart.y, y_scale(ys, chart.y.log), kHeight);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    std::vector<std::pair<double, double>> points;
    for (const auto& [x, y] : chart.series[i].points)
      points.emplace_back(plot.x.at(x), plot.y.at(y));
    plot.svg.path(points, "line l" + colour(i).substr(1));
  }
  for (const LineMark& mark : chart.marks) {
    const double x = plot.x.at(mark.x);
    plot.svg.line(x, kPlotTop, x, kBottom, "mark");
    const bool right = x > (kPlotLeft + kPlotRight) / 2.0;
    plot.svg.text(x + (right ? -5.0 : 5.0), kPlotTop + 10.0, mark.text,
                  right ? Anchor::kEnd : Anchor::kStart, "point");
  }
  if (chart.cursor)
    plot.svg.line(kPlotLeft, kPlotTop, kPlotLeft, kBottom, "cursor", " visibility=\"hidden\"");
  return figure(frame, legend(names), plot.svg);
}

std::vector<double> line_chart_places(const LineChart& chart, const std::vector<double>& xs) {
  const Scale scale = line_x(chart);
  std::vector<double> out;
  for (const double x : xs) out.push_back(scale.at(x));
  return out;
}

std::string column_chart(const ChartFrame& frame, const std::vector<std::string>& categories,
                         const std::vector<ColumnSeries>& series, const std::string& axis) {
  std::vector<double> values;
  std::vector<std::string> names;
  for (const ColumnSeries& s : series) {
    names.push_back(s.name);
    values.insert(values.end(), s.values.begin(), s.values.end());
  }
  const Scale y = y_scale(values, false);
  Svg svg(kWidth, kHeight);
  for (const double value : ticks(y, 5)) {
    svg.line(kPlotLeft, y.at(value), kPlotRight, y.at(value), value == 0.0 ? "axis" : "grid");
    svg.text(kPlotLeft - 6.0, y.at(value) + 4.0, short_number(value), Anchor::kEnd, "tick");
  }
  const double slot =
      (kPlotRight - kPlotLeft) / static_cast<double>(std::max<std::size_t>(1, categories.size()));
  const double each = slot * 0.8 / static_cast<double>(std::max<std::size_t>(1, series.size()));
  const std::size_t shown = std::max<std::size_t>(1, (categories.size() + 11) / 12);
  for (std::size_t c = 0; c < categories.size(); ++c) {
    const double left = kPlotLeft + slot * static_cast<double>(c) + slot * 0.1;
    for (std::size_t s = 0; s < series.size(); ++s) {
      if (c >= series[s].values.size()) continue;
      const double value = series[s].values[c];
      const double top = std::min(y.at(0.0), y.at(value));
      svg.rect(left + each * static_cast<double>(s), top, each * 0.94,
               std::fabs(y.at(value) - y.at(0.0)), "bar " + colour(s),
               fmt::format("{}, {}: {}", series[s].name, categories[c], short_number(value)));
    }
    if (c % shown == 0)
      svg.text(left + slot * 0.4, kBottom + 16.0, categories[c], Anchor::kMiddle, "tick");
  }
  svg.text(2.0, kHeight - 8.0, "↑ " + axis, Anchor::kStart, "name");
  return figure(frame, legend(names), svg);
}

std::string roofline_chart(const ChartFrame& frame, const ChartAxis& x, const ChartAxis& y,
                           double bytes_per_s, const std::vector<RooflineRoof>& roofs,
                           const std::vector<RooflinePoint>& points) {
  std::vector<double> xs;
  std::vector<double> ys;
  for (const RooflinePoint& p : points) {
    xs.push_back(p.flops_per_byte);
    ys.push_back(p.flops_per_s);
  }
  for (const RooflineRoof& roof : roofs) {
    xs.push_back(2.0 * roof.flops_per_s / bytes_per_s);
    ys.push_back(roof.flops_per_s);
  }
  if (!xs.empty()) ys.push_back(*std::min_element(xs.begin(), xs.end()) * bytes_per_s);
  Plot plot = make_plot(x, x_scale(xs, true), y, y_scale(ys, true), kHeight);
  double highest = 0.0;
  for (const RooflineRoof& roof : roofs) {
    const double ridge = roof.flops_per_s / bytes_per_s;
    highest = std::max(highest, ridge);
    plot.svg.path({{plot.x.at(ridge), plot.y.at(roof.flops_per_s)},
                   {kPlotRight, plot.y.at(roof.flops_per_s)}},
                  "roof");
    // Peaks of a factor of two lie close: the highest is named above its line, others below.
    const bool top = std::none_of(roofs.begin(), roofs.end(), [&](const RooflineRoof& other) {
      return other.flops_per_s > roof.flops_per_s;
    });
    plot.svg.text(kPlotRight, plot.y.at(roof.flops_per_s) + (top ? -5.0 : 13.0), roof.name,
                  Anchor::kEnd, "point");
  }
  plot.svg.path({{kPlotLeft, plot.y.at(plot.x.low * bytes_per_s)},
                 {plot.x.at(highest), plot.y.at(highest * bytes_per_s)}},
                "roof");
  for (const RooflinePoint& p : points) {
    const double radius = 3.5 + 9.0 * std::sqrt(std::clamp(p.share, 0.0, 1.0));
    const double px = plot.x.at(p.flops_per_byte);
    const double py = plot.y.at(p.flops_per_s);
    plot.svg.circle(
        px, py, radius, "dot s1 see",
        fmt::format("{}: {} FLOP/B, {}FLOP/s, {:.1f} %", p.name, short_number(p.flops_per_byte),
                    short_number(p.flops_per_s), 100.0 * p.share));
    if (p.share >= 0.05)
      plot.svg.text(px + radius + 3.0, py + 4.0, fitted(p.name, 24), Anchor::kStart, "point");
  }
  return figure(frame, "", plot.svg);
}

}  // namespace gpusize
