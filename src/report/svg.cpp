#include "report/svg.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/html_text.hpp"

namespace gpusize {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : fmt::format(" {}=\"{}\"", name, value);
}

std::string closed(std::string_view element, std::string_view tip) {
  return tip.empty() ? std::string("/>")
                     : fmt::format("><title>{}</title></{}>", html(tip), element);
}

constexpr double kTiny = 1e-300;

std::vector<double> log_ticks(const Scale& scale, int count) {
  const double low = std::log10(scale.low);
  const double high = std::log10(scale.high);
  const bool few = high - low < 3.0;
  // Few powers of ten: the digits between them, too. Many: the first one inside, then every n-th.
  const double first = few ? std::floor(low + 1e-9) : std::ceil(low - 1e-9);
  const double last = std::ceil(high - 1e-9);
  const double step = few ? 1.0 : std::max(1.0, std::ceil((std::floor(high) - first) / count));
  std::vector<double> out;
  for (double exponent = first; exponent <= last; exponent += step) {
    for (const double digit : few ? std::vector<double>{1, 2, 5} : std::vector<double>{1}) {
      const double value = digit * std::pow(10.0, exponent);
      if (value >= scale.low * 0.999 && value <= scale.high * 1.001) out.push_back(value);
    }
  }
  return out;
}

}  // namespace

double Scale::at(double value) const {
  const auto place = [&](double v) { return log ? std::log10(std::max(v, kTiny)) : v; };
  const double span = place(high) - place(low);
  if (span == 0.0) return (from + to) / 2.0;
  return from + (place(value) - place(low)) / span * (to - from);
}

Scale scale_over(const std::vector<double>& values, double from, double to, bool log) {
  Scale scale{0.0, 1.0, from, to, log};
  if (values.empty()) return scale;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (log) {
    scale.low = std::max(*low, kTiny) / 1.3;
    scale.high = std::max(*high, kTiny) * 1.3;
    return scale;
  }
  scale.low = std::min(0.0, *low * 1.08);
  scale.high = std::max(0.0, *high * 1.08);
  if (scale.low == scale.high) scale.high = 1.0;
  return scale;
}

std::vector<double> ticks(const Scale& scale, int count) {
  if (scale.log) return log_ticks(scale, count);
  const double raw = (scale.high - scale.low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double rest = raw / power;
  const double step = power * (rest <= 1.0 ? 1.0 : rest <= 2.0 ? 2.0 : rest <= 5.0 ? 5.0 : 10.0);
  std::vector<double> out;
  for (double n = std::ceil(scale.low / step - 1e-9); n * step <= scale.high + step * 1e-9;
       n += 1.0)
    out.push_back(n * step);
  return out;
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view classes,
               std::string_view extra) {
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}{}/>", coordinate(x1),
                       coordinate(y1), coordinate(x2), coordinate(y2), attribute("class", classes),
                       extra);
}

void Svg::rect(double x, double y, double w, double h, std::string_view classes,
               std::string_view tip) {
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}{}", coordinate(x),
                       coordinate(y), coordinate(std::max(0.0, w)), coordinate(std::max(0.0, h)),
                       attribute("class", classes), closed("rect", tip));
}

void Svg::circle(double x, double y, double r, std::string_view classes, std::string_view tip) {
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"{}{}", coordinate(x), coordinate(y),
                       coordinate(r), attribute("class", classes), closed("circle", tip));
}

void Svg::text(double x, double y, std::string_view words, Anchor anchor,
               std::string_view classes) {
  const std::string_view side = anchor == Anchor::kMiddle ? "middle"
                                : anchor == Anchor::kEnd  ? "end"
                                                          : std::string_view{};
  body_ += fmt::format("<text x=\"{}\" y=\"{}\"{}{}>{}</text>", coordinate(x), coordinate(y),
                       attribute("text-anchor", side), attribute("class", classes), html(words));
}

void Svg::path(const std::vector<std::pair<double, double>>& points, std::string_view classes) {
  std::string d;
  for (const auto& [x, y] : points)
    d += fmt::format("{}{} {}", d.empty() ? "M" : "L", coordinate(x), coordinate(y));
  if (!d.empty()) body_ += fmt::format("<path d=\"{}\"{}/>", d, attribute("class", classes));
}

std::string Svg::finish(std::string_view id, std::string_view title,
                        std::string_view description) const {
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-t {}-d\"><title "
      "id=\"{}-t\">{}</title><desc id=\"{}-d\">{}</desc>{}</svg>",
      coordinate(width_), coordinate(height_), id, id, id, html(title), id, html(description),
      body_);
}

}  // namespace gpusize
