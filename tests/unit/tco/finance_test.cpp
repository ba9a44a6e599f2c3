// Textbook cases; each names where it stands.
#include "gpusize/tco/finance.hpp"

#include <cmath>
#include <random>

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("NPV and IRR of a conventional project", "[finance]") {
  const std::vector<double> flows{-1000, 300, 400, 500};
  // 300/1.1 + 400/1.21 + 500/1.331 - 1000 by hand.
  CHECK(net_present_value(flows, 0.10) == Approx(-21.0368).margin(5e-5));
  REQUIRE(internal_rates(flows).which == IrrCase::kUnique);
  CHECK(*internal_rate(flows) == Approx(0.08896).margin(5e-6));
}

TEST_CASE("NPV and IRR of a five-year project", "[finance]") {
  // Course notes on capital budgeting, summary problem: coursehero.com/file/8681811
  // (-900; 300, 400, 400, 500, 600): IRR 34.37 %, NPV at 15 % 510.52.
  const std::vector<double> flows{-900, 300, 400, 400, 500, 600};
  CHECK(net_present_value(flows, 0.15) == Approx(510.52).margin(0.005));
  CHECK(*internal_rate(flows) == Approx(0.3437).margin(5e-5));
}

TEST_CASE("two internal rates: the strip mine", "[finance]") {
  // Brigham, Financial Management, chapter on capital budgeting, "Multiple IRRs", project M:
  // -1.6, +10, -10 million: 25 % and 400 %; NPV at 10 % is -0.77 million.
  const std::vector<double> flows{-1.6, 10, -10};
  const InternalRate found = internal_rates(flows);
  REQUIRE(found.which == IrrCase::kMultiple);
  REQUIRE(found.roots.size() == 2);
  CHECK(found.roots[0] == Approx(0.25).epsilon(1e-9));
  CHECK(found.roots[1] == Approx(4.0).epsilon(1e-9));
  CHECK_FALSE(internal_rate(flows).has_value());
  CHECK(net_present_value(flows, 0.10) == Approx(-0.77).margin(0.005));
}

TEST_CASE("four internal rates", "[finance]") {
  // Ross, Westerfield, Jordan, Fundamentals of Corporate Finance, chapter 9, "Multiple IRRs":
  // -252, 1431, -3035, 2850, -1000: 25 %, 33 1/3 %, 42.86 % (3/7) and 66 2/3 %.
  const InternalRate found = internal_rates(std::vector<double>{-252, 1431, -3035, 2850, -1000});
  REQUIRE(found.which == IrrCase::kMultiple);
  REQUIRE(found.roots.size() == 4);
  CHECK(found.roots[0] == Approx(1.0 / 4).epsilon(1e-8));
  CHECK(found.roots[1] == Approx(1.0 / 3).epsilon(1e-8));
  CHECK(found.roots[2] == Approx(3.0 / 7).epsilon(1e-8));
  CHECK(found.roots[3] == Approx(2.0 / 3).epsilon(1e-8));
}

TEST_CASE("no internal rate", "[finance]") {
  CHECK(internal_rates(std::vector<double>{-100, -20, -5}).which == IrrCase::kNone);
  CHECK(internal_rates(std::vector<double>{100, 20}).which == IrrCase::kNone);
  CHECK(internal_rates(std::vector<double>{}).which == IrrCase::kNone);
  // Both signs and still no root: 1 - 2x + 2x^2 has a negative discriminant.
  CHECK(internal_rates(std::vector<double>{1, -2, 2}).which == IrrCase::kNone);
}

TEST_CASE("modified internal rate", "[finance]") {
  // -1000 now; 300 and 400 grow at 10 % for two and one years: 363 + 440 + 500 = 1303 = 1000 m^3.
  const auto rate = modified_internal_rate(std::vector<double>{-1000, 300, 400, 500}, 0.1, 0.1);
  CHECK(*rate == Approx(std::cbrt(1.303) - 1.0));
}

TEST_CASE("payback", "[finance]") {
  // 1000 out; 300 + 400 after two years, 300 of the third year's 500 are missing: 2.6 years.
  const std::vector<double> flows{-1000, 300, 400, 500};
  CHECK(*payback_periods(flows) == Approx(2.6));
  CHECK_FALSE(discounted_payback_periods(flows, 0.10).has_value());  // its NPV is negative
  CHECK_FALSE(payback_periods(std::vector<double>{-10, 4, 5}).has_value());
  CHECK(*payback_periods(std::vector<double>{5, 5}) == 0.0);
  // Falls below zero once more: what counts is when it stays above.
  CHECK(*payback_periods(std::vector<double>{-10, 20, -20, 20}) == Approx(2.5));
}

TEST_CASE("annuity", "[finance]") {
  // Capital recovery factor of 8 % over 5 years: 0.25046 (any table of interest factors).
  CHECK(annuity_factor(0.08, 5) == Approx(0.25046).margin(5e-6));
  CHECK(annuity_factor(0.0, 4) == 0.25);
  CHECK(monthly_rate(0.08) == Approx(std::pow(1.08, 1.0 / 12.0) - 1.0));
}

TEST_CASE("a loan is repaid exactly", "[finance]") {
  const auto schedule = loan_schedule(0.01, 36);
  REQUIRE(schedule.size() == 36);
  double owed = 1.0;
  for (const LoanPayment& p : schedule) {
    CHECK(p.interest == Approx(owed * 0.01));
    CHECK(p.interest + p.principal == Approx(annuity_factor(0.01, 36)));
    owed -= p.principal;
  }
  CHECK(std::fabs(owed) < 1e-12);
}

TEST_CASE("NPV is linear and falls with the rate of a conventional project", "[finance]") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> amount(1.0, 1000.0);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> a{-amount(random)};
    std::vector<double> b{-amount(random)};
    for (int i = 0; i < 6; ++i) {
      a.push_back(amount(random));
      b.push_back(amount(random));
    }
    std::vector<double> sum;
    for (std::size_t i = 0; i < a.size(); ++i) sum.push_back(a[i] + 3.0 * b[i]);
    CHECK(net_present_value(sum, 0.07) ==
          Approx(net_present_value(a, 0.07) + 3.0 * net_present_value(b, 0.07)));
    CHECK(net_present_value(a, 0.05) > net_present_value(a, 0.10));
    const auto rate = internal_rate(a);  // one change of sign: one root or none in range
    if (rate) CHECK(std::fabs(net_present_value(a, *rate)) < 1e-6);
  }
}

}  // namespace
}  // namespace gpusize
