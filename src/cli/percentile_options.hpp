#pragma once
// Options of `plan` for percentiles of the latency.

#include "cli/parser.hpp"
#include "gpusize/core/diagnostic.hpp"
#include "gpusize/plan/percentile_targets.hpp"

namespace gpusize::cli {

void add_percentile_options(Parser& app, PercentileTargets& targets);
/// What is out of range.
Diagnostics check_percentiles(const PercentileTargets& targets);

}  // namespace gpusize::cli
