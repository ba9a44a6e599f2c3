#pragma once
// Tables of `validate`, from its document alone.

#include <string>

#include "gpusize/report/formats.hpp"

namespace gpusize {

std::string validate_text(const ResultDocument& document, const Style& style);
std::string validate_markdown(const ResultDocument& document, const Style& style);
/// With predictions: one row each; else one row per group. Full-precision numbers.
std::string validate_csv(const ResultDocument& document, const Style& style);

}  // namespace gpusize
