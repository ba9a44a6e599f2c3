// Charts whose rows have names: stacked bars, shares, intervals, tornado.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/chart_parts.hpp"
#include "report/charts.hpp"
#include "report/html_text.hpp"

namespace gpusize {
namespace {

using namespace chart;

constexpr double kTop = 6.0;
constexpr double kAxisRoom = 40.0;

/// Height of a chart of rows, the axis included.
double height_of(std::size_t rows) {
  return kTop + static_cast<double>(rows) * kRowHeight + kAxisRoom;
}

double middle_of(std::size_t row) { return kTop + (static_cast<double>(row) + 0.5) * kRowHeight; }

double sum_of(const std::vector<double>& parts) {
  double total = 0.0;
  for (const double part : parts) total += std::max(0.0, part);
  return total;
}

}  // namespace

std::string stacked_bars(const ChartFrame& frame, const std::vector<std::string>& series,
                         const std::vector<StackedRow>& rows, const std::string& axis) {
  std::vector<double> ends;
  for (const StackedRow& row : rows) {
    ends.push_back(sum_of(row.parts));
    if (!std::isnan(row.mark)) ends.push_back(row.mark);
  }
  Scale x = scale_over(ends, kGutter, kWidth - kValueRoom, false);
  Svg svg(kWidth, height_of(rows.size()));
  const double bottom = kTop + static_cast<double>(rows.size()) * kRowHeight;
  bottom_axis(svg, x, kTop, bottom, axis);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = middle_of(r);
    row_label(svg, y, rows[r].label);
    double from = 0.0;
    for (std::size_t s = 0; s < rows[r].parts.size(); ++s) {
      const double part = rows[r].parts[s];
      if (part <= 0.0) continue;
      const std::string tip =
          fmt::format("{}: {} {}", rows[r].label, series[s], short_number(part));
      svg.rect(x.at(from), y - kBarHeight / 2.0, x.at(from + part) - x.at(from), kBarHeight,
               "bar " + colour(s), tip);
      from += part;
    }
    if (!std::isnan(rows[r].mark))
      svg.line(x.at(rows[r].mark), y - kBarHeight / 2.0 - 3.0, x.at(rows[r].mark),
               y + kBarHeight / 2.0 + 3.0, "mark");
    svg.text(x.at(std::max(from, std::isnan(rows[r].mark) ? 0.0 : rows[r].mark)) + 6.0, y + 4.5,
             rows[r].value, Anchor::kStart, "value");
  }
  return figure(frame, legend(series), svg);
}

std::string share_bars(const ChartFrame& frame, const std::vector<ShareRow>& rows) {
  Scale x{0.0, 100.0, kGutter, kWidth - kValueRoom, false};
  for (const ShareRow& row : rows) x.high = std::max(x.high, row.share * 100.0);
  Svg svg(kWidth, height_of(rows.size()));
  bottom_axis(svg, x, kTop, kTop + static_cast<double>(rows.size()) * kRowHeight, "%");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = middle_of(r);
    row_label(svg, y, rows[r].label);
    svg.rect(x.at(0.0), y - kBarHeight / 2.0, x.at(100.0) - x.at(0.0), kBarHeight, "trough");
    svg.rect(x.at(0.0), y - kBarHeight / 2.0, x.at(rows[r].share * 100.0) - x.at(0.0), kBarHeight,
             rows[r].share > 1.0 ? "bar over" : "bar s0");
    svg.text(x.at(std::max(100.0, rows[r].share * 100.0)) + 6.0, y + 4.5, rows[r].value,
             Anchor::kStart, "value");
  }
  return figure(frame, "", svg);
}

std::string interval_chart(const ChartFrame& frame, const std::vector<IntervalRow>& rows,
                           const std::string& axis, double limit) {
  std::vector<double> ends;
  for (const IntervalRow& row : rows) ends.push_back(row.high);
  if (!std::isnan(limit)) ends.push_back(limit);
  const Scale x = scale_over(ends, kGutter, kWidth - kValueRoom, false);
  Svg svg(kWidth, height_of(rows.size()));
  const double bottom = kTop + static_cast<double>(rows.size()) * kRowHeight;
  bottom_axis(svg, x, kTop, bottom, axis);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = middle_of(r);
    row_label(svg, y, rows[r].label);
    svg.line(x.at(rows[r].low), y, x.at(rows[r].high), y, "band");
    svg.circle(x.at(rows[r].middle), y, 4.5, "dot s0",
               fmt::format("{}: {}", rows[r].label, rows[r].value));
    svg.text(x.at(rows[r].high) + 8.0, y + 4.5, rows[r].value, Anchor::kStart, "value");
  }
  if (!std::isnan(limit)) svg.line(x.at(limit), kTop, x.at(limit), bottom, "limit");
  return figure(frame, "", svg);
}

std::string tornado_chart(const ChartFrame& frame, double base, const std::vector<TornadoRow>& rows,
                          const std::string& axis) {
  std::vector<double> values{base};
  for (const TornadoRow& row : rows) {
    values.push_back(row.at_low);
    values.push_back(row.at_high);
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double room = std::max((*high - *low) * 0.06, std::fabs(base) * 1e-6 + 1e-12);
  const Scale x{*low - room, *high + room, kGutter, kWidth - 12.0, false};
  Svg svg(kWidth, height_of(rows.size()));
  const double bottom = kTop + static_cast<double>(rows.size()) * kRowHeight;
  bottom_axis(svg, x, kTop, bottom, axis);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double y = middle_of(r);
    row_label(svg, y, rows[r].label);
    const auto side = [&](double value, const std::string& text, std::string_view classes) {
      const double from = std::min(x.at(base), x.at(value));
      svg.rect(from, y - kBarHeight / 2.0, std::fabs(x.at(value) - x.at(base)), kBarHeight, classes,
               fmt::format("{}: {}", rows[r].label, text));
    };
    side(rows[r].at_low, rows[r].low_text, "bar s0");
    side(rows[r].at_high, rows[r].high_text, "bar s1");
  }
  svg.line(x.at(base), kTop, x.at(base), bottom, "mark");
  return figure(frame, "", svg);
}

}  // namespace gpusize
