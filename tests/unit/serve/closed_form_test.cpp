// The closed form against exact results and against the simulator on points that it was not made
// on. The whole grid and its errors: docs/serving.md.

#include "gpusize/serve/closed_form.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/serve/deploy.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

TEST_CASE("the closed form knows when a queue would grow") {
  ConstantStepTimes times(0.01);
  ClosedFormInput input;
  input.limits.sequences = 10;
  // Ten places, answers of 100 steps of 10 ms: ten requests per second at most.
  CHECK(closed_form(times, test::workload_of(9.0, LengthDistribution::fixed(100.0)), input).stable);
  CHECK_FALSE(
      closed_form(times, test::workload_of(10.5, LengthDistribution::fixed(100.0)), input).stable);
  const ClosedForm half =
      closed_form(times, test::workload_of(5.0, LengthDistribution::fixed(100.0)), input);
  CHECK(half.utilization == Approx(0.5).epsilon(0.02));
  CHECK(half.in_flight == Approx(5.0).epsilon(0.05));  // Little: 5 per second for a second
  CHECK(half.tpot_s.mean == Approx(0.01).epsilon(0.01));
}

TEST_CASE("percentiles grow with the load and are in order") {
  EstimatedStepTimes times(test::deployment({"deepseek-7b", "H100-SXM5-80GB", "vllm"}));
  ClosedFormInput input;
  input.limits = *engine_limits(times.deployment(), 1366.0);
  Workload w = workload_from(*test::catalog().find_workload("chat")->entry, 1.0);
  double ttft = 0.0;
  double tpot = 0.0;
  for (const double rate : {1.0, 3.0, 5.0, 7.0}) {
    w.arrivals.rate = rate;
    const ClosedForm f = closed_form(times, w, input);
    REQUIRE(f.stable);
    CHECK(f.ttft_s.p50 <= f.ttft_s.p95);
    CHECK(f.ttft_s.p95 <= f.ttft_s.p99);
    CHECK(f.ttft_s.p95 >= ttft);
    CHECK(f.tpot_s.p95 >= tpot);
    ttft = f.ttft_s.p95;
    tpot = f.tpot_s.p95;
  }
}

TEST_CASE("the closed form is near the simulator for conversations") {
  for (const char* gpu : {"H100-SXM5-80GB", "L40S"}) {
    EstimatedStepTimes times(test::deployment({"llama-3.1-8b", gpu, "vllm"}));
    ClosedFormInput input;
    input.limits = *engine_limits(times.deployment(), 1366.0);
    Workload w = workload_from(*test::catalog().find_workload("chat")->entry, 1.0);
    w.arrivals.kind = ArrivalKind::kPoisson;
    const double top = 1.0 / closed_form(times, w, input).utilization;
    for (const double load : {0.4, 0.75}) {
      w.arrivals.rate = load * top;
      SimulationConfig c = test::config_of(times, 1, input.limits.sequences, w, 4'000);
      c.pool.limits = input.limits;
      const ServingResult r = test::run(c, w, 5);
      const ClosedForm f = closed_form(times, w, input);
      INFO(gpu << " at " << load);
      CHECK(f.ttft_s.p95 == Approx(r.ttft_s.quantile(0.95)).epsilon(0.25));
      CHECK(f.tpot_s.p95 == Approx(r.tpot_s.quantile(0.95)).epsilon(0.15));
      CHECK(f.in_flight == Approx(r.running_mean).epsilon(0.25));
    }
  }
}

/// The 8B model on one kind of card under a profile's lengths, at a share of its largest rate.
struct Loaded {
  Loaded(const char* profile, std::int64_t replicas, double load)
      : times(test::deployment({"llama-3.1-8b", "A100-SXM4-80GB", "vllm"})) {
    w = workload_from(*test::catalog().find_workload(profile)->entry, 1.0);
    w.arrivals.kind = ArrivalKind::kPoisson;
    input.limits = *engine_limits(times.deployment(), w.mean_input() + w.mean_output());
    input.schedulers = replicas;
    w.arrivals.rate = 1e-3;
    w.arrivals.rate *= load / closed_form(times, w, input).utilization;
  }
  ServingResult simulated() {
    SimulationConfig c = test::config_of(times, input.schedulers, input.limits.sequences, w, 6'000);
    c.pool.limits = input.limits;
    return test::run(c, w, 5);
  }
  EstimatedStepTimes times;
  Workload w;
  ClosedFormInput input;
};

TEST_CASE("prompts make the number of requests swing, which makes more of them") {
  // Long prompts stop all who decode: without that swing the number was 17 to 24 % too low here.
  for (const double load : {0.7, 0.9}) {
    Loaded point("long-context", 1, load);
    const ClosedForm f = closed_form(point.times, point.w, point.input);
    INFO(load);
    CHECK(f.in_flight == Approx(point.simulated().running_mean).epsilon(0.10));
  }
}

TEST_CASE("no prompt meets a request while the router finds idle replicas") {
  // At less than one request a replica nearly all decode alone; an even split would have met many.
  Loaded four("rag", 4, 0.3);
  const ClosedForm f = closed_form(four.times, four.w, four.input);
  REQUIRE(f.in_flight < 4.0);
  CHECK(f.tpot_s.mean == Approx(four.simulated().tpot_s.summary().mean).epsilon(0.05));
}

}  // namespace
}  // namespace gpusize
