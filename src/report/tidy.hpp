#pragma once
// Any document as one row per value: what a command shows that has no table of its own.

#include <nlohmann/json.hpp>

#include "gpusize/report/text_table.hpp"

namespace gpusize {

/// Columns `path` (JSON pointer) and `value`, in document order.
TextTable tidy(const nlohmann::ordered_json& document);

}  // namespace gpusize
