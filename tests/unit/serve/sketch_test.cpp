#include "gpusize/serve/sketch.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gpusize/serve/random.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("percentiles of the sketch are those of the sorted values within 0.4 %") {
  Random random(7);
  Metric metric;
  std::vector<double> values;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(0.05 * random.exponential() + 1e-4);
    metric.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double p : {0.01, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const double exact = values[static_cast<std::size_t>(p * 50'000.0) - 1];
    INFO(p);
    CHECK(metric.quantile(p) == Approx(exact).epsilon(0.004));
  }
  CHECK(metric.quantile(1.0) == values.back());
}

TEST_CASE("the interval of batch means covers the mean as often as it says") {
  int covered = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    Metric metric;
    for (int i = 0; i < 1'000; ++i) metric.add(random.exponential());
    if (std::abs(metric.mean() - 1.0) < metric.half_width(0.95)) ++covered;
  }
  CHECK(covered > 365);  // 91 %
  CHECK(covered < 396);  // 99 %
}

TEST_CASE("Student's t is that of tables") {
  CHECK(student_t(0.95, 31.0) == Approx(2.0395).epsilon(1e-3));
  CHECK(student_t(0.99, 40.0) == Approx(2.7045).epsilon(1e-3));
}

TEST_CASE("weights count as repeated values") {
  Metric metric;
  metric.add(1.0, 9);
  metric.add(11.0, 1);
  CHECK(metric.mean() == Approx(2.0));
  CHECK(metric.quantile(0.5) == Approx(1.0).epsilon(0.004));
}

}  // namespace
}  // namespace gpusize
