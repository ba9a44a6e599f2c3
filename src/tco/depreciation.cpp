#include "gpusize/tco/depreciation.hpp"

#include <array>
#include <cmath>

#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

// The tables are law, not a formula: the published percentages are rounded so that they add up.
constexpr std::array<double, 4> k3{0.3333, 0.4445, 0.1481, 0.0741};
constexpr std::array<double, 6> k5{0.20, 0.32, 0.192, 0.1152, 0.1152, 0.0576};
constexpr std::array<double, 8> k7{0.1429, 0.2449, 0.1749, 0.1249, 0.0893, 0.0892, 0.0893, 0.0446};
constexpr std::array<std::array<double, 6>, 4> kMidQuarter5{{
    {0.35, 0.26, 0.156, 0.1101, 0.1101, 0.0138},
    {0.25, 0.30, 0.18, 0.1137, 0.1137, 0.0426},
    {0.15, 0.34, 0.204, 0.1224, 0.1130, 0.0706},
    {0.05, 0.38, 0.228, 0.1368, 0.1094, 0.0958},
}};

}  // namespace

std::vector<double> straight_line(double life_years, double salvage_share) {
  GPUSIZE_CHECK(life_years > 0.0, "a life is longer than nothing");
  std::vector<double> out;
  const double each = (1.0 - salvage_share) / life_years;
  double left = life_years;
  while (left > 1e-9) {
    out.push_back(each * std::min(1.0, left));
    left -= 1.0;
  }
  return out;
}

std::span<const double> macrs_half_year(MacrsClass which) {
  switch (which) {
    case MacrsClass::k3Year: return k3;
    case MacrsClass::k5Year: return k5;
    case MacrsClass::k7Year: return k7;
  }
  return {};
}

std::span<const double> macrs_mid_quarter_5(int quarter) {
  GPUSIZE_CHECK(quarter >= 1 && quarter <= 4, "a year has four quarters");
  return kMidQuarter5.at(static_cast<std::size_t>(quarter - 1));
}

std::optional<MacrsClass> macrs_class(std::int64_t years) {
  if (years == 3) return MacrsClass::k3Year;
  if (years == 5) return MacrsClass::k5Year;
  if (years == 7) return MacrsClass::k7Year;
  return {};
}

}  // namespace gpusize
