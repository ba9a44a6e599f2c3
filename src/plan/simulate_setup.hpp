#pragma once
// A checked simulate request, resolved: workload, pools, and what the run needs to stay alive.

#include <memory>
#include <string>
#include <vector>

#include "gpusize/plan/simulate_document.hpp"
#include "gpusize/serve/deploy.hpp"
#include "gpusize/serve/trace_source.hpp"
#include "plan/estimate_setup.hpp"

namespace gpusize {

struct SimulateSetup {
  EstimateSetup estimate;
  Workload workload;
  const WorkloadProfile* profile = nullptr;  ///< null: lengths are the user's
  Speculation speculation;
  EngineLimits limits;
  std::unique_ptr<EstimatedStepTimes> times;
  SimulationConfig config;
  std::vector<std::string> notes;
  std::optional<TraceOptions> trace;  ///< requests come from a file
};

Result<SimulateSetup> resolve_simulate(const Catalog& catalog, const ModelSpec& model,
                                       const SimulateRequest& request);

/// The requests of the set-up's trace or workload, from the beginning.
Result<std::unique_ptr<RequestSource>> request_source(const SimulateSetup& setup,
                                                      const SimulateRequest& request);

}  // namespace gpusize
