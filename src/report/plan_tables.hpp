#pragma once
// Tables of `plan`, from its document alone.

#include <string>

#include "gpusize/report/formats.hpp"

namespace gpusize {

std::string plan_text(const ResultDocument& document, const Style& style);
std::string plan_markdown(const ResultDocument& document, const Style& style);
/// One row per option: full-precision numbers under the document's own names.
std::string plan_csv(const ResultDocument& document, const Style& style);

}  // namespace gpusize
