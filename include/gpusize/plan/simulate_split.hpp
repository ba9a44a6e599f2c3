#pragma once
// The ratio of prefill to decode replicas with the highest goodput.

#include <string>
#include <vector>

#include "gpusize/plan/simulate_document.hpp"

namespace gpusize {

struct SplitChoice {
  SimulateRequest request;         ///< with the best split of the replicas
  std::vector<std::string> tried;  ///< one line per split, prefill ascending
};

/// Simulates every split of `replicas` under the request's load; `sim-...` diagnostics.
Result<SplitChoice> choose_split(const Catalog& catalog, const ModelSpec& model,
                                 const SimulateRequest& request, std::int64_t replicas);

}  // namespace gpusize
