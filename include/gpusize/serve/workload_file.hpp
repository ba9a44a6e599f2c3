#pragma once
// A workload that users write down themselves: arrivals, classes of requests with lengths,
// prefixes, sessions and targets, and what speculation brings.

#include <string>

#include "gpusize/core/result.hpp"
#include "gpusize/serve/step_times.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

struct WorkloadFile {
  Workload workload;
  Speculation speculation;  ///< drafted 0: none; draft_cost below 0: not said
};

/// Whether a --workload is meant as a file: it ends in .yaml, .yml or .json.
bool names_workload_file(const std::string& text);

/// Reads a file of schema gpusize.load/v1 (docs/serving.md); `load-...` diagnostics with places.
Result<WorkloadFile> read_workload_file(const std::string& path);

}  // namespace gpusize
