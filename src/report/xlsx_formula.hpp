#pragma once
// Formula texts of documents as spreadsheet formulas.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gpusize {

/// `max(1, ceil(a / b))` as `MAX(1,-INT(-(A1/B1)))`, without the leading `=`; `reference` gives the
/// cell of a name. Nothing when a name has none.
std::optional<std::string> spreadsheet_formula(
    std::string_view text,
    const std::function<std::optional<std::string>(std::string_view)>& reference);

}  // namespace gpusize
