#include "calibrate/run_source.hpp"

#include <algorithm>
#include <vector>

#include "support/catch.hpp"

namespace gpusize::calibrate {
namespace {

SentLoad load_of(std::uint64_t requests, std::uint64_t in_flight) {
  SentLoad load;
  load.input = LengthDistribution::fixed(100.0);
  load.output = LengthDistribution::fixed(10.0);
  load.requests = requests;
  load.in_flight = in_flight;
  return load;
}

/// Takes all that is there without completing anything: when each reached the scheduler.
std::vector<double> arrivals(RunSource& source) {
  std::vector<double> out;
  while (source.next_s() < kNeverS) {
    out.push_back(source.next_s());
    source.take();
  }
  return out;
}

TEST_CASE("a front end that all requests share lets a burst pass at the end of all its work") {
  SentLoad load = load_of(8, 8);
  load.front_end_s = 0.01;
  RunSource source(load);
  const auto at = arrivals(source);
  REQUIRE(at.size() == 8);
  CHECK(at.front() == Approx(0.08));
  CHECK(at.back() == Approx(0.08));
}

TEST_CASE("a request alone in the front end takes its own time and the delay") {
  SentLoad load = load_of(2, 1);
  load.front_end_s = 0.01;
  load.delay_s = 0.5;
  RunSource source(load);
  CHECK(source.next_s() == Approx(0.51));
  const Request first = source.take();
  CHECK(source.next_s() == kNeverS);  // a closed loop of one waits for the answer
  source.completed(first, 3.0);
  CHECK(source.next_s() == Approx(3.51));
  CHECK(source.take().arrival_s == Approx(3.0));
  CHECK(source.next_s() == kNeverS);
}

TEST_CASE("requests that meet in the front end slow each other down") {
  SentLoad load = load_of(3, 2);
  load.front_end_s = 1.0;
  RunSource source(load);  // two from time 0: both leave at 2
  CHECK(source.next_s() == Approx(2.0));
  Request done;
  source.completed(done, 1.0);  // a third comes when each of the two has half of its work left
  // Three share: half a second of work each takes 1.5 s; then the third is alone for its last half.
  const auto at = arrivals(source);
  REQUIRE(at.size() == 3);
  CHECK(at[0] == Approx(2.5));
  CHECK(at[1] == Approx(2.5));
  CHECK(at[2] == Approx(3.0));
}

TEST_CASE("lengths keep the stated mean, fractions too") {
  SentLoad load = load_of(1000, 1000);
  load.input = LengthDistribution::fixed(98.5);
  load.output = LengthDistribution::lognormal(200.0, 129.0);
  RunSource source(load);
  double input = 0.0;
  double output = 0.0;
  std::int32_t least = 1'000'000;
  std::int32_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    const Request r = source.take();
    input += r.input;
    output += r.output;
    least = std::min(least, r.output);
    most = std::max(most, r.output);
  }
  CHECK(input / 1000.0 == Approx(98.5));
  CHECK(output / 1000.0 == Approx(200.0).epsilon(0.02));
  CHECK(least < 20);
  CHECK(most > 1000);
}

}  // namespace
}  // namespace gpusize::calibrate
