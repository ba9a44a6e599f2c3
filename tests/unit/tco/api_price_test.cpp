// Prices by day, as the dated list in the project's guide to DeepSeek's price page has them.
#include "gpusize/tco/api_price.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("the price in force on a day", "[api]") {
  const auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  const auto prices = read_api_prices(*catalog);
  REQUIRE(prices.ok());
  CHECK(price_on(*prices, "deepseek-reasoner", "2025-02-27")->output == 2.19);
  CHECK(price_on(*prices, "deepseek-chat", "2025-09-06")->miss == 0.56);
  CHECK(price_on(*prices, "deepseek-chat", "2025-09-28")->output == 1.68);
  CHECK(price_on(*prices, "deepseek-chat", "2025-09-29")->output == 0.42);
  CHECK(price_on(*prices, "deepseek-v4-pro", "2026-11-01")->peak_output == 3.96);
  CHECK(price_on(*prices, "deepseek-flash", "2026-09-09") == nullptr);
  CHECK(find_api_product(*prices, "", "deepseek-r1")->id == "deepseek-reasoner");
  CHECK(find_api_product(*prices, "", "llama-3.1-8b") == nullptr);
  CHECK(*find_api_product(*prices, "deepseek-v4-pro", "")->concurrency == 500);
}

TEST_CASE("traffic in peak hours", "[api]") {
  ApiPrices prices;
  prices.peak_hours_utc = {1, 2, 3, 6, 7, 8, 9};
  ApiPrice price;
  CHECK(peak_share(prices, price, {}) == 0.0);  // no peak tariff
  price.peak_output = 1.0;
  CHECK(peak_share(prices, price, {}) == Approx(7.0 / 24.0));
  price.peak_weekdays_only = true;
  CHECK(peak_share(prices, price, {}) == Approx(5.0 / 7.0 * 7.0 / 24.0));
  TrafficCurve curve;
  curve.weekday.assign(24, 0.0);
  curve.weekday[7] = 1.0;
  curve.weekend_share = 0.0;
  CHECK(peak_share(prices, price, curve) == Approx(1.0));
}

}  // namespace
}  // namespace gpusize
