#include "report/chart_parts.hpp"

#include <fmt/format.h>

#include "report/html_text.hpp"

namespace gpusize::chart {

std::string colour(std::size_t index) { return fmt::format("s{}", index % kColours); }

std::string fitted(std::string_view text, std::size_t columns) {
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80) continue;
    used += byte >= 0xE0 ? 2 : 1;
    if (used > columns) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

Plot make_plot(const ChartAxis& x_axis, const Scale& x, const ChartAxis& y_axis, const Scale& y,
               double height) {
  Plot plot{Svg(kWidth, height), x, y};
  const double bottom = height - kPlotBottomRoom;
  for (const double value : ticks(y, 5)) {
    plot.svg.line(kPlotLeft, y.at(value), kPlotRight, y.at(value), value == 0.0 ? "axis" : "grid");
    plot.svg.text(kPlotLeft - 6.0, y.at(value) + 4.0, short_number(value), Anchor::kEnd, "tick");
  }
  for (const double value : ticks(x, 6)) {
    plot.svg.line(x.at(value), kPlotTop, x.at(value), bottom, "grid");
    plot.svg.text(x.at(value), bottom + 16.0, short_number(value), Anchor::kMiddle, "tick");
  }
  plot.svg.line(kPlotLeft, bottom, kPlotRight, bottom, "axis");
  plot.svg.text(kPlotRight, height - 8.0, x_axis.title, Anchor::kEnd, "name");
  plot.svg.text(2.0, height - 8.0, "↑ " + y_axis.title, Anchor::kStart, "name");
  return plot;
}

void bottom_axis(Svg& svg, const Scale& x, double top, double bottom, const std::string& title) {
  for (const double value : ticks(x, 4)) {
    svg.line(x.at(value), top, x.at(value), bottom, value == 0.0 ? "axis" : "grid");
    svg.text(x.at(value), bottom + 15.0, short_number(value), Anchor::kMiddle, "tick");
  }
  if (!title.empty()) svg.text(x.to, bottom + 32.0, title, Anchor::kEnd, "name");
}

void row_label(Svg& svg, double y, const std::string& label) {
  constexpr std::size_t kColumns = 18;  // what wide fonts get into the gutter
  svg.text(kGutter - 8.0, y + 4.5, fitted(label, kColumns), Anchor::kEnd);
}

std::string legend(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += fmt::format("<li><i class=\"{}\"></i>{}</li>", colour(i), html(names[i]));
  return out.empty() ? out : fmt::format("<ul class=\"legend\" aria-hidden=\"true\">{}</ul>", out);
}

std::string figure(const ChartFrame& frame, const std::string& legend_html, const Svg& svg) {
  return fmt::format("<figure class=\"chart\" id=\"{}\"><figcaption>{}</figcaption>{}{}</figure>\n",
                     frame.id, html(frame.title), legend_html,
                     svg.finish(frame.id, frame.title, frame.description));
}

}  // namespace gpusize::chart
