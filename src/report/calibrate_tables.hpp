#pragma once
// `calibrate` as titled tables.

#include "gpusize/plan/result_document.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections calibrate_sections(const ResultDocument& document);

}  // namespace gpusize
