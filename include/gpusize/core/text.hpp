#pragma once
// Small text helpers shared by every reader and printer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gpusize {

/// ASCII lower case.
std::string to_lower(std::string_view text);

/// The form in which names are compared: lower case; runs of spaces, underscores and dashes become
/// one dash. `NVIDIA H100 80GB HBM3` and `nvidia-h100-80gb-hbm3` are one name.
std::string normalise_name(std::string_view name);

/// Edit distance with swaps of neighbours (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidates nearest to `name` (normalised), best first, at most `most`; only plausible ones.
std::vector<std::string> near_matches(std::string_view name,
                                      const std::vector<std::string>& candidates,
                                      std::size_t most = 3);

/// `did you mean "a", "b"?` or an empty string.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

/// Offset of the first byte that is not valid UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// Escapes control characters, bidirectional overrides and invalid UTF-8, so that text is safe on a
/// terminal.
std::string printable(std::string_view text);

/// Whether the whole text is UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_valid_utf8(std::string_view text);

/// The whole text as a finite decimal number, or nothing.
std::optional<double> parse_number(std::string_view text);

/// The whole text as a decimal integer, or nothing (also on overflow).
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Splits at `separator`; an empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);

/// Without leading and trailing white space.
std::string_view trim(std::string_view text);

}  // namespace gpusize
