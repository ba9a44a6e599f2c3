#pragma once
// The documents of `compat`, `mig`, `pool` and `levers` as tables.

#include "gpusize/plan/result_document.hpp"
#include "report/sections.hpp"

namespace gpusize {

Sections compat_sections(const ResultDocument& document);
Sections mig_sections(const ResultDocument& document);

}  // namespace gpusize
