#include <array>
#include <cmath>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/trace.hpp"

namespace gpusize {
namespace {

/// Days since 1970-01-01 (Hinnant, chrono-compatible low-level date algorithms).
std::int64_t days_from_civil(std::int64_t y, std::int64_t m, std::int64_t d) {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const std::int64_t yoe = y - era * 400;
  const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

/// The digits at `at`, `count` of them, or nothing.
std::optional<std::int64_t> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return {};
  return parse_integer(text.substr(at, count));
}

/// `Z`, `+01:00`, `-0500` or nothing, in seconds east of Greenwich.
std::optional<double> offset_s(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0.0;
  const bool east = text.front() == '+';
  if (!east && text.front() != '-') return {};
  const auto hours = digits(text, 1, 2);
  const std::size_t minutes_at = text.find(':') == 3 ? 4 : 3;
  const auto minutes = text.size() > minutes_at ? digits(text, minutes_at, 2) : 0;
  if (!hours || !minutes) return {};
  const double s = static_cast<double>(*hours * 3600 + *minutes * 60);
  return east ? s : -s;
}

}  // namespace

std::optional<double> trace_time_s(std::string_view text) {
  text = trim(text);
  if (const auto number = parse_number(text)) return number;
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  if (!year || !month || !day || !hour || !minute || text[4] != '-' || text[7] != '-' ||
      text[13] != ':')
    return {};
  if (*month < 1 || *month > 12 || *day < 1 || *day > 31 || *hour > 24 || *minute > 59) return {};
  std::size_t at = 16;
  double seconds = 0.0;
  if (at < text.size() && text[at] == ':') {
    std::size_t end = ++at;
    while (end < text.size() && (text[end] == '.' || (text[end] >= '0' && text[end] <= '9'))) ++end;
    const auto value = parse_number(text.substr(at, end - at));
    if (!value || *value < 0.0 || *value >= 61.0) return {};
    seconds = *value;
    at = end;
  }
  const auto offset = offset_s(text.substr(at));
  if (!offset) return {};
  const auto days = static_cast<double>(days_from_civil(*year, *month, *day));
  return days * 86400.0 + static_cast<double>(*hour * 3600 + *minute * 60) + seconds - *offset;
}

}  // namespace gpusize
