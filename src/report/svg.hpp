#pragma once
// The parts that charts are made of: scales, ticks and an SVG canvas. Colours are classes of the
// page's style sheet, so one drawing serves light, dark and print.

#include <string>
#include <string_view>
#include <vector>

namespace gpusize {

/// Maps values to one direction of the canvas, straight or by logarithm.
struct Scale {
  double low = 0.0;   ///< value at `from`
  double high = 1.0;  ///< value at `to`
  double from = 0.0;
  double to = 1.0;
  bool log = false;
  [[nodiscard]] double at(double value) const;
};

/// A scale over all values with room at the ends; zero is in when the values are not logarithmic.
Scale scale_over(const std::vector<double>& values, double from, double to, bool log);

/// Round values inside the scale: 1, 2 or 5 times a power of ten, about `count` of them; powers of
/// ten (with 2 and 5 when there are few) on a logarithmic scale.
std::vector<double> ticks(const Scale& scale, int count);

enum class Anchor { kStart, kMiddle, kEnd };

/// A canvas with a viewBox of `width` x `height`.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  void line(double x1, double y1, double x2, double y2, std::string_view classes,
            std::string_view extra = {});
  void rect(double x, double y, double w, double h, std::string_view classes,
            std::string_view tip = {});
  void circle(double x, double y, double r, std::string_view classes, std::string_view tip = {});
  void text(double x, double y, std::string_view words, Anchor anchor,
            std::string_view classes = {});
  /// A line through the points.
  void path(const std::vector<std::pair<double, double>>& points, std::string_view classes);

  /// The element, with its title and description for those who do not see it.
  [[nodiscard]] std::string finish(std::string_view id, std::string_view title,
                                   std::string_view description) const;

 private:
  double width_;
  double height_;
  std::string body_;
};

}  // namespace gpusize
