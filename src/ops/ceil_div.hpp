#pragma once
// Whole groups that hold all of something.

#include <cstdint>

namespace gpusize {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace gpusize
