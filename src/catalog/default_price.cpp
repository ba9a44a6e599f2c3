#include "gpusize/catalog/default_price.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/check.hpp"
#include "gpusize/core/date.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kTierOrder{"neocloud", "hyperscaler", "marketplace"};
constexpr std::int64_t kWindowMonths = 18;
constexpr std::int64_t kStaleSpanMonths =
    12;  // when all are older: the newest and what is within a year of it

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

/// Trusted quotes of a card in one tier that were known at `as_of`.
std::vector<const CloudQuote*> quotes_of(const Catalog& catalog, std::string_view gpu,
                                         PriceBasis basis, std::string_view tier,
                                         std::string_view as_of) {
  std::vector<const CloudQuote*> out;
  for (const CloudQuote& quote : catalog.quotes()) {
    if (quote.gpu == gpu && quote.tier == tier && quote.price(basis) && is_trusted(quote, basis) &&
        quote.source.as_of <= as_of) {
      out.push_back(&quote);
    }
  }
  return out;
}

/// Those dated `oldest` or later; ISO dates compare as text.
std::vector<const CloudQuote*> since(const std::vector<const CloudQuote*>& quotes,
                                     std::string_view oldest) {
  std::vector<const CloudQuote*> out;
  std::copy_if(quotes.begin(), quotes.end(), std::back_inserter(out),
               [&](const CloudQuote* q) { return q->source.as_of >= oldest; });
  return out;
}

void take_median(DefaultPrice& out, const std::vector<const CloudQuote*>& quotes, PriceBasis basis,
                 std::string_view as_of) {
  out.quotes = since(quotes, months_before(as_of, kWindowMonths));
  out.stale = out.quotes.empty();
  if (out.stale) {
    std::string newest;
    for (const CloudQuote* q : quotes) newest = std::max(newest, q->source.as_of);
    out.quotes = since(quotes, months_before(newest, kStaleSpanMonths));
  }
  std::vector<UsdPerSec> prices;
  for (const CloudQuote* q : out.quotes) prices.push_back(*q->price(basis));
  out.price = median(prices);
}

std::string rule_of(const DefaultPrice& price, PriceBasis basis,
                    const std::vector<std::string_view>& passed_over) {
  std::string out =
      fmt::format("median of {} {} quote{} of tier {} {}", price.quotes.size(), name_of(basis),
                  price.quotes.size() == 1 ? "" : "s", price.tier,
                  price.stale ? "(stale: none in the last 18 months)" : "in the last 18 months");
  if (!passed_over.empty())
    out += fmt::format("; no quote of tier {}", fmt::join(passed_over, " or "));
  return out;
}

}  // namespace

DefaultPrice default_price(const Catalog& catalog, std::string_view gpu, PriceBasis basis,
                           std::string_view tier, std::string_view as_of) {
  DefaultPrice out;
  std::vector<std::string_view> tiers(kTierOrder.begin(), kTierOrder.end());
  if (!tier.empty()) tiers = {tier};
  std::vector<std::string_view> passed_over;
  for (const std::string_view candidate : tiers) {
    const auto quotes = quotes_of(catalog, gpu, basis, candidate, as_of);
    if (quotes.empty()) {
      passed_over.push_back(candidate);
      continue;
    }
    out.tier = candidate;
    take_median(out, quotes, basis, as_of);
    out.rule = rule_of(out, basis, passed_over);
    return out;
  }
  out.reason = fmt::format("no price known: no {} quote{}", name_of(basis),
                           tier.empty() ? "" : fmt::format(" of tier {}", tier));
  return out;
}

Why why_price(const DefaultPrice& price, PriceBasis basis, std::string label) {
  GPUSIZE_CHECK(price.price.has_value(), "the derivation of no price");
  std::vector<std::pair<std::string, Why>> quotes;
  for (const CloudQuote* q : price.quotes) {
    quotes.emplace_back(q->provider,
                        why_fact(fmt::format("{} {} {}", q->provider, q->instance, q->region),
                                 q->price(basis)->in(units::USD_per_hour), "USD/GPU-hour",
                                 NumberKind::kFact, q->source, q->confidence, q->note));
  }
  return why_search(std::move(label), price.price->in(units::USD_per_hour), "USD/GPU-hour",
                    price.rule, std::move(quotes));
}

Why why_purchase(const DefaultPurchase& purchase, std::string label) {
  GPUSIZE_CHECK(purchase.price.has_value(), "the derivation of no price");
  std::vector<std::pair<std::string, Why>> quotes;
  for (const PurchaseQuote* q : purchase.quotes) {
    quotes.emplace_back(
        "quote", why_fact(fmt::format("{} {}", q->item, q->what), q->typical->in(units::USD), "USD",
                          NumberKind::kFact, q->source, q->confidence, q->note));
  }
  return why_search(std::move(label), purchase.price->in(units::USD), "USD", purchase.rule,
                    std::move(quotes));
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
  out.rule =
      fmt::format("median of {} purchase quote{}", prices.size(), prices.size() == 1 ? "" : "s");
  return out;
}

}  // namespace gpusize
