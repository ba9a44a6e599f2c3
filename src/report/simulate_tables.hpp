#pragma once
// The documents of `simulate` and `workload` as text and Markdown: percentiles, rates, the course
// over time.

#include "gpusize/plan/result_document.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections simulate_sections(const ResultDocument& document);
Sections workload_sections(const ResultDocument& document);

}  // namespace gpusize
