#pragma once
// A row of values as a small plot of text.

#include <string>
#include <vector>

namespace gpusize {

/// Bars of eight heights for `values`, averaged into at most `width` columns; the largest is full.
std::string sparkline(const std::vector<double>& values, std::size_t width);

}  // namespace gpusize
