#pragma once
// Small plots in cells of terminal tables, in plain ASCII.

#include <string>

namespace gpusize {

/// A share as `#` marks, at least one for anything above zero and at most `width`.
std::string bar(double share, std::size_t width);

/// A range on a scale from `from` to `to`: `-` between `low` and `high`, `|` at `middle`.
std::string range_bar(double low, double middle, double high, double from, double to,
                      std::size_t width);

}  // namespace gpusize
