#include "report/bars.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {

std::string bar(double share, std::size_t width) {
  if (!(share > 0.0)) return "";
  const auto most = static_cast<double>(width);
  return std::string(static_cast<std::size_t>(std::clamp(std::round(share * most), 1.0, most)),
                     '#');
}

std::string range_bar(double low, double middle, double high, double from, double to,
                      std::size_t width) {
  if (!(to > from) || width == 0) return "";
  const auto last = static_cast<double>(width - 1);
  const auto place = [&](double value) {
    return static_cast<std::size_t>(
        std::clamp(std::round((value - from) / (to - from) * last), 0.0, last));
  };
  std::string out(place(high) + 1, ' ');
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(place(low)), out.end(), '-');
  out.resize(std::max(out.size(), place(middle) + 1), ' ');
  out[place(middle)] = '|';
  return out;
}

}  // namespace gpusize
