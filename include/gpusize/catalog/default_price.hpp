#pragma once
// Which of many quotes a plan uses, by a stated rule.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/derivation.hpp"

namespace gpusize {

/// The price of one GPU hour and the quotes behind it.
struct DefaultPrice {
  std::optional<UsdPerSec> price;         ///< nothing: `reason` says why
  std::vector<const CloudQuote*> quotes;  ///< those the median was taken over
  std::string tier;                       ///< the tier that was used
  std::string rule;
  std::string reason;
  bool stale = false;  ///< every quote is older than the window
};

/// The median of a card's quotes in one tier over the 18 months before `as_of` (ISO date). Without
/// `tier`: neocloud, else hyperscaler, else marketplace, whichever has a quote first. Rows marked
/// suspect are left out (a mark that begins "spot only" concerns spot prices alone). When no quote
/// is recent enough the newest older ones serve, and the rule says that they are stale. Quotes
/// dated after `as_of` are left out. Tested: tests/unit/catalog/default_price_test.cpp, by
/// hand-made quotes.
DefaultPrice default_price(const Catalog& catalog, std::string_view gpu, PriceBasis basis,
                           std::string_view tier, std::string_view as_of);

/// The median purchase price of a new card.
struct DefaultPurchase {
  std::optional<Usd> price;
  std::vector<const PurchaseQuote*> quotes;
  std::string rule;
  std::string reason;
};
DefaultPurchase default_purchase(const Catalog& catalog, std::string_view gpu);

/// A chosen price over the quotes behind it, in USD per GPU-hour and USD. There must be a price.
Why why_price(const DefaultPrice& price, PriceBasis basis, std::string label);
Why why_purchase(const DefaultPurchase& purchase, std::string label);

}  // namespace gpusize
