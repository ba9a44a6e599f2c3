#include "points.hpp"

#include <array>

#include "gpusize/serve/closed_form.hpp"
#include "gpusize/serve/deploy.hpp"
#include "gpusize/serve/generator.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize::grid {
namespace {

const std::array<test::DeploymentNames, 12> kDeployments{{
    {"deepseek-7b", "H100-SXM5-80GB", "vllm"},
    {"deepseek-7b", "L40S", "vllm"},
    {"llama-3.1-8b", "A100-SXM4-80GB", "vllm"},
    {"llama-3.1-8b", "H100-SXM5-80GB", "sglang"},
    {"llama-3.1-8b", "RTX-4090", "vllm"},
    {"llama-3.1-8b", "A100-SXM4-80GB", "tensorrt-llm"},
    {"deepseek-v2-lite", "H100-SXM5-80GB", "vllm"},
    {"qwen3-32b", "H100-SXM5-80GB", "vllm", "native", "auto", {2, 1, 1, 1}},
    {"qwen3-32b", "A100-SXM4-80GB", "sglang", "native", "auto", {4, 1, 1, 1}},
    {"llama-3.1-70b", "H100-SXM5-80GB", "vllm", "native", "auto", {4, 1, 1, 1}},
    {"llama-3.1-70b", "A100-SXM4-80GB", "vllm", "native", "auto", {8, 1, 1, 1}},
    {"deepseek-r1", "H200-SXM-141GB", "vllm", "native", "auto", {8, 1, 1, 1}},
}};
constexpr std::array<const char*, 4> kWorkloads{"chat", "code", "long-context", "rag"};
constexpr std::array<std::int64_t, 2> kReplicas{1, 4};
constexpr std::array<double, 7> kLoads{0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

}  // namespace

std::vector<Point> all_points() {
  std::vector<Point> out;
  for (const auto& deployment : kDeployments)
    for (const char* workload : kWorkloads)
      for (const std::int64_t replicas : kReplicas)
        for (const double load : kLoads) out.push_back({&deployment, workload, replicas, load});
  return out;
}

Outcome judge(const Point& point, std::uint64_t requests) {
  EstimatedStepTimes times(test::deployment(*point.deployment));
  const Deployment& d = times.deployment();
  Workload w = workload_from(*test::catalog().find_workload(point.workload)->entry, 1.0);
  w.arrivals.kind = ArrivalKind::kPoisson;  // bursts are another question
  ClosedFormInput input;
  input.limits = engine_limits(d, w.mean_input() + w.mean_output()).value();
  input.schedulers = point.replicas;
  input.prefill_first = d.engine->prefill_first;
  w.arrivals.rate = 1e-3;
  w.arrivals.rate *= point.load / closed_form(times, w, input).utilization;
  const ClosedForm form = closed_form(times, w, input);

  SimulationConfig c;
  c.pool.times = &times;
  c.pool.limits = input.limits;
  c.pool.policy = &policy_for(*d.engine);
  c.pool.lanes = point.replicas;
  c.requests = requests;
  c.classes = w.classes;
  WorkloadSource source(w, requests, 7);
  const ServingResult r = simulate(c, source);

  Outcome out{point};
  out.ttft_error = form.ttft_s.p95 / r.ttft_s.quantile(0.95) - 1.0;
  out.tpot_error = form.tpot_s.p95 / r.tpot_s.quantile(0.95) - 1.0;
  out.tpot_mean_error = form.tpot_s.mean / r.tpot_s.summary().mean - 1.0;
  out.preempted = static_cast<double>(r.preemptions) / static_cast<double>(requests);
  out.sustained = form.stable && r.completed_per_s > 0.95 * w.arrivals.rate;
  return out;
}

}  // namespace gpusize::grid
