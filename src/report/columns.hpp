#pragma once
// Text on a terminal, measured in columns: CJK characters take two.

#include <string>
#include <string_view>

namespace gpusize {

/// Columns that UTF-8 text takes on a terminal (Unicode Standard Annex 11: W and F are two columns
/// wide, combining marks none).
std::size_t columns_of(std::string_view text);

/// The text cut to `width` columns, its last one a `~`; a text that fits stays as it is.
std::string cut_to(const std::string& text, std::size_t width);

/// A paragraph as lines of at most `width` columns, each ending in a newline: broken at spaces and
/// between CJK characters, never before a closing mark. Later lines are indented by four; what the
/// first is indented by is kept.
std::string wrapped(std::string_view paragraph, std::size_t width);

}  // namespace gpusize
