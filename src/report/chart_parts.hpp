#pragma once
// What the chart functions share: measures, axes, legend and the figure around a drawing.

#include <string>
#include <string_view>
#include <vector>

#include "report/charts.hpp"
#include "report/svg.hpp"

namespace gpusize::chart {

constexpr double kWidth = 520.0;
constexpr double kGutter = 170.0;  ///< room for row labels, in the larger letters of phones too
constexpr double kRowHeight = 26.0;
constexpr double kBarHeight = 16.0;
constexpr double kValueRoom = 84.0;  ///< room for the text after a bar
constexpr std::size_t kColours = 8;

/// `s0` to `s7`, again from the first when there are more.
std::string colour(std::size_t index);

/// Cut to what fits into `columns` average letters; wide characters count twice.
std::string fitted(std::string_view text, std::size_t columns);

/// A plot with both axes: canvas and scales.
struct Plot {
  Svg svg;
  Scale x;
  Scale y;
};
/// Grid, tick labels and axis titles for data with these ranges.
Plot make_plot(const ChartAxis& x_axis, const Scale& x, const ChartAxis& y_axis, const Scale& y,
               double height);
constexpr double kPlotLeft = 58.0;
constexpr double kPlotRight = kWidth - 14.0;
constexpr double kPlotTop = 12.0;
constexpr double kPlotBottomRoom = 46.0;

/// Grid lines and tick labels below horizontal bars.
void bottom_axis(Svg& svg, const Scale& x, double top, double bottom, const std::string& title);

/// The label left of a row whose middle is at `y`.
void row_label(Svg& svg, double y, const std::string& label);

std::string legend(const std::vector<std::string>& names);

/// The figure around a drawing.
std::string figure(const ChartFrame& frame, const std::string& legend, const Svg& svg);

}  // namespace gpusize::chart
