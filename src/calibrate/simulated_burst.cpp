#include "calibrate/simulated_burst.hpp"

#include <cmath>

#include "gpusize/serve/deploy.hpp"
#include "gpusize/serve/generator.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize::calibrate {

std::optional<BurstTimes> simulated_burst(const Deployment& d, double requests, double input,
                                          double output) {
  const auto limits = engine_limits(d, input + output);
  if (!limits) return {};
  Workload w;
  w.arrivals.kind = ArrivalKind::kBurst;
  RequestClass c;
  c.input = LengthDistribution::fixed(input);
  c.output = LengthDistribution::fixed(output);
  w.classes.push_back(c);
  EstimatedStepTimes times(d);
  SimulationConfig config;
  config.pool.times = &times;
  config.pool.limits = *limits;
  config.pool.policy = &policy_for(*d.engine);
  config.pool.lanes = d.layout.pp;
  config.pool.ranks = d.layout.dp;
  config.request_overhead_s = d.engine->request_overhead.in(units::s);
  config.warmup_share = 0.0;
  config.requests = static_cast<std::uint64_t>(std::round(requests));
  WorkloadSource source(w, config.requests, 1);
  const ServingResult r = simulate(config, source);
  if (r.completed != config.requests) return {};
  return BurstTimes{r.ttft_s.mean(), r.ttft_s.quantile(0.0), r.tpot_s.mean(),
                    r.duration_s + config.request_overhead_s};
}

}  // namespace gpusize::calibrate
