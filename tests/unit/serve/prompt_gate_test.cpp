// Prompts that wait for one on every attention-DP rank, followed by hand: a step takes 1 s, and the
// gate lets nobody wait longer than 4 steps.

#include "gpusize/serve/closed_form.hpp"
#include "gpusize/serve/deploy.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"
#include "unit/serve/list_source.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

using test::ListSource;
using test::request_of;

SimulationConfig two_ranks(StepTimes& times, std::int64_t wait_steps) {
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.policy = find_policy("tensorrt-llm");
  c.pool.ranks = 2;
  c.pool.limits.step_tokens = 100;
  c.pool.limits.prompt_wait_steps = wait_steps;
  c.warmup_share = 0.0;
  return c;
}

/// Both ranks decode from 1 on; who comes later is free to wait.
std::vector<double> ends_after(std::vector<Request> later, std::int64_t wait_steps) {
  ConstantStepTimes times(1.0);
  std::vector<Request> all{request_of(0.0, 10, 20), request_of(0.0, 10, 20)};
  all.insert(all.end(), later.begin(), later.end());
  ListSource source(all);
  simulate(two_ranks(times, wait_steps), source);
  return {source.ends.begin() + 2, source.ends.end()};
}

TEST_CASE("a prompt on one rank alone waits until the gate opens by itself") {
  const std::vector<Request> one{request_of(1.5, 10, 2)};
  // Without a gate its prompt runs from 2 to 3. The second's prompt passed the gate at 1, so it
  // opens again at 5.
  CHECK(ends_after(one, 0) == std::vector<double>{4.0});
  CHECK(ends_after(one, 4) == std::vector<double>{7.0});
}

TEST_CASE("prompts on every rank start together at once") {
  CHECK(ends_after({request_of(1.5, 10, 2), request_of(1.6, 10, 2)}, 4) ==
        std::vector<double>{4.0, 4.0});
}

TEST_CASE("nobody waits for a rank that has nothing to stop") {
  ConstantStepTimes times(1.0);
  ListSource source({request_of(0.0, 10, 20), request_of(1.5, 10, 2)});
  simulate(two_ranks(times, 4), source);
  CHECK(source.ends[1] == 4.0);
}

TEST_CASE("what comes prefilled from another pool passes the gate") {
  const auto run = [](std::int64_t wait_steps) {
    ConstantStepTimes times(1.0);
    SimulationConfig c = two_ranks(times, wait_steps);
    c.decode = c.pool;
    ListSource source({request_of(0.0, 10, 20), request_of(0.0, 10, 20), request_of(1.5, 10, 5)});
    simulate(c, source);
    return source.ends;
  };
  CHECK(run(4) == run(0));
}

TEST_CASE("the gate costs first tokens, spares decodes, and loses nobody") {
  EstimatedStepTimes times(test::deployment({"llama-3.1-8b", "H100-SXM5-80GB", "tensorrt-llm"}));
  Workload w = test::workload_of(12.0, LengthDistribution::lognormal(300.0, 200.0));
  w.classes[0].input = LengthDistribution::lognormal(2000.0, 1500.0);
  const auto run = [&](std::int64_t wait_steps) {
    SimulationConfig c = test::config_of(times, 1, 256, w, 4'000);
    c.pool.policy = find_policy("tensorrt-llm");
    c.pool.ranks = 4;
    c.pool.limits.prompt_wait_steps = wait_steps;
    return test::run(c, w, 3);
  };
  const ServingResult open = run(0);
  const ServingResult gated = run(60);
  CHECK(gated.completed == 4'000);
  CHECK(gated.blocks_left == 0);
  CHECK(gated.ttft_s.mean() > open.ttft_s.mean());
  CHECK(gated.tpot_s.mean() < open.tpot_s.mean());
}

TEST_CASE("the closed form knows how long prompts wait at the gate") {
  EstimatedStepTimes times(test::deployment({"llama-3.1-8b", "H100-SXM5-80GB", "tensorrt-llm"}));
  constexpr std::int64_t kRanks = 4;
  ClosedFormInput input;
  input.limits = *engine_limits(times.deployment(), 1300.0);
  input.limits.prompt_wait_steps = 60;
  input.schedulers = input.ranks = kRanks;
  Workload w = test::workload_of(1.0, LengthDistribution::lognormal(300.0, 200.0));
  w.classes[0].input = LengthDistribution::fixed(1000.0);
  const double top = 1.0 / closed_form(times, w, input).utilization;
  for (const double load : {0.1, 0.3}) {
    w.arrivals.rate = load * top;
    SimulationConfig c = test::config_of(times, 1, input.limits.sequences, w, 4'000);
    c.pool.policy = find_policy("tensorrt-llm");
    c.pool.limits = input.limits;
    c.pool.ranks = kRanks;
    const ServingResult r = test::run(c, w, 5);
    const ClosedForm f = closed_form(times, w, input);
    INFO(load);
    CHECK(f.ttft_s.mean == Approx(r.ttft_s.mean()).epsilon(0.25));
    CHECK(f.ttft_s.p95 == Approx(r.ttft_s.quantile(0.95)).epsilon(0.25));
  }
}

}  // namespace
}  // namespace gpusize
