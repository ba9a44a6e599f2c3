#include "gpusize/estimate/gate_interval.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("the interval between openings of the gate") {
  // One rank with one prompt a step on average: geometric, 1 / (1 - 1/e) steps.
  CHECK(gate_interval(1.0, 1, 1000).mean == Approx(1.0 / (1.0 - std::exp(-1.0))));
  // Rare prompts: the last of four exponential times, H_4 / rate and its variance.
  CHECK(gate_interval(0.001, 4, 100'000).mean == Approx(25.0 / 12.0 / 0.001).epsilon(0.01));
  CHECK(gate_interval(0.001, 4, 100'000).variance == Approx(205.0 / 144.0 / 1e-6).epsilon(0.01));
  // Rarer than the limit: always the limit.
  CHECK(gate_interval(1e-6, 4, 60).mean == Approx(60.0).epsilon(0.001));
  CHECK(gate_interval(1e-6, 4, 60).variance == Approx(0.0).margin(0.1));
  CHECK(gate_interval(0.1, 4, 0).mean == 1.0);
}

}  // namespace
}  // namespace gpusize
