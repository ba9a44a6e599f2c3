#pragma once
// The documents of `compat`, `mig`, `pool` and `levers` as tables.

#include <string>

#include "gpusize/plan/result_document.hpp"
#include "gpusize/report/formats.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections compat_sections(const ResultDocument& document);
Sections levers_sections(const ResultDocument& document);
/// One row per lever, exact numbers.
std::string levers_csv(const ResultDocument& document, const Style& style);
Sections mig_sections(const ResultDocument& document);
Sections pool_sections(const ResultDocument& document);

}  // namespace gpusize
