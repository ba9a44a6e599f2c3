#pragma once
// ISO 4217 currency codes.

#include <string>
#include <string_view>

namespace gpusize {

/// Whether the code is one of ISO 4217 (three capital letters).
bool is_currency(std::string_view code);
/// What to write instead of an unknown code.
std::string currency_hint(std::string_view code);

}  // namespace gpusize
