#include "report/sections.hpp"

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// Breaks a paragraph at spaces so that lines fit; later lines are indented.
std::string wrapped(const std::string& paragraph, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  for (const std::string& word : split(printable(paragraph), ' ')) {
    if (column > 0 && column + 1 + word.size() > width) {
      out += "\n    ";
      column = 4;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

}  // namespace

namespace {

bool is_empty(const Section& section) {
  return section.title.empty() && !section.table && section.lines.empty();
}

}  // namespace

std::string sections_text(const Sections& sections, int width) {
  std::string out;
  for (const Section& section : sections) {
    if (is_empty(section)) continue;
    if (!out.empty()) out += "\n";
    if (!section.title.empty()) out += printable(section.title) + "\n";
    if (section.table) out += section.table->text(width);
    for (const std::string& line : section.lines)
      out += wrapped(line, static_cast<std::size_t>(width));
  }
  return out;
}

std::string sections_markdown(const Sections& sections) {
  std::string out;
  for (const Section& section : sections) {
    if (is_empty(section)) continue;
    if (!out.empty()) out += "\n";
    if (!section.title.empty()) out += fmt::format("### {}\n\n", printable(section.title));
    if (section.table) out += section.table->markdown();
    if (section.table && !section.lines.empty()) out += "\n";
    for (const std::string& line : section.lines) out += fmt::format("- {}\n", printable(line));
  }
  return out;
}

}  // namespace gpusize
