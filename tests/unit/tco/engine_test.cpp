#include "gpusize/tco/engine.hpp"

#include <cmath>

#include "gpusize/tco/analysis.hpp"
#include "gpusize/tco/finance.hpp"
#include "gpusize/tco/result.hpp"
#include "tco_support.hpp"

namespace gpusize {
namespace {

using test::kHeader;
using test::model_of;

TEST_CASE("variables, last year's values and tranches", "[tco]") {
  const TcoModel model =
      model_of(kHeader +
               "assumptions:\n"
               "  - {id: need, value: 10, source: s, confidence: read}\n"
               "  - {id: growth, value: 0.5, source: s, confidence: read}\n"
               "variables:\n"
               "  - {id: units, formula: ceil(need * (1 + growth) ^ (year - 1))}\n"
               "  - {id: owned, formula: 'max(prev_owned, units)'}\n"
               "lines:\n"
               "  - {id: buy, kind: capex, when: start, unit: unit, quantity: owned - prev_owned, "
               "price: 100}\n"
               "  - {id: run, unit: unit-year, quantity: owned * year_share, price: 12}\n"
               "scenarios: [{id: own}]\n");
  const auto engine = TcoEngine::make(model, {"own"});
  REQUIRE(engine.ok());
  const auto results = run_tco(*engine);
  REQUIRE(results.size() == 1);
  const TcoScenarioResult& r = results.front();
  REQUIRE(r.costs.size() == 2);
  CHECK(r.costs[0].years[0].amount.value == 100'000);  // 10, then 15, then 23 units
  CHECK(r.costs[0].years[1].amount.value == 50'000);
  CHECK(r.costs[0].years[2].amount.value == 80'000);
  CHECK(r.tco.value == 230'000 + 12 * (10 + 15 + 23) * 100);
  CHECK(r.cash_flow[0].value == -100'000);
  CHECK(r.cash_flow[12].value == -50'000 - 10 * 100);  // the twelfth month and the second tranche
  std::int64_t sum = 0;
  for (const Cents flow : r.cash_flow) sum += flow.value;
  CHECK(sum == -r.tco.value);
}

TEST_CASE("part of a year costs part of the year", "[tco]") {
  TcoModel model = model_of(kHeader +
                            "lines: [{id: run, unit: year, quantity: year_share, price: 1200}]\n"
                            "scenarios: [{id: a}]\n");
  model.period.years = 1.25;
  const auto engine = TcoEngine::make(model, {"a"});
  REQUIRE(engine.ok());
  const auto results = run_tco(*engine);
  CHECK(results[0].tco.value == 150'000);
  CHECK(results[0].cash_flow.size() == 16);
  CHECK(results[0].cash_flow[15].value == -10'000);
}

/// A machine bought on credit in the first year.
const std::string kLoan =
    "assumptions:\n"
    "  - {id: loan_rate, value: 0.1, source: s, confidence: read}\n"
    "  - {id: loan_years, value: 2, source: s, confidence: read}\n"
    "variables:\n"
    "  - {id: loan_drawn, formula: 'max(0, 2 - year) * 10000'}\n"
    "  - {id: interest, loan_of: loan_drawn}\n"
    "lines:\n"
    "  - {id: buy, kind: capex, when: start, unit: x, quantity: 'max(0, 2 - year)', price: "
    "10000}\n"
    "  - {id: interest, kind: financing, unit: USD, quantity: interest, price: 1}\n"
    "scenarios: [{id: own}]\n";

TEST_CASE("a loan moves money, its interest costs it", "[tco]") {
  const TcoModel model = model_of(kHeader + kLoan);
  const auto engine = TcoEngine::make(model, {"own"});
  REQUIRE(engine.ok());
  const auto r = run_tco(*engine)[0];
  CHECK(r.cash_flow[0].value == 0);  // all of it borrowed
  const double payment = annuity_factor(monthly_rate(0.1), 24) * 10'000.0;
  CHECK(r.tco.usd() == Approx(24 * payment).epsilon(1e-6));  // what the payments add up to
  std::int64_t principal = 0;
  for (const Cents part : r.loan) principal += part.value;
  CHECK(principal == 0);
}

TEST_CASE("the terms of a loan may differ from lane to lane", "[tco]") {
  TcoModel model = model_of(kHeader + kLoan);
  const auto interest = [&](double rate, double years) {
    model.assumption("loan_rate")->why = why_input("loan_rate", rate, "", "test");
    model.assumption("loan_years")->why = why_input("loan_years", years, "", "test");
    const auto engine = TcoEngine::make(model, {"own"});
    REQUIRE(engine.ok());
    return run_tco(*engine)[0].tco.usd();
  };
  model.assumption("loan_rate")->low = 0.05;
  model.assumption("loan_years")->high = 3.0;
  const auto engine = TcoEngine::make(model, {"own"});
  REQUIRE(engine.ok());
  const auto swings = tco_sensitivity(*engine);
  REQUIRE(swings.size() == 2);
  for (const TcoSwing& swing : swings) {
    const bool rate = swing.driver->id == "loan_rate";
    CHECK(swing.at_low == Approx(rate ? interest(0.05, 2.0) : interest(0.1, 2.0)).margin(0.01));
    CHECK(swing.at_high == Approx(rate ? interest(0.1, 2.0) : interest(0.1, 3.0)).margin(0.01));
  }
}

TEST_CASE("what has no value is missing, not zero", "[tco]") {
  TcoModel model = model_of(kHeader +
                            "assumptions: [{id: price, from: price.spot}]\n"
                            "variables: [{id: twice, formula: 2 * price}]\n"
                            "lines:\n"
                            "  - {id: a, scenarios: [x], unit: h, quantity: 1, price: twice}\n"
                            "  - {id: b, scenarios: [y], unit: h, quantity: 1, price: 3}\n"
                            "scenarios: [{id: x}, {id: y}]\n");
  const auto engine = TcoEngine::make(model, {"x", "y"});
  REQUIRE(engine.ok());
  const auto results = run_tco(*engine);
  CHECK(results[0].scenario->missing == std::vector<std::string>{"price"});
  CHECK_FALSE(results[0].known());
  CHECK(results[1].tco.value == 900);
}

TEST_CASE("faulty formulas are told with their place", "[tco]") {
  const auto first_error = [](const std::string& body) {
    const TcoModel model = model_of(kHeader + body + "scenarios: [{id: a}]\n");
    const auto engine = TcoEngine::make(model, {"a"});
    REQUIRE_FALSE(engine.ok());
    return render(engine.errors().front());
  };
  CHECK_THAT(first_error("lines: [{id: x, unit: h, quantity: yeer, price: 1}]\n"),
             test::contains("did you mean \"year\""));
  CHECK_THAT(first_error("lines: [{id: x, unit: h, quantity: '1 +', price: 1}]\n"),
             test::contains("expected a value"));
  CHECK_THAT(first_error("variables: [{id: a, formula: b}, {id: b, formula: a}]\n"
                         "lines: [{id: x, unit: h, quantity: a, price: 1}]\n"),
             test::contains("no value yet"));
  CHECK_THAT(first_error("lines: [{id: x, unit: h, quantity: 1, price: prev_nothing}]\n"),
             test::contains("prev_nothing"));
}

TEST_CASE("lanes give what single runs give", "[tco]") {
  const TcoModel model = model_of(test::own_rent_model(5000, 1.5, "[0.1, 0.5, 1.0, 0.7]"));
  const auto engine = TcoEngine::make(model, {"own", "rent", "hybrid"});
  REQUIRE(engine.ok());
  constexpr std::size_t kWidth = 5;
  std::vector<double> lanes;
  for (const double value : engine->base_values())
    for (std::size_t i = 0; i < kWidth; ++i)
      lanes.push_back(value * (1.0 + 0.1 * static_cast<double>(i)));
  std::vector<std::vector<double>> wide(3);
  engine->run(lanes, kWidth, [&](std::size_t s, std::size_t, std::span<const double> table) {
    for (std::size_t i = 0; i < kWidth; ++i)
      wide[s].push_back(table[engine->scenarios()[s].lines[0].quantity * kWidth + i]);
  });
  for (std::size_t i = 0; i < kWidth; ++i) {
    std::vector<double> one;
    for (std::size_t a = 0; a < engine->base_values().size(); ++a)
      one.push_back(lanes[a * kWidth + i]);
    engine->run(one, 1, [&](std::size_t s, std::size_t, std::span<const double> table) {
      CHECK(table[engine->scenarios()[s].lines[0].quantity] == wide[s][i]);
    });
  }
}

}  // namespace
}  // namespace gpusize
