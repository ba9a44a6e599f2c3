#include "report/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace gpusize {

std::string sparkline(const std::vector<double>& values, std::size_t width, double full) {
  constexpr std::array<std::string_view, 9> kBars{" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                                  "\u2585", "\u2586", "\u2587", "\u2588"};
  const std::size_t columns = std::min(width, values.size());
  std::vector<double> means;
  for (std::size_t c = 0; c < columns; ++c) {
    const std::size_t from = c * values.size() / columns;
    const std::size_t to = (c + 1) * values.size() / columns;
    double sum = 0.0;
    for (std::size_t i = from; i < to; ++i) sum += values[i];
    means.push_back(sum / static_cast<double>(to - from));
  }
  const double largest = means.empty() ? 0.0 : *std::max_element(means.begin(), means.end());
  const double top = full > 0.0 ? full : largest;
  std::string out;
  for (const double m : means) {
    const double part = top > 0.0 ? std::clamp(m / top, 0.0, 1.0) : 0.0;
    out += kBars.at(static_cast<std::size_t>(std::ceil(part * 8.0)));
  }
  return out;
}

}  // namespace gpusize
