#pragma once
// Pieces of catalog files that are written rather than shipped.

#include <string>
#include <string_view>
#include <vector>

namespace gpusize::calibrate {

/// Text as a double-quoted YAML scalar.
std::string yaml_text(std::string_view text);
/// `[a, b]`, each quoted.
std::string yaml_list(const std::vector<std::string>& items);
/// Six significant digits.
std::string number_text(double value);

}  // namespace gpusize::calibrate
