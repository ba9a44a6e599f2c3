#pragma once
// What `gpus`, `models` and `prices` share.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace gpusize::cli {

/// Common options and the date that price ages count from.
struct ListingOptions : CommonOptions {
  std::string as_of;
};
void add_listing_options(Parser& app, ListingOptions& options);

/// --as-of, or the catalog's own date.
Result<std::string> as_of_date(const ListingOptions& options, const Catalog& catalog);

/// Checks that an option is a number within [low, high], which NaN is not.
Check number_within(double low, double high);

/// An error with a near match when `value` (may be empty) is none of `known`.
std::optional<Diagnostic> check_choice(std::string_view option, const std::string& value,
                                       std::vector<std::string> known);

}  // namespace gpusize::cli
