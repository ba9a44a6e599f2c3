#pragma once
// `--set name=value` as config fields.

#include <string>
#include <vector>

#include "gpusize/catalog/model_config.hpp"

namespace gpusize::cli {

/// Splits each text at its first equals sign; one without a name or a value is `cli-set`.
Result<std::vector<ConfigOverride>> parse_overrides(const std::vector<std::string>& texts);

}  // namespace gpusize::cli
