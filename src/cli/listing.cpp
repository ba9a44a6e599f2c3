#include "cli/listing.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize::cli {

void add_listing_options(Parser& app, ListingOptions& options) {
  app.add_option("--as-of", options.as_of,
                 "Date that price ages count from (default: the catalog's)");
  add_common_options(app, options);
}

Result<std::string> as_of_date(const ListingOptions& options, const Catalog& catalog) {
  if (options.as_of.empty()) return catalog.as_of();
  if (is_iso_date(options.as_of)) return options.as_of;
  return make_error("cli-date", fmt::format("--as-of takes a date, found \"{}\"", options.as_of),
                    {}, "for example --as-of 2026-11-24");
}

Check number_within(double low, double high) {
  return {[low, high](const std::string& text) -> std::string {
            const auto number = parse_number(text);
            if (number && *number >= low && *number <= high) return {};
            return fmt::format("a number from {} to {}, found \"{}\"", low, high, text);
          },
          "NUMBER"};
}

std::optional<Diagnostic> check_choice(std::string_view option, const std::string& value,
                                       std::vector<std::string> known) {
  const std::string wanted = normalise_name(value);
  const auto is_wanted = [&](const std::string& name) { return normalise_name(name) == wanted; };
  if (value.empty() || std::any_of(known.begin(), known.end(), is_wanted)) return {};
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::string hint = did_you_mean(value, known);
  if (hint.empty()) hint = fmt::format("known: {}", fmt::join(known, ", "));
  return make_error("cli-choice", fmt::format("{} knows no \"{}\"", option, value), {},
                    std::move(hint));
}

}  // namespace gpusize::cli
