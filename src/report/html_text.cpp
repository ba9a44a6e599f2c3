#include "report/html_text.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/report/text_table.hpp"

namespace gpusize {

std::string html(std::string_view text) {
  const std::string clean = printable(text);
  std::string out;
  out.reserve(clean.size());
  for (const char c : clean) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string coordinate(double value) {
  std::string text = fmt::format("{:.2f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string short_number(double value) {
  struct Step {
    double size;
    const char* suffix;
  };
  constexpr std::array<Step, 5> kSteps{
      {{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}};
  const double size = std::fabs(value);
  for (const Step& step : kSteps) {
    if (size >= step.size) return human_number(value / step.size, 3) + step.suffix;
  }
  return human_number(value, 3);
}

}  // namespace gpusize
