#include "gpusize/serve/split.hpp"

#include <algorithm>

namespace gpusize {
namespace {

constexpr double kEqual = 0.005;  // goodputs closer than this are one

}  // namespace

std::vector<SplitTrial> try_splits(SimulationConfig config, std::int64_t replicas,
                                   const std::function<std::unique_ptr<RequestSource>()>& source) {
  std::vector<SplitTrial> out;
  for (std::int64_t prefill = 1; prefill < replicas; ++prefill) {
    config.pool.lanes = prefill * config.pool.lanes_per_replica;
    config.decode->lanes = (replicas - prefill) * config.decode->lanes_per_replica;
    const auto requests = source();
    const ServingResult r = simulate(config, *requests);
    out.push_back({prefill, replicas - prefill, r.good_per_s, r.e2e_s.quantile(0.95)});
  }
  return out;
}

const SplitTrial& best_split(const std::vector<SplitTrial>& trials) {
  double most = 0.0;
  for (const SplitTrial& t : trials) most = std::max(most, t.good_per_s);
  const SplitTrial* best = &trials.front();
  bool found = false;
  for (const SplitTrial& t : trials) {
    if (t.good_per_s < (1.0 - kEqual) * most) continue;
    if (!found || t.e2e_p95_s < best->e2e_p95_s) best = &t;
    found = true;
  }
  return *best;
}

}  // namespace gpusize
