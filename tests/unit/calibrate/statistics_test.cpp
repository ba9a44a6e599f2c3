#include "gpusize/calibrate/statistics.hpp"
#include "support/catch.hpp"

using namespace gpusize;
using Catch::Matchers::WithinRel;

TEST_CASE("percentiles interpolate linearly as NumPy does") {
  // numpy.percentile([1, 2, 3, 4], p): 0 -> 1, 50 -> 2.5, 90 -> 3.7, 100 -> 4.
  const std::vector<double> values{4.0, 1.0, 3.0, 2.0};
  CHECK_THAT(percentile(values, 0.0), WithinRel(1.0, 1e-12));
  CHECK_THAT(percentile(values, 50.0), WithinRel(2.5, 1e-12));
  CHECK_THAT(percentile(values, 90.0), WithinRel(3.7, 1e-12));
  CHECK_THAT(percentile(values, 100.0), WithinRel(4.0, 1e-12));
  CHECK_THAT(percentile({7.0}, 90.0), WithinRel(7.0, 1e-12));
}

TEST_CASE("error statistics against numbers worked by hand") {
  // Errors: +10 %, -20 %, +30 %, 0 %. Sorted APE: 0, 10, 20, 30.
  const std::vector<Comparison> rows{{110.0, 100.0, 90.0, 120.0},
                                     {80.0, 100.0, 70.0, 90.0},
                                     {130.0, 100.0, 110.0, 150.0},
                                     {50.0, 50.0, 50.0, 50.0}};
  const auto e = error_statistics(rows);
  REQUIRE(e.has_value());
  CHECK(e->n == 4);
  CHECK_THAT(e->median_ape_pct, WithinRel(15.0, 1e-12));
  CHECK_THAT(e->mean_ape_pct, WithinRel(15.0, 1e-12));
  CHECK_THAT(e->p90_ape_pct, WithinRel(27.0, 1e-12));  // rank 2.7: 20 + 0.7 x 10
  CHECK_THAT(e->bias_pct, WithinRel(5.0, 1e-12));      // median of -20, 0, 10, 30
  CHECK_THAT(e->within_band_pct, WithinRel(50.0, 1e-12));
  CHECK_FALSE(error_statistics({}).has_value());
}
