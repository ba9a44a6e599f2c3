#include "gpusize/catalog/default_price.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kTierOrder{"neocloud", "hyperscaler", "marketplace"};
constexpr std::int64_t kWindowMonths = 18;

/// Months since year 0 of an ISO date: enough to compare ages.
std::int64_t months_of(std::string_view date) {
  if (date.size() < 7) return 0;
  const auto year = parse_integer(date.substr(0, 4)).value_or(0);
  const auto month = parse_integer(date.substr(5, 2)).value_or(1);
  return year * 12 + month;
}

bool is_trusted(const CloudQuote& quote, PriceBasis basis) {
  if (quote.suspect.empty()) return true;
  return quote.suspect.starts_with("spot only") && basis != PriceBasis::kSpot;
}

/// Median; the mean of the two middle ones when their number is even. `values` is not empty.
template <typename Q>
Q median(std::vector<Q> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

std::vector<const CloudQuote*> quotes_of(const Catalog& catalog, std::string_view gpu, PriceBasis basis,
                                         std::string_view tier) {
  std::vector<const CloudQuote*> out;
  for (const CloudQuote& quote : catalog.quotes()) {
    if (quote.gpu == gpu && quote.tier == tier && quote.price(basis) && is_trusted(quote, basis)) {
      out.push_back(&quote);
    }
  }
  return out;
}

void take_median(DefaultPrice& out, std::vector<const CloudQuote*> quotes, PriceBasis basis, std::string_view as_of) {
  const std::int64_t oldest = months_of(as_of) - kWindowMonths;
  std::vector<const CloudQuote*> recent;
  std::copy_if(quotes.begin(), quotes.end(), std::back_inserter(recent),
               [&](const CloudQuote* q) { return months_of(q->source.as_of) >= oldest; });
  out.stale = recent.empty();
  if (out.stale) {
    std::string newest;
    for (const CloudQuote* q : quotes) newest = std::max(newest, q->source.as_of);
    std::copy_if(quotes.begin(), quotes.end(), std::back_inserter(recent),
                 [&](const CloudQuote* q) { return months_of(q->source.as_of) + 12 >= months_of(newest); });
  }
  std::vector<UsdPerSec> prices;
  for (const CloudQuote* q : recent) prices.push_back(*q->price(basis));
  out.price = median(prices);
  out.quotes = std::move(recent);
}

}  // namespace

DefaultPrice default_price(const Catalog& catalog, std::string_view gpu, PriceBasis basis, std::string_view tier,
                           std::string_view as_of) {
  DefaultPrice out;
  const std::vector<std::string_view> tiers =
      tier.empty() ? std::vector<std::string_view>(kTierOrder.begin(), kTierOrder.end())
                   : std::vector<std::string_view>{tier};
  for (const std::string_view candidate : tiers) {
    auto quotes = quotes_of(catalog, gpu, basis, candidate);
    if (quotes.empty()) continue;
    out.tier = candidate;
    take_median(out, std::move(quotes), basis, as_of);
    out.rule = fmt::format("median of {} {} quote{} of tier {} {}", out.quotes.size(), name_of(basis),
                           out.quotes.size() == 1 ? "" : "s", candidate,
                           out.stale ? "(stale: none in the last 18 months)" : "in the last 18 months");
    if (candidate != tiers.front()) out.rule += fmt::format("; no quote of tier {}", tiers.front());
    return out;
  }
  out.reason = fmt::format("no price known: no {} quote{}", name_of(basis),
                           tier.empty() ? "" : fmt::format(" of tier {}", tier));
  return out;
}

DefaultPurchase default_purchase(const Catalog& catalog, std::string_view gpu) {
  DefaultPurchase out;
  std::vector<Usd> prices;
  for (const PurchaseQuote& quote : catalog.purchases()) {
    if (quote.item != gpu || quote.what != "gpu" || !quote.typical) continue;
    out.quotes.push_back(&quote);
    prices.push_back(*quote.typical);
  }
  if (prices.empty()) {
    out.reason = "no price known: no purchase quote of a new card";
    return out;
  }
  out.price = median(prices);
  out.rule = fmt::format("median of {} purchase quote{}", prices.size(), prices.size() == 1 ? "" : "s");
  return out;
}

}  // namespace gpusize
