#include "gpusize/serve/mixture.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

constexpr std::array<double, 5> kShares{0.05, 0.5, 0.9, 0.95, 0.99};

TEST_CASE("a quantile of a smooth mixture is the inverse of its distribution") {
  Mixture m;
  m.add({0.3, 0.1, 0.4, 0.0, 0.0});
  m.add({0.7, 0.2, 0.0, 0.5, 0.1});
  for (const double wait : {0.0, 0.4}) {
    m.wait(wait, 2.0);
    for (const double p : kShares) {
      INFO(p << " with a wait of " << wait);
      CHECK(m.cdf(m.quantile(p)) == Approx(p).margin(1e-5));
    }
  }
}

TEST_CASE("quantiles of steps are the steps, flat stretches end at their left") {
  Mixture m;
  for (const double value : {1.0, 2.0, 3.0, 4.0}) m.add({0.25, value, 0.0, 0.0, 0.0});
  CHECK(m.quantile(0.2) == Approx(1.0).epsilon(1e-8));
  CHECK(m.quantile(0.5) == Approx(2.0).epsilon(1e-8));
  CHECK(m.quantile(0.75) == Approx(3.0).epsilon(1e-8));
  CHECK(m.quantile(0.76) == Approx(4.0).epsilon(1e-8));
}

TEST_CASE("a uniform part has the quantiles of the uniform") {
  Mixture m;
  m.add({2.0, 1.0, 4.0, 0.0, 0.0});
  for (const double p : kShares) CHECK(m.quantile(p) == Approx(1.0 + 4.0 * p).epsilon(1e-6));
  const Summary s = m.summary(0.5);
  CHECK(s.mean == Approx(3.5));
  CHECK(s.p50 == Approx(3.5).epsilon(1e-6));
  CHECK(s.p99 == Approx(5.46).epsilon(1e-6));
}

TEST_CASE("quantiles rise with the share, from any lower end") {
  Mixture m;
  m.add({0.5, 0.0, 0.0, 0.02, 0.0004, 0.5});
  m.add({0.5, 3.0, 0.0, 0.0, 0.0});
  double last = 0.0;
  for (const double p : kShares) {
    const double found = m.quantile(p, last);
    CHECK(found >= last);
    CHECK(found == Approx(m.quantile(p)).epsilon(2e-6));
    last = found;
  }
}

}  // namespace
}  // namespace gpusize
