#pragma once
// Names that tables, HTML and workbook of a plan share.

#include <array>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gpusize/report/words.hpp"

namespace gpusize {

/// The parts of a GPU's memory in the order in which they add up to the capacity.
constexpr std::array<const char*, 5> kMemoryParts{"weights", "kv_cache", "activations", "runtime",
                                                  "free"};

/// `tp8 pp2`: the degrees above one, TP always.
std::string layout_name(const nlohmann::ordered_json& layout);

/// A cost line's id in words; an id that the words do not know is shown as it is.
std::string line_name(const Words& words, std::string_view id);

}  // namespace gpusize
