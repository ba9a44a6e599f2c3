// Fleets whose course is known by hand.

#include <cmath>

#include "support/catch.hpp"
#include "unit/serve/list_source.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

using test::ListSource;
using test::request_of;

SimulationConfig fleet_of(StepTimes& times, std::int64_t lanes, std::int64_t sequences = 1024) {
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.policy = find_policy("vllm");
  c.pool.lanes = lanes;
  c.pool.limits.sequences = sequences;
  c.warmup_share = 0.0;
  return c;
}

Request of_stream(Request r, std::uint64_t stream, std::int32_t shared) {
  r.stream = stream;
  r.shared = shared;
  return r;
}

TEST_CASE("disaggregated: prefill, transfer, decode, one after another") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = fleet_of(times, 1);
  c.decode = c.pool;
  c.transfer_latency_s = 0.25;
  c.transfer_s_per_token = 0.025;
  ListSource source({request_of(0.0, 10, 5)});
  const ServingResult r = simulate(c, source);
  CHECK(r.ttft_s.mean() == Approx(1.0));
  // 1 s of prefill, 0.25 + 10 x 0.025 s of transfer, four steps.
  CHECK(source.ends == std::vector<double>{5.5});
  CHECK(r.blocks_left == 0);
  CHECK(r.computed_tokens == 10);
}

TEST_CASE("disaggregated: prompts do not disturb decodes") {
  ConstantStepTimes times(1.0);
  SimulationConfig together = fleet_of(times, 1);
  together.pool.policy = find_policy("sglang");
  ListSource shared({request_of(0.0, 10, 6), request_of(1.5, 10, 6)});
  const ServingResult one = simulate(together, shared);
  SimulationConfig apart = together;
  apart.decode = apart.pool;
  ListSource split({request_of(0.0, 10, 6), request_of(1.5, 10, 6)});
  const ServingResult two = simulate(apart, split);
  CHECK(one.tpot_s.quantile(1.0) > 1.15);
  CHECK(two.itl_s.quantile(1.0) < 2.0);
  CHECK(two.blocks_left == 0);
}

TEST_CASE("a prefix that was seen is not computed again") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = fleet_of(times, 1);
  c.pool.limits.step_tokens = 10;
  ListSource source(
      {of_stream(request_of(0.0, 100, 1), 7, 64), of_stream(request_of(50.0, 100, 1), 7, 64)});
  const ServingResult r = simulate(c, source);
  // Ten chunks the first time; then 36 tokens in four.
  CHECK(source.ends == std::vector<double>{10.0, 54.0});
  CHECK(r.hit_tokens == 64);
  CHECK(r.computed_tokens == 136);
}

TEST_CASE("the prefix-aware router goes where the prefix is") {
  ConstantStepTimes times(1.0);
  const auto hits = [&](RouterKind router) {
    SimulationConfig c = fleet_of(times, 2);
    c.router = router;
    ListSource source(
        {of_stream(request_of(0.0, 64, 1), 1, 64), of_stream(request_of(10.0, 64, 1), 2, 64),
         of_stream(request_of(20.0, 64, 1), 2, 64), of_stream(request_of(30.0, 64, 1), 1, 64)});
    return simulate(c, source).hit_tokens;
  };
  CHECK(hits(RouterKind::kRoundRobin) == 0);    // each prefix on the other replica
  CHECK(hits(RouterKind::kPrefixAware) == 96);  // all but the last block of the prompt, twice
}

TEST_CASE("speculation: two tokens a step when every draft is accepted") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = fleet_of(times, 1);
  c.pool.limits.tokens_per_step = 2.0;
  c.pool.limits.checked_tokens = 2;
  ListSource source({request_of(0.0, 10, 9)});
  const ServingResult r = simulate(c, source);
  CHECK(source.ends == std::vector<double>{5.0});  // the prompt, then 8 tokens in 4 steps
  CHECK(r.output_tokens == 9);
}

/// Requests at equal distances, one second of work each, for replicas with one place.
ServingResult run_even(SimulationConfig c, StepTimes& times, double rate, std::uint64_t count) {
  const Workload w =
      test::workload_of(rate, LengthDistribution::fixed(1000.0), ArrivalKind::kConstant);
  c.pool.times = &times;
  c.requests = count;
  c.classes = w.classes;
  return test::run(c, w, 1);
}

TEST_CASE("N+1: a lost replica is not felt when the rest can carry the load") {
  ConstantStepTimes times(0.001);
  SimulationConfig c = fleet_of(times, 2, 1);
  c.outages = {{1, 100.0, kNeverS}};
  const ServingResult enough = run_even(c, times, 0.9, 270);
  CHECK(enough.completed == 270);
  CHECK(enough.queue_s.quantile(1.0) < 1.1);
}

TEST_CASE("without the spare the queue grows by what is missing") {
  ConstantStepTimes times(0.001);
  SimulationConfig c = fleet_of(times, 2, 1);
  c.outages = {{1, 100.0, kNeverS}};
  const ServingResult r = run_even(c, times, 1.5, 300);
  // One replica completes 1 per second of 1.5: at 200 s half a request per second since 100 s
  // waits.
  CHECK(r.queue_s.quantile(1.0) == Approx(0.5 * 100.0).margin(2.0));
}

TEST_CASE("a restarted request is computed again elsewhere") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = fleet_of(times, 2);
  c.outages = {{0, 3.5, kNeverS}};
  ListSource source({request_of(0.0, 10, 6)});
  const ServingResult r = simulate(c, source);
  CHECK(r.restarted == 1);
  // Three tokens by then (at 1, 2 and 3 s); the other replica computes 13 tokens in one step, which
  // gives the fourth at 4.5, and two more.
  CHECK(source.ends[0] == Approx(6.5));
}

TEST_CASE("autoscaling helps after its interval and the model's load time") {
  ConstantStepTimes times(0.001);
  SimulationConfig c = fleet_of(times, 4, 1);
  c.autoscaling = Autoscaling{1, 4, 1.0, 15.0, 30.0};
  const ServingResult r = run_even(c, times, 1.8, 360);
  // Until 45 s one replica completes 1 of 1.8 per second: who comes then waits for 0.8 x 45.
  CHECK(r.queue_s.quantile(1.0) == Approx(0.8 * 45.0).margin(2.0));
  double most = 0.0;
  for (const TimePoint& p : r.over_time) most = std::max(most, p.lanes);
  CHECK(most == Approx(4.0));
  CHECK(r.replica_seconds < 4.0 * r.duration_s);
}

/// One second, and ten milliseconds per prompt token.
class PromptStepTimes : public StepTimes {
 public:
  double step_s(const StepLoad& load) override {
    return load.empty() ? 0.0 : 1.0 + 0.01 * static_cast<double>(load.prefill_tokens);
  }
};

TEST_CASE("attention-DP ranks step together: the slowest sets the pace") {
  PromptStepTimes times;
  SimulationConfig c = fleet_of(times, 1);
  c.pool.ranks = 2;
  ListSource source({request_of(0.0, 1, 3), request_of(0.0, 100, 1)});
  simulate(c, source);
  // The first is alone for 1.01 s; then its second token waits for the other rank's prompt (2 s).
  CHECK(source.ends[0] == Approx(4.01));
  CHECK(source.ends[1] == Approx(3.01));
}

TEST_CASE("a closed loop keeps its requests in flight") {
  ConstantStepTimes times(0.001);
  Workload w = test::workload_of(1.0, LengthDistribution::fixed(500.0), ArrivalKind::kClosed);
  w.arrivals.concurrency = 3.0;
  const SimulationConfig c = test::config_of(times, 1, 64, w, 900);
  const ServingResult r = test::run(c, w, 1);
  CHECK(r.completed == 900);
  CHECK(r.completed_per_s == Approx(3.0 / 0.5).epsilon(0.01));
  CHECK(r.running_mean == Approx(3.0).epsilon(0.01));
}

TEST_CASE("later turns of a session bring their history and find it in the cache") {
  ConstantStepTimes times(0.01);
  Workload w = test::workload_of(0.2, LengthDistribution::fixed(32.0));
  w.classes[0].input = LengthDistribution::fixed(64.0);
  w.classes[0].turns = 4.0;
  w.classes[0].think_s = 1.0;
  const ServingResult r = test::run(test::config_of(times, 1, 64, w, 2'000), w, 1);
  CHECK(r.completed == 2'000);
  CHECK(r.hit_tokens > 0);
  // New per turn are 64 prompt tokens, the answer before, and what is left of a block.
  const double computed = static_cast<double>(r.computed_tokens) / 2'000.0;
  CHECK(computed < 64.0 + 32.0 + 16.0);
  CHECK(computed > 60.0);
}

}  // namespace
}  // namespace gpusize
