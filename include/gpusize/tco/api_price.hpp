#pragma once
// Dated list prices of model APIs (schema gpusize.api-prices/v1).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/tco/model.hpp"

namespace gpusize {

/// Prices of one product from one day on, US dollars per million tokens.
struct ApiPrice {
  std::string product;
  std::string from;  ///< ISO date, UTC
  double hit = 0.0;
  double miss = 0.0;
  double output = 0.0;
  std::optional<double> peak_hit;
  std::optional<double> peak_miss;
  std::optional<double> peak_output;
  bool peak_weekdays_only = false;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

struct ApiProduct {
  std::string id;
  std::string provider;
  std::optional<double> concurrency;  ///< requests in flight per account
  std::vector<std::string> models;    ///< catalog models that it serves
};

struct ApiPrices {
  std::vector<ApiProduct> products;
  std::vector<ApiPrice> prices;
  std::vector<int> peak_hours_utc;
};

/// All API price files of the catalog, the later ones behind.
Result<ApiPrices> read_api_prices(const Catalog& catalog);

/// The product by name, or the one that serves a catalog model, or null.
const ApiProduct* find_api_product(const ApiPrices& prices, std::string_view product,
                                   std::string_view model);
/// The row in force on a day, or null.
const ApiPrice* price_on(const ApiPrices& prices, std::string_view product, std::string_view day);

/// Share of the tokens that fall into peak hours under a traffic curve (hours in UTC).
double peak_share(const ApiPrices& prices, const ApiPrice& price, const TrafficCurve& curve);

}  // namespace gpusize
