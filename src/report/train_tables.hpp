#pragma once
// Tables of `train`, from its document alone.

#include <string>

#include "gpusize/report/formats.hpp"

namespace gpusize {

std::string train_text(const ResultDocument& document, const Style& style);
std::string train_markdown(const ResultDocument& document, const Style& style);
/// One row per option: full-precision numbers under the document's own names.
std::string train_csv(const ResultDocument& document, const Style& style);

}  // namespace gpusize
