#pragma once
// Shapes of findings that table, Markdown and CSV share with other commands.

#include <string>

#include "gpusize/report/formats.hpp"

namespace gpusize {

std::string findings_text(const ResultDocument& document, const Style& style);
std::string findings_markdown(const ResultDocument& document, const Style& style);
std::string diff_text(const ResultDocument& document, const Style& style);
std::string diff_markdown(const ResultDocument& document, const Style& style);
std::string findings_csv(const ResultDocument& document, const Style& style);

}  // namespace gpusize
