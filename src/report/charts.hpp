#pragma once
// The charts of HTML reports. Each is a function from plain numbers and ready texts to a <figure>;
// none knows a command or a document.

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gpusize {

/// What every chart has. The description is the text alternative: what one would say on the phone.
struct ChartFrame {
  std::string id;
  std::string title;
  std::string description;
};

struct ChartAxis {
  std::string title;
  bool log = false;
};

/// A point of a scatter chart; strong ones are joined to the frontier.
struct ScatterPoint {
  double x = 0.0;
  double y = 0.0;
  std::string label;
  std::string tip;
  bool strong = false;
};
std::string scatter_chart(const ChartFrame& frame, const ChartAxis& x, const ChartAxis& y,
                          const std::vector<ScatterPoint>& points);

/// A horizontal bar of parts, one per series; `mark` is a line across it (NaN: none).
struct StackedRow {
  std::string label;
  std::vector<double> parts;
  std::string value;  ///< text after the bar
  double mark = std::numeric_limits<double>::quiet_NaN();
};
/// Parts below zero are not drawn; `axis` names the unit.
std::string stacked_bars(const ChartFrame& frame, const std::vector<std::string>& series,
                         const std::vector<StackedRow>& rows, const std::string& axis);

/// Shares of a whole, 0 to 1, with the text after each bar.
struct ShareRow {
  std::string label;
  double share = 0.0;
  std::string value;
};
std::string share_bars(const ChartFrame& frame, const std::vector<ShareRow>& rows);

/// Intervals with their middle; `limit` is a line that values should stay below (NaN: none).
struct IntervalRow {
  std::string label;
  double low = 0.0;
  double middle = 0.0;
  double high = 0.0;
  std::string value;
};
std::string interval_chart(const ChartFrame& frame, const std::vector<IntervalRow>& rows,
                           const std::string& axis, double limit);

/// What one driver's range does to the result.
struct TornadoRow {
  std::string label;
  double at_low = 0.0;   ///< result with the driver at its low end
  double at_high = 0.0;  ///< result with the driver at its high end
  std::string low_text;
  std::string high_text;
};
/// Rows as given (widest first is usual), around the result of the stated case.
std::string tornado_chart(const ChartFrame& frame, double base, const std::vector<TornadoRow>& rows,
                          const std::string& axis);

struct LineSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;
};
/// A value marked on a line chart (a break-even, today's rate).
struct LineMark {
  double x = 0.0;
  std::string text;
};
struct LineChart {
  ChartAxis x;
  ChartAxis y;
  std::vector<LineSeries> series;
  std::vector<LineMark> marks;
  bool cursor = false;  ///< with a line for a slider to move
};
std::string line_chart(const ChartFrame& frame, const LineChart& chart);
/// Where the line chart draws the value `x`, for the slider's cursor.
std::vector<double> line_chart_places(const LineChart& chart, const std::vector<double>& xs);

/// Upright columns, grouped by category; values may be negative.
struct ColumnSeries {
  std::string name;
  std::vector<double> values;
};
std::string column_chart(const ChartFrame& frame, const std::vector<std::string>& categories,
                         const std::vector<ColumnSeries>& series, const std::string& axis);

/// A kernel on the roofline.
struct RooflinePoint {
  std::string name;
  double flops_per_byte = 0.0;
  double flops_per_s = 0.0;
  double share = 0.0;  ///< of the step's time, 0 to 1: the size of the dot
};
struct RooflineRoof {
  std::string name;
  double flops_per_s = 0.0;
};
std::string roofline_chart(const ChartFrame& frame, const ChartAxis& x, const ChartAxis& y,
                           double bytes_per_s, const std::vector<RooflineRoof>& roofs,
                           const std::vector<RooflinePoint>& points);

}  // namespace gpusize
