// Schedules that can be followed by hand: a step takes 1 s, lengths are chosen so that the order of
// tokens is known.

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "unit/serve/list_source.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

using test::ListSource;
using test::request_of;

SimulationConfig one_lane(StepTimes& times, const std::string& policy) {
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.policy = find_policy(policy);
  c.warmup_share = 0.0;
  return c;
}

TEST_CASE("a request takes its prompt's steps and one step per further token") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "vllm");
  c.pool.limits.step_tokens = 100;
  ListSource source({request_of(0.0, 250, 5)});  // three chunks, four more tokens
  const ServingResult r = simulate(c, source);
  CHECK(source.ends == std::vector<double>{7.0});
  CHECK(r.ttft_s.mean() == Approx(3.0));
  CHECK(r.tpot_s.mean() == Approx(1.0));
  CHECK(r.computed_tokens == 250);
  CHECK(r.blocks_left == 0);
}

TEST_CASE("vLLM shares steps between prompts and decodes") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "vllm");
  c.pool.limits.step_tokens = 100;
  ListSource source({request_of(0.0, 10, 6), request_of(1.5, 10, 2)});
  simulate(c, source);
  // The second joins the step from 2 to 3 and ends with its second token at 4.
  CHECK(source.ends == std::vector<double>{6.0, 4.0});
}

TEST_CASE("SGLang stops decodes while prompts run") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "sglang");
  c.pool.limits.step_tokens = 100;
  ListSource source({request_of(0.0, 10, 6), request_of(1.5, 10, 2)});
  const ServingResult r = simulate(c, source);
  // The prompt's step from 2 to 3 gives the first request nothing.
  CHECK(source.ends == std::vector<double>{7.0, 4.0});
  CHECK(r.itl_s.quantile(1.0) == Approx(2.0).epsilon(0.01));
}

TEST_CASE("a static batch waits for its longest answer") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "static");
  ListSource source({request_of(0.0, 10, 6), request_of(1.5, 10, 2)});
  simulate(c, source);
  CHECK(source.ends == std::vector<double>{6.0, 8.0});
}

TEST_CASE("vLLM preempts the last when blocks run out and computes it again") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "vllm");
  c.pool.limits.blocks = 4;  // of 16 tokens
  c.pool.limits.step_tokens = 100;
  // The first is alone in the step from 0 to 1, the second joins the next. Both hold 2 blocks; at 3
  // the first has 32 tokens and takes a third block, so the second must go.
  ListSource source({request_of(0.0, 30, 10), request_of(0.0, 30, 10)});
  const ServingResult r = simulate(c, source);
  CHECK(r.preemptions == 1);
  CHECK(source.ends[0] == 10.0);
  // It had 2 tokens by then; the first holds three blocks until 10; then 32 tokens are computed
  // again (its third token is there at 11) and 7 more are made.
  CHECK(source.ends[1] == 18.0);
  CHECK(r.computed_tokens == 30 + 30 + 32);
  CHECK(r.blocks_left == 0);
}

TEST_CASE("TensorRT-LLM sets whole requests aside and never evicts") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "tensorrt-llm");
  c.pool.limits.blocks = 4;
  c.pool.limits.step_tokens = 100;
  ListSource source({request_of(0.0, 30, 10), request_of(0.0, 30, 10)});
  const ServingResult r = simulate(c, source);
  CHECK(r.preemptions == 0);
  CHECK(source.ends == std::vector<double>{10.0, 20.0});
}

TEST_CASE("a request that no cache could hold is rejected, not stuck") {
  ConstantStepTimes times(1.0);
  SimulationConfig c = one_lane(times, "vllm");
  c.pool.limits.blocks = 4;
  ListSource source({request_of(0.0, 100, 10), request_of(0.0, 10, 2)});
  const ServingResult r = simulate(c, source);
  CHECK(r.rejected == 1);
  CHECK(r.completed == 1);
}

TEST_CASE("tokens are conserved and blocks come back under pressure, for every policy") {
  ConstantStepTimes times(0.01);
  Workload w = test::workload_of(20.0, LengthDistribution::lognormal(60.0, 40.0));
  w.classes[0].input = LengthDistribution::lognormal(100.0, 60.0);
  for (const SchedulerPolicy& policy : scheduler_policies()) {
    for (const double tokens_per_step : {1.0, 1.7}) {
      SimulationConfig c = test::config_of(times, 3, 64, w, 5'000);
      c.pool.policy = &policy;
      c.pool.limits.blocks = 90;
      c.pool.limits.step_tokens = 512;
      c.pool.limits.tokens_per_step = tokens_per_step;
      WorkloadSource drawn(w, 5'000, 9);
      std::uint64_t input = 0;
      std::uint64_t output = 0;
      std::uint64_t fits = 0;
      while (drawn.next_s() < kNeverS) {
        const Request r = drawn.take();
        if ((r.input + r.output + 15) / 16 > 90) continue;
        ++fits;
        input += static_cast<std::uint64_t>(r.input);
        output += static_cast<std::uint64_t>(r.output);
      }
      const ServingResult r = test::run(c, w, 9);
      INFO(policy.name << " " << tokens_per_step);
      CHECK(r.completed == fits);
      CHECK(r.input_tokens == input);
      CHECK(r.output_tokens == output);
      CHECK(r.blocks_left == 0);
      CHECK(r.in_system_s == Approx(r.sojourn_sum_s).epsilon(1e-9));
      if (policy.name == std::string_view("vllm") && tokens_per_step == 1.0)
        CHECK(r.preemptions > 0);
    }
  }
}

}  // namespace
}  // namespace gpusize
