#pragma once
// The document of `simulate` as text and Markdown: percentiles, rates, the course over time.

#include "gpusize/plan/result_document.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections simulate_sections(const ResultDocument& document);

}  // namespace gpusize
