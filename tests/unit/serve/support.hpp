#pragma once
// Small set-ups for simulator tests: constant steps, one pool, lengths in steps.

#include "gpusize/serve/generator.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize::test {

inline Workload workload_of(double rate, LengthDistribution output,
                            ArrivalKind kind = ArrivalKind::kPoisson) {
  Workload w;
  w.arrivals.kind = kind;
  w.arrivals.rate = rate;
  RequestClass c;
  c.input = LengthDistribution::fixed(1.0);
  c.output = std::move(output);
  w.classes.push_back(c);
  return w;
}

inline LengthDistribution exponential_length(double mean) {
  LengthDistribution d = LengthDistribution::fixed(mean);
  d.kind = LengthKind::kExponential;
  return d;
}

/// One pool of `lanes` lanes that run `sequences` each under vLLM's policy.
inline SimulationConfig config_of(StepTimes& times, std::int64_t lanes, std::int64_t sequences,
                                  const Workload& workload, std::uint64_t requests) {
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.policy = find_policy("vllm");
  c.pool.lanes = lanes;
  c.pool.limits.sequences = sequences;
  c.classes = workload.classes;
  c.requests = requests;
  return c;
}

inline ServingResult run(const SimulationConfig& config, const Workload& workload,
                         std::uint64_t seed) {
  WorkloadSource source(workload, config.requests, seed);
  return simulate(config, source);
}

}  // namespace gpusize::test
