#pragma once
// Which share of a fleet should prefill when prefill and decode run apart: every split of the
// replicas is simulated under the same load.

#include <functional>
#include <memory>
#include <vector>

#include "gpusize/serve/simulator.hpp"

namespace gpusize {

struct SplitTrial {
  std::int64_t prefill = 0;  ///< replicas that prefill
  std::int64_t decode = 0;   ///< replicas that decode
  double good_per_s = 0.0;   ///< requests within their targets
  double e2e_p95_s = 0.0;
};

/// All splits of `replicas` (2 or more), prefill ascending. `config` has both pools; their lanes
/// are set here. `source` gives the same requests each time.
std::vector<SplitTrial> try_splits(SimulationConfig config, std::int64_t replicas,
                                   const std::function<std::unique_ptr<RequestSource>()>& source);

/// The split with the highest goodput; among those within half a percent of it the shortest p95
/// from end to end.
const SplitTrial& best_split(const std::vector<SplitTrial>& trials);

}  // namespace gpusize
