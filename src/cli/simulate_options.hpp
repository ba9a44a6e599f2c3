#pragma once
// Options of `simulate`, by hand or from a plan.

#include <optional>
#include <string>

#include "cli/parser.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/simulate_document.hpp"

namespace gpusize::cli {

/// What the user wrote; numbers that a plan may give stay unset until read.
struct SimulateOptions {
  SimulateRequest request;
  std::string plan;
  std::int64_t rank = 1;
  std::optional<std::int64_t> tp, pp, ep, dp, replicas;
  std::optional<double> qps;
  std::optional<std::int64_t> split_replicas;  ///< share them out between prefill and decode
};

void add_simulate_options(Parser& app, SimulateOptions& options);

/// The request: the plan's option where --plan is given, the command line over it.
Result<SimulateRequest> read_request(const SimulateOptions& options);

}  // namespace gpusize::cli
