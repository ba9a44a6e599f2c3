#pragma once
// A report as titled tables with text around them: what terminals and Markdown both show.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/report/text_table.hpp"

namespace gpusize {

struct Section {
  std::string title;  ///< empty: none
  std::optional<TextTable> table;
  std::vector<std::string> lines;  ///< after the table, one paragraph each
};
using Sections = std::vector<Section>;

std::string sections_text(const Sections& sections, int width);
std::string sections_markdown(const Sections& sections);

}  // namespace gpusize
