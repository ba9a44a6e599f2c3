#pragma once
// A row of values as a small plot of text.

#include <string>
#include <vector>

namespace gpusize {

/// Bars of eight heights for `values`, averaged into at most `width` columns; `full` is
/// a full bar, the largest of them when it is not given.
std::string sparkline(const std::vector<double>& values, std::size_t width, double full = 0.0);

}  // namespace gpusize
