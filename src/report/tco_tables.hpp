#pragma once
// Cost models as tables.

#include <string>

#include "gpusize/report/formats.hpp"
#include "report/sections.hpp"

namespace gpusize {

std::string tco_text(const ResultDocument& document, const Style& style);
std::string tco_markdown(const ResultDocument& document, const Style& style);
/// One row per scenario, line and year (`year` empty: the whole horizon), in full precision.
std::string tco_csv(const ResultDocument& document, const Style& style);

/// What moves the totals, how sure they are, and what was published: sections after the costs.
void add_tco_analysis(Sections& out, const nlohmann::ordered_json& document, const Words& words);

}  // namespace gpusize
