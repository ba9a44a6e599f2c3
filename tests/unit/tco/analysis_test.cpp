#include "gpusize/tco/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include <fmt/format.h>

#include "gpusize/tco/result.hpp"
#include "tco_support.hpp"

namespace gpusize {
namespace {

using test::model_of;
using test::own_rent_model;

/// Owned units are whole, rented ones follow the rate to the second.
const std::string kWholeAgainstExact =
    test::kHeader +
    "years: 1\n"
    "assumptions:\n"
    "  - {id: qps, value: 2, source: s, confidence: read}\n"
    "lines:\n"
    "  - {id: own, scenarios: [own], unit: unit, quantity: ceil(qps), price: 1000}\n"
    "  - {id: rent, scenarios: [rent], unit: unit, quantity: qps, price: 1100}\n"
    "scenarios: [{id: own}, {id: rent}]\n";

/// A month of hourly need with a daily wave, weekends and noise.
std::vector<double> month_of_need(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> out;
  for (int hour = 0; hour < 30 * 24; ++hour) {
    const double wave = 30.0 + 25.0 * std::sin(6.283185307 * (hour % 24) / 24.0);
    const double week = (hour / 24) % 7 >= 5 ? 0.4 : 1.0;
    out.push_back(std::floor(wave * week + static_cast<double>(random() % 9)));
  }
  return out;
}

double cost_of(const std::vector<double>& need, double base, double own, double rent) {
  double cost = base * own;
  for (const double n : need) cost += rent * std::max(0.0, n - base);
  return cost;
}

/// The same split by a rule: own the units that are needed in more hours than own/rent.
double base_by_rule(std::vector<double> need, double own, double rent) {
  std::sort(need.begin(), need.end(), std::greater<>());
  const auto hours = static_cast<std::size_t>(std::floor(own / rent));
  return hours >= need.size() ? 0.0 : need[hours];
}

TEST_CASE("the split of a month of hourly traffic is that of brute force", "[tco][hybrid]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const std::vector<double> need = month_of_need(seed);
    const double peak = *std::max_element(need.begin(), need.end());
    std::string shares;
    for (const double n : need)
      shares += fmt::format("{}{:.17g}", shares.empty() ? "[" : ", ", n / peak);
    for (const double own : {1.0, 40.0, 150.0, 333.3, 500.0, 719.0, 1000.0}) {
      // The model's year has 8,760 hours like this month's 720.
      TcoModel model = model_of(own_rent_model(own * 8760.0 / 720.0, 1.0, shares + "]"));
      model.assumption("qps")->why = why_input("qps", peak, "", "test");
      const auto engine = TcoEngine::make(model, {"hybrid"});
      REQUIRE(engine.ok());
      const auto most = static_cast<std::int64_t>(peak);
      const auto base = static_cast<double>(cheapest_base(*engine, 0, most));
      double least = cost_of(need, 0.0, own, 1.0);
      for (double b = 1.0; b <= peak; ++b) least = std::min(least, cost_of(need, b, own, 1.0));
      CHECK(cost_of(need, base, own, 1.0) == Approx(least));
      CHECK(cost_of(need, base_by_rule(need, own, 1.0), own, 1.0) == Approx(least));
      const double total = tco_curve(*engine, "base_replicas", std::vector<double>{base})[0][0];
      CHECK(total == Approx(least * 8760.0 / 720.0));
    }
  }
}

TEST_CASE("at a crossing both scenarios cost the same", "[tco][break-even]") {
  // Renting follows the curve (mean 0.575 of 10), owning pays for the peak.
  const TcoModel model = model_of(own_rent_model(4000, 1.0, "[0.1, 0.5, 1.0, 0.7]"));
  const auto engine = TcoEngine::make(model, {"own", "rent"});
  REQUIRE(engine.ok());
  const TcoCrossing crossing = TcoCrossings(*engine, {0, 1}, "rent_price", 0.1, 10.0).of(0, 1);
  REQUIRE(crossing.at.has_value());
  CHECK(crossing.cheaper_above);  // owning wins when rent is dear
  CHECK(crossing.a_usd == Approx(crossing.b_usd).epsilon(1e-9));
  CHECK_FALSE(crossing.step);
  // By hand: 10 x 4000 = mean(1, 5, 10, 7) x 8760 x price.
  CHECK(*crossing.at == Approx(40'000.0 / (5.75 * 8760.0)).epsilon(1e-9));
  // Both engines again, whole and in cents, at the crossing.
  TcoModel there = model;
  there.assumption("rent_price")->why = why_input("rent_price", *crossing.at, "", "test");
  const auto again = TcoEngine::make(there, {"own", "rent"});
  REQUIRE(again.ok());
  const auto results = run_tco(*again);
  CHECK(std::llabs(results[0].tco.value - results[1].tco.value) <= 1);
}

TEST_CASE("where a whole replica more is needed both engines change sides", "[tco][break-even]") {
  // Up to 2 requests/s two owned units cost 2,000 and rent 2,200; just above owning takes a third.
  TcoModel model = model_of(kWholeAgainstExact);
  const auto engine = TcoEngine::make(model, {"own", "rent"});
  REQUIRE(engine.ok());
  const TcoCrossing crossing = TcoCrossings(*engine, {0, 1}, "qps", 1.85, 2.5).of(0, 1);
  REQUIRE(crossing.at.has_value());
  CHECK(*crossing.at == Approx(2.0).epsilon(1e-9));
  CHECK(crossing.step);
  CHECK_FALSE(crossing.cheaper_above);
  const auto totals_at = [&](double qps) {
    model.assumption("qps")->why = why_input("qps", qps, "", "test");
    const auto there = TcoEngine::make(model, {"own", "rent"});
    REQUIRE(there.ok());
    const auto results = run_tco(*there);
    return std::pair{results[0].tco.usd(), results[1].tco.usd()};
  };
  const auto [own_below, rent_below] = totals_at(2.0 * (1.0 - 1e-9));
  const auto [own_above, rent_above] = totals_at(2.0 * (1.0 + 1e-9));
  CHECK(own_below < rent_below);
  CHECK(own_above > rent_above);
  CHECK(own_below == Approx(2000.0));
  CHECK(own_above == Approx(3000.0));
}

TEST_CASE("some scenarios cost what they cost among all", "[tco][break-even]") {
  const TcoModel model = model_of(own_rent_model(4000, 1.0, "[0.4, 1.0, 0.7]"));
  const auto engine = TcoEngine::make(model, {"own", "rent", "hybrid"});
  REQUIRE(engine.ok());
  const std::vector<double> rates{0.3, 2.0, 17.5};
  const auto all = tco_curve(*engine, "qps", rates);
  const auto some = tco_curve(*engine, "qps", rates, std::vector<std::size_t>{1, 2});
  CHECK(some[1] == all[1]);
  CHECK(some[2] == all[2]);
  CHECK(some[0] == std::vector<double>(3, 0.0));
}

TEST_CASE("never is an answer", "[tco][break-even]") {
  const TcoModel model = model_of(own_rent_model(4000, 1.0, "[1.0]"));
  const auto engine = TcoEngine::make(model, {"own", "rent"});
  REQUIRE(engine.ok());
  const TcoCrossing crossing = TcoCrossings(*engine, {0, 1}, "rent_price", 1.0, 2.0).of(0, 1);
  CHECK_FALSE(crossing.at.has_value());
  CHECK(crossing.a_usd < crossing.b_usd);
}

TEST_CASE("the tornado runs each driver to the ends of its range", "[tco][sensitivity]") {
  TcoModel model = model_of(own_rent_model(4000, 1.0, "[1.0]"));
  model.assumption("own_price")->low = 3000;
  model.assumption("own_price")->high = 6000;
  model.assumption("rent_price")->low = 0.9;
  model.assumption("rent_price")->high = 1.05;
  const auto engine = TcoEngine::make(model, {"own", "rent"});
  REQUIRE(engine.ok());
  const auto swings = tco_sensitivity(*engine);
  REQUIRE(swings.size() == 2);
  CHECK(swings[0].driver->id == "own_price");
  CHECK(swings[0].at_low == Approx(30'000));
  CHECK(swings[0].at_high == Approx(60'000));
  CHECK(swings[1].driver->id == "rent_price");
  CHECK(swings[1].swing() == Approx(0.15 * 87'600));
}

TEST_CASE("triangular draws", "[tco][simulation]") {
  CHECK(triangular(1, 2, 4, 0.0) == Approx(1));
  CHECK(triangular(1, 2, 4, 1.0) == Approx(4));
  CHECK(triangular(1, 2, 4, 1.0 / 3.0) == Approx(2));  // the mode: a third of the area below it
  CHECK(triangular(0, 0, 1, 0.75) == Approx(0.5));     // density 2(1 - x): 1 - (1 - x)^2 = 0.75
}

TEST_CASE("the simulation: seeded, repeatable, with the triangle's moments", "[tco][simulation]") {
  TcoModel model = model_of(own_rent_model(4000, 1.0, "[1.0]"));
  model.assumption("own_price")->low = 3000;
  model.assumption("own_price")->high = 8000;
  const auto engine = TcoEngine::make(model, {"own", "rent"});
  REQUIRE(engine.ok());
  const auto once = tco_simulation(*engine, 20'000, 7);
  const auto again = tco_simulation(*engine, 20'000, 7);
  const auto other = tco_simulation(*engine, 20'000, 8);
  REQUIRE(once.size() == 2);
  CHECK(once[0].p50 == again[0].p50);
  CHECK(once[0].p50 != other[0].p50);
  const auto threaded = tco_simulation(*engine, 20'000, 7, 3);
  CHECK(once[0].mean == threaded[0].mean);
  CHECK(once[0].p90 == threaded[0].p90);
  // Mean of a triangle: (a + b + c) / 3; its standard error here is about 7 per unit.
  CHECK(once[0].mean == Approx(10.0 * 5000.0).margin(10.0 * 30.0));
  // P10 by the inverse distribution: 3000 + sqrt(0.1 x 5000 x 1000).
  CHECK(once[0].p10 == Approx(10.0 * (3000.0 + std::sqrt(500'000.0))).margin(10.0 * 40.0));
  CHECK(once[0].p10 < once[0].p50);
  CHECK(once[0].p50 < once[0].p90);
  CHECK(once[1].p10 == once[1].p90);  // nothing of it varies
  std::int64_t count = 0;
  for (const std::int64_t n : once[0].counts) count += n;
  CHECK(count == 20'000);
  CHECK(once[0].cheapest_share + once[1].cheapest_share == Approx(1.0));
}

TEST_CASE("totals are linear in prices and grow with them", "[tco][property]") {
  const TcoModel model = model_of(own_rent_model(4000, 1.0, "[0.3, 1.0]"));
  const auto engine = TcoEngine::make(model, {"own", "rent"});
  REQUIRE(engine.ok());
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    const double price = 0.1 + static_cast<double>(random() % 1000) / 100.0;
    const auto totals =
        tco_curve(*engine, "rent_price", std::vector<double>{price, 2.0 * price, price + 0.01})[1];
    CHECK(totals[1] == Approx(2.0 * totals[0]));
    CHECK(totals[2] > totals[0]);
  }
}

}  // namespace
}  // namespace gpusize
