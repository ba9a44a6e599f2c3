#pragma once
// How a purchase is written off over the years. Shares of the cost, one per year.
// Tested: tests/unit/tco/depreciation_test.cpp against IRS Publication 946, Appendix A.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gpusize {

/// Recovery periods of the US tax code (MACRS, general depreciation system).
enum class MacrsClass : std::uint8_t { k3Year, k5Year, k7Year };

/// Straight line over `life_years` down to `salvage_share` of the cost; the last year may be part
/// of one. The shares add up to 1 - salvage_share.
std::vector<double> straight_line(double life_years, double salvage_share = 0.0);

/// MACRS shares, half-year convention: the percentages of IRS Publication 946, table A-1.
std::span<const double> macrs_half_year(MacrsClass which);
/// MACRS shares, mid-quarter convention, property placed in service in `quarter` 1 to 4 (tables A-2
/// to A-5); five-year property.
std::span<const double> macrs_mid_quarter_5(int quarter);
/// The class with that many years, if there is one.
std::optional<MacrsClass> macrs_class(std::int64_t years);

}  // namespace gpusize
