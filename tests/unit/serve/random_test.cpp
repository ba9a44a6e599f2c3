#include "gpusize/serve/random.hpp"

#include <cmath>

#include "gpusize/serve/workload.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("the portable logarithm and exponential agree with the library's") {
  for (double x = 1e-12; x < 1e12; x *= 3.7) {
    INFO(x);
    CHECK(portable_log(x) == Approx(std::log(x)).epsilon(1e-14).margin(1e-15));
  }
  for (double x = -700.0; x < 700.0; x += 13.37) {
    INFO(x);
    CHECK(portable_exp(x) == Approx(std::exp(x)).epsilon(1e-13));
  }
}

TEST_CASE("normal quantiles are those of tables") {
  CHECK(normal_quantile(0.5) == Approx(0.0).margin(1e-9));
  CHECK(normal_quantile(0.975) == Approx(1.959963985).epsilon(1e-7));
  CHECK(normal_quantile(0.99) == Approx(2.326347874).epsilon(1e-7));
  CHECK(normal_quantile(0.001) == Approx(-3.090232306).epsilon(1e-7));
}

TEST_CASE("samplers have the moments that they promise") {
  Random random(42);
  constexpr int kDraws = 200'000;
  const auto moments = [&](auto draw) {
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = draw();
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws;
    return std::pair{mean, squares / kDraws - mean * mean};
  };
  const auto [uniform, uniform_var] = moments([&] { return random.uniform(); });
  CHECK(uniform == Approx(0.5).margin(0.003));
  CHECK(uniform_var == Approx(1.0 / 12.0).margin(0.002));
  const auto [exponential, exponential_var] = moments([&] { return random.exponential(); });
  CHECK(exponential == Approx(1.0).margin(0.01));
  CHECK(exponential_var == Approx(1.0).margin(0.05));
  const auto [normal, normal_var] = moments([&] { return random.normal(); });
  CHECK(normal == Approx(0.0).margin(0.01));
  CHECK(normal_var == Approx(1.0).margin(0.02));
  for (const double shape : {0.3, 1.0, 4.5}) {
    const auto [gamma, gamma_var] = moments([&] { return random.gamma(shape); });
    INFO(shape);
    CHECK(gamma == Approx(shape).epsilon(0.02));
    CHECK(gamma_var == Approx(shape).epsilon(0.05));
  }
}

TEST_CASE("length distributions hold their means") {
  const auto numeric_mean = [](const LengthDistribution& d) {
    double sum = 0.0;
    constexpr int kParts = 200'000;
    for (int i = 0; i < kParts; ++i) sum += d.at((i + 0.5) / kParts);
    return sum / kParts;
  };
  CHECK(numeric_mean(LengthDistribution::lognormal(1155.0, 1020.0)) ==
        Approx(1155.0).epsilon(1e-3));
  CHECK(numeric_mean(LengthDistribution::lognormal(211.0, 129.0)) == Approx(211.0).epsilon(1e-3));
  CHECK(LengthDistribution::lognormal(211.0, 129.0).at(0.5) == Approx(129.0).epsilon(1e-6));
  const auto empirical = LengthDistribution::empirical(
      {{0.0, 10.0}, {0.5, 100.0}, {0.95, 400.0}, {1.0, 800.0}}, 150.0);
  CHECK(numeric_mean(empirical) == Approx(150.0).epsilon(1e-3));
  CHECK(empirical.at(0.2) < empirical.at(0.6));
}

}  // namespace
}  // namespace gpusize
