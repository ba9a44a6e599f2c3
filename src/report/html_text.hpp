#pragma once
// Text that is safe inside HTML, and numbers as reports show them.

#include <string>
#include <string_view>

namespace gpusize {

/// Escaped for element content and quoted attributes; control characters are made visible.
std::string html(std::string_view text);

/// `value` for coordinates: at most two decimals, no trailing zeros.
std::string coordinate(double value);

/// A short axis label: 1200 as `1.2k`, 3.4e9 as `3.4G`; small numbers as they are.
std::string short_number(double value);

}  // namespace gpusize
