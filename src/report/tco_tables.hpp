#pragma once
// Cost models as tables.

#include <string>

#include "gpusize/report/formats.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections tco_sections(const ResultDocument& document);
/// One row per scenario, line and year (`year` empty: the whole horizon), in full precision.
std::string tco_csv(const ResultDocument& document, const Style& style);

}  // namespace gpusize
