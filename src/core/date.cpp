#include "gpusize/core/date.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

struct Date {
  std::int64_t year = 0;
  std::int64_t month = 1;
  std::int64_t day = 1;

  [[nodiscard]] std::int64_t months() const { return year * 12 + month - 1; }
};

std::int64_t days_in(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays.at(static_cast<std::size_t>(month - 1)) + (month == 2 && leap ? 1 : 0);
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Date> parse(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  const auto part = [&](std::size_t at, std::size_t size) -> std::optional<std::int64_t> {
    const std::string_view digits = text.substr(at, size);
    return all_digits(digits) ? parse_integer(digits) : std::nullopt;
  };
  const auto year = part(0, 4);
  const auto month = part(5, 2);
  const auto day = part(8, 2);
  if (!year || !month || !day || *month < 1 || *month > 12) return {};
  if (*day < 1 || *day > days_in(*year, *month)) return {};
  return Date{*year, *month, *day};
}

Date parse_checked(std::string_view text) {
  const auto date = parse(text);
  GPUSIZE_CHECK(date.has_value(), fmt::format("\"{}\" is no ISO date", text));
  return *date;
}

}  // namespace

bool is_iso_date(std::string_view text) { return parse(text).has_value(); }

std::string months_before(std::string_view text, std::int64_t months) {
  const Date date = parse_checked(text);
  const std::int64_t total = date.months() - months;
  GPUSIZE_CHECK(total >= 0, "a date before year 0");
  const std::int64_t year = total / 12;
  const std::int64_t month = total % 12 + 1;
  return fmt::format("{:04}-{:02}-{:02}", year, month, std::min(date.day, days_in(year, month)));
}

std::int64_t months_between(std::string_view earlier, std::string_view later) {
  const Date from = parse_checked(earlier);
  const Date to = parse_checked(later);
  const std::int64_t months = to.months() - from.months();
  if (months > 0 && to.day < from.day) return months - 1;
  if (months < 0 && to.day > from.day) return months + 1;
  return months;
}

}  // namespace gpusize
