#pragma once
// Tables of `estimate`, from its document alone.

#include <string>

#include "gpusize/report/formats.hpp"

namespace gpusize {

std::string estimate_text(const ResultDocument& document, const Style& style);
std::string estimate_markdown(const ResultDocument& document, const Style& style);
/// One row per operator: full-precision numbers under the document's own names.
std::string estimate_csv(const ResultDocument& document, const Style& style);

}  // namespace gpusize
