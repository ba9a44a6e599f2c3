#pragma once
// A report as titled tables with text around them: what terminals and Markdown both show.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/report/text_table.hpp"
#include "gpusize/report/words.hpp"

namespace gpusize {

struct Section {
  std::string title;  ///< empty: none
  std::optional<TextTable> table;
  std::vector<std::string> lines;  ///< after the table, one paragraph each
};
using Sections = std::vector<Section>;

/// Texts of the document under a label: on one line each where both are of one language, else the
/// label first and the texts below it, so that no line mixes languages.
std::vector<std::string> stated(const Words& words, std::string_view label,
                                const std::vector<std::string>& texts);

std::string sections_text(const Sections& sections, int width);
std::string sections_markdown(const Sections& sections);

}  // namespace gpusize
