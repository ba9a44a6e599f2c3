#include "report/columns.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

struct CodePoint {
  std::string_view bytes;
  std::uint32_t value = 0;
};

/// The first code point of a text that is not empty; a byte that is no UTF-8 stands for itself.
CodePoint first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view bytes = text.substr(0, length);
  std::uint32_t value = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (const char c : bytes.substr(1)) value = value << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  return {bytes, value};
}

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};
constexpr std::array<Range, 13> kWide{{{0x1100, 0x115F},
                                       {0x2E80, 0x303E},
                                       {0x3041, 0x33FF},
                                       {0x3400, 0x4DBF},
                                       {0x4E00, 0x9FFF},
                                       {0xA000, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE4F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 3> kNone{{{0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, std::uint32_t value) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const Range& r) { return value >= r.first && value <= r.last; });
}

std::size_t width_of(std::uint32_t value) {
  return in(kWide, value) ? 2 : in(kNone, value) ? 0 : 1;
}

bool is_one_of(std::string_view marks, std::string_view mark) {
  return marks.find(mark) != std::string_view::npos;
}

/// What stays on one line.
struct Piece {
  std::string text;
  bool space_before = false;
  bool open = false;  ///< takes whatever follows: a run of narrow characters, an opening bracket
};

std::vector<Piece> pieces_of(std::string_view text) {
  constexpr std::string_view kClosing = "，。；：！？、）］」』》";
  constexpr std::string_view kOpening = "（［「『《";
  std::vector<Piece> out;
  bool space = false;
  bool narrow = false;  // what the last piece ends with
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    text.remove_prefix(c.bytes.size());
    if (c.value == ' ') {
      space = true;
      continue;
    }
    const bool wide = width_of(c.value) == 2;
    const bool joins =
        !out.empty() && !space &&
        (out.back().open || (!wide && narrow) || (wide && is_one_of(kClosing, c.bytes)));
    if (!joins) out.push_back({"", space && !out.empty(), false});
    out.back().text += c.bytes;
    out.back().open = wide && is_one_of(kOpening, c.bytes);
    narrow = !wide;
    space = false;
  }
  return out;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    columns += width_of(c.value);
    text.remove_prefix(c.bytes.size());
  }
  return columns;
}

std::string cut_to(const std::string& text, std::size_t width) {
  if (width < 2 || columns_of(text) <= width) return text;
  std::string out;
  std::size_t columns = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const CodePoint c = first_of(rest);
    columns += width_of(c.value);
    if (columns > width - 1) break;
    out += c.bytes;
    rest.remove_prefix(c.bytes.size());
  }
  return out + "~";
}

std::string wrapped(std::string_view paragraph, std::size_t width) {
  constexpr std::size_t kIndent = 4;
  const std::string text = printable(paragraph);
  const std::size_t start = std::min(text.find_first_not_of(' '), text.size());
  std::string out(start, ' ');
  std::size_t column = start;
  bool fresh = true;
  for (const Piece& piece : pieces_of(text)) {
    const std::size_t needed = columns_of(piece.text) + (piece.space_before ? 1 : 0);
    if (!fresh && column + needed > width) {
      out += "\n" + std::string(start + kIndent, ' ');
      column = start + kIndent;
    } else if (!fresh && piece.space_before) {
      out += ' ';
      ++column;
    }
    out += piece.text;
    column += columns_of(piece.text);
    fresh = false;
  }
  return out + "\n";
}

}  // namespace gpusize
