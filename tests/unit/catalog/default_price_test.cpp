#include "gpusize/catalog/default_price.hpp"

#include <string>

#include <fmt/format.h>

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

constexpr std::string_view kAsOf = "2026-11-24";

/// A catalog of price rows alone, each row in YAML flow style.
Catalog catalog_of(const std::vector<std::string>& rows, const std::string& kind = "cloud") {
  std::string text = fmt::format(
      "schema: gpusize.prices/v1\nkind: {}\n{}sources:\n  s: {{title: made up, ref: none, as_of: "
      "2026-01-01}}\nquotes:\n",
      kind, kind == "cloud" ? "provider: p\ntier: neocloud\n" : "");
  for (const std::string& row : rows)
    text += fmt::format("  - {{{}, source: s, confidence: read}}\n", row);
  const auto document = read_yaml("prices.yaml", text);
  REQUIRE(document.ok());
  Catalog catalog;
  const Diagnostics problems = catalog.overlay(*document);
  for (const Diagnostic& problem : problems) UNSCOPED_INFO(render(problem));
  REQUIRE(problems.empty());
  return catalog;
}

std::string on_demand(double usd, const std::string& more = "as_of: 2026-06-01") {
  return fmt::format("gpu: X, on_demand_usd_per_gpu_hour: {}, {}", usd, more);
}

double price_of(const Catalog& catalog, PriceBasis basis = PriceBasis::kOnDemand,
                std::string_view tier = "") {
  const DefaultPrice found = default_price(catalog, "X", basis, tier, kAsOf);
  REQUIRE(found.price);
  return found.price->in(units::USD_per_hour);
}

}  // namespace

TEST_CASE("default price: the median, the mean of the two middle ones when even") {
  CHECK(price_of(catalog_of({on_demand(3.0), on_demand(1.0), on_demand(2.0)})) == Approx(2.0));
  CHECK(price_of(catalog_of({on_demand(4.0), on_demand(1.0), on_demand(2.0), on_demand(9.0)})) ==
        Approx(3.0));
  CHECK(price_of(catalog_of({on_demand(5.0)})) == Approx(5.0));
}

TEST_CASE("default price: tiers in a stated order, those passed over are named") {
  const Catalog both = catalog_of({on_demand(8.0, "tier: hyperscaler"), on_demand(2.0)});
  CHECK(price_of(both) == Approx(2.0));
  CHECK(price_of(both, PriceBasis::kOnDemand, "hyperscaler") == Approx(8.0));

  const Catalog market = catalog_of({on_demand(1.5, "tier: marketplace")});
  const DefaultPrice found = default_price(market, "X", PriceBasis::kOnDemand, "", kAsOf);
  CHECK(found.tier == "marketplace");
  CHECK_THAT(found.rule, test::contains("no quote of tier neocloud or hyperscaler"));
}

TEST_CASE("default price: eighteen months, to the day") {
  const Catalog catalog =
      catalog_of({on_demand(2.0, "as_of: 2025-05-24"), on_demand(9.0, "as_of: 2025-05-23")});
  const DefaultPrice found = default_price(catalog, "X", PriceBasis::kOnDemand, "", kAsOf);
  CHECK(found.price->in(units::USD_per_hour) == Approx(2.0));
  CHECK(found.quotes.size() == 1);
  CHECK_FALSE(found.stale);
}

TEST_CASE("default price: older quotes serve when none is newer, and are called stale") {
  const Catalog catalog =
      catalog_of({on_demand(2.0, "as_of: 2024-06-01"), on_demand(4.0, "as_of: 2023-09-01"),
                  on_demand(99.0, "as_of: 2020-01-01")});
  const DefaultPrice found = default_price(catalog, "X", PriceBasis::kOnDemand, "", kAsOf);
  CHECK(found.price->in(units::USD_per_hour) == Approx(3.0));
  CHECK(found.stale);
  CHECK_THAT(found.rule, test::contains("stale"));
}

TEST_CASE("default price: what was not yet known at the date does not count") {
  const Catalog catalog =
      catalog_of({on_demand(2.0, "as_of: 2025-01-01"), on_demand(9.0, "as_of: 2026-06-01")});
  const DefaultPrice then = default_price(catalog, "X", PriceBasis::kOnDemand, "", "2025-06-01");
  CHECK(then.price->in(units::USD_per_hour) == Approx(2.0));
  CHECK_FALSE(default_price(catalog, "X", PriceBasis::kOnDemand, "", "2024-12-31").price);
}

TEST_CASE("default price: suspect rows are skipped, of a spot-only suspicion only the spot price") {
  const std::string spot =
      "spot_usd_per_gpu_hour: 0.1, as_of: 2026-06-01, suspect: \"spot only: a placeholder\"";
  const Catalog catalog =
      catalog_of({on_demand(2.0, spot), on_demand(50.0, "suspect: \"implausible\"")});
  CHECK(price_of(catalog) == Approx(2.0));
  CHECK_FALSE(default_price(catalog, "X", PriceBasis::kSpot, "", kAsOf).price);
}

TEST_CASE("default price: no quote is an answer with a reason") {
  const Catalog catalog = catalog_of({on_demand(2.0)});
  const DefaultPrice other = default_price(catalog, "Y", PriceBasis::kOnDemand, "", kAsOf);
  CHECK_FALSE(other.price);
  CHECK(other.quotes.empty());
  CHECK_THAT(other.reason, test::contains("no price known: no on-demand quote"));
  CHECK_THAT(default_price(catalog, "X", PriceBasis::kReserved3Year, "hyperscaler", kAsOf).reason,
             test::contains("no reserved-3y quote of tier hyperscaler"));
}

TEST_CASE("default purchase: median of new cards only") {
  const Catalog catalog =
      catalog_of({"gpu: X, what: gpu, typical_usd: 30000", "gpu: X, what: gpu, typical_usd: 20000",
                  "gpu: X, what: gpu-used, typical_usd: 5000", "gpu: X, what: gpu, low_usd: 1"},
                 "purchase");
  const DefaultPurchase found = default_purchase(catalog, "X");
  REQUIRE(found.price);
  CHECK(found.price->in(units::USD) == Approx(25000.0));
  CHECK(found.quotes.size() == 2);
  CHECK_FALSE(default_purchase(catalog, "Y").price);
  CHECK_THAT(default_purchase(catalog, "Y").reason, test::contains("no price known"));
}

TEST_CASE("the derivation of a default price holds every quote behind it") {
  const Catalog catalog = catalog_of({on_demand(3.0), on_demand(1.0), on_demand(2.0)});
  const DefaultPrice found = default_price(catalog, "X", PriceBasis::kOnDemand, "", kAsOf);
  const Why why = why_price(found, PriceBasis::kOnDemand, "price");
  CHECK(why->value == Approx(2.0));
  CHECK(why->inputs.size() == 3);
  CHECK(first_mismatch(why).empty());
}

TEST_CASE("the catalog's date moves to the newest overlaid price") {
  CHECK(catalog_of({on_demand(2.0, "as_of: 2027-02-03")}).as_of() == "2027-02-03");
}
