#pragma once
// ISO dates as text: prices have ages, and nothing here asks the clock.

#include <cstdint>
#include <string>
#include <string_view>

namespace gpusize {

/// Whether the text is a calendar date such as 2026-08-24.
bool is_iso_date(std::string_view text);

/// The date `months` months before, on the same day or the last one of a shorter month.
std::string months_before(std::string_view date, std::int64_t months);

/// Whole months from `earlier` to `later`; negative when they are the other way round.
std::int64_t months_between(std::string_view earlier, std::string_view later);

}  // namespace gpusize
