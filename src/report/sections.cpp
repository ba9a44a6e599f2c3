#include "report/sections.hpp"

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "report/columns.hpp"

namespace gpusize {
namespace {

bool is_empty(const Section& section) {
  return section.title.empty() && !section.table && section.lines.empty();
}

}  // namespace

std::vector<std::string> stated(const Words& words, std::string_view label,
                                const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    const auto parts = split(words.text("say.stated", words[label], printable(text)), '\n');
    const bool headed = parts.size() > 1 && !out.empty();
    out.insert(out.end(), parts.begin() + (headed ? 1 : 0), parts.end());
  }
  return out;
}

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
