// The event loop before the scheduler, by hand.

#include "gpusize/serve/front_end.hpp"
#include "gpusize/serve/deploy.hpp"
#include "support/catch.hpp"
#include "unit/serve/list_source.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

using test::ListSource;
using test::request_of;

SimulationConfig one_replica(StepTimes& times, std::int64_t lanes = 1) {
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.policy = find_policy("vllm");
  c.pool.lanes = lanes;
  c.warmup_share = 0.0;
  return c;
}

TEST_CASE("front end: alone the work of one, together that of all") {
  FrontEnd loop(0.5);
  loop.enter(1.0);
  CHECK(loop.next_s() == Approx(1.5));
  loop.enter(1.25);  // the first has a quarter left, now at half speed
  CHECK(loop.next_s() == Approx(1.75));
  CHECK(loop.leave() == Approx(1.75));
  // The second got 0.25 of its 0.5 meanwhile.
  CHECK(loop.leave() == Approx(2.0));
  CHECK(loop.empty());
}

TEST_CASE("front end: time to first token has it, alone and in a burst") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_replica(times);
  c.front_end_s = 0.25;
  c.request_overhead_s = 0.125;
  c.request_s_per_token = 0.0625;
  ListSource alone({request_of(0.0, 2, 1)});
  const ServingResult one = simulate(c, alone);
  // 0.25 of the loop, a step, and what the server adds: 0.125 + 2 x 0.0625.
  CHECK(one.ttft_s.mean() == Approx(1.5));
  ListSource burst(
      {request_of(0.0, 2, 1), request_of(0.0, 2, 1), request_of(0.0, 2, 1), request_of(0.0, 2, 1)});
  const ServingResult four = simulate(c, burst);
  // All four pass after 4 x 0.25; the first has a step of its own, the others share the next.
  CHECK(four.ttft_s.mean() == Approx((2.25 + 3.0 * 3.25) / 4.0));
  CHECK(four.blocks_left == 0);
}

TEST_CASE("front end: each replica has its own") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_replica(times, 2);
  c.front_end_s = 0.25;
  ListSource source({request_of(0.0, 2, 1), request_of(0.0, 2, 1)});
  CHECK(simulate(c, source).ttft_s.mean() == Approx(1.25));
}

TEST_CASE("front end: what waits there is sent elsewhere when the replica is lost") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_replica(times, 2);
  c.front_end_s = 4.0;
  c.outages.push_back({0, 1.0, kNeverS});
  ListSource source({request_of(0.0, 2, 1)});
  const ServingResult r = simulate(c, source);
  // Four seconds in the lost replica's loop, four in the other's, a step.
  CHECK(source.ends == std::vector<double>{9.0});
  CHECK(r.completed == 1);
}

TEST_CASE("front end: Little's law holds with it, and its mean is that of processor sharing") {
  ConstantStepTimes times(1e-6);
  const Workload w = test::workload_of(40.0, LengthDistribution::fixed(1.0));
  SimulationConfig c = test::config_of(times, 1, 1024, w, 200'000);
  c.warmup_share = 0.0;
  c.front_end_s = 0.0125;  // half of the loop's time
  const ServingResult r = test::run(c, w, 3);
  CHECK(r.sojourn_sum_s == Approx(r.in_system_s).epsilon(1e-9));
  // M/G/1 processor sharing: 0.0125 / (1 - 0.5).
  CHECK(r.ttft_s.mean() == Approx(0.025).epsilon(0.02));
}

TEST_CASE("server: mean delay by hand, none beyond the loop's capacity") {
  EngineProfile engine;
  engine.request_overhead = 30.0 * units::ms;
  EngineFact fact;
  fact.key = "front_end_ms";
  fact.value = 10.0;
  engine.facts.push_back(fact);
  CHECK(*server_delay_s(engine, 100.0, 50.0) == Approx(0.03 + 0.01 / 0.5));
  CHECK_FALSE(server_delay_s(engine, 100.0, 100.0));
}

}  // namespace
}  // namespace gpusize
