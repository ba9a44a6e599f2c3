#pragma once
// Metrics of measurements: which number of a run each one is, and in which unit.

#include <optional>
#include <string>
#include <string_view>

#include "calibrate/run_point.hpp"
#include "gpusize/estimate/memory.hpp"

namespace gpusize::calibrate {

/// What a metric's number is made of: decides its units and how a band of times carries over.
enum class MetricKind : std::uint8_t { kTime, kTimePerToken, kRate, kTokenRate, kMemory };

struct Metric {
  std::string_view name;  ///< without statistic: `ttft_ms` for `ttft_ms_mean`
  MetricKind kind;
  std::optional<double> (*of_run)(const RunPoint& point, const RunConditions& run);  ///< base units
  Bytes (*of_memory)(const MemoryPerGpu& memory);
};

/// The metric a row names, or why it is not assessed.
struct ResolvedMetric {
  const Metric* metric = nullptr;
  double unit = 1.0;  ///< base units per unit of the row
};
Outcome<ResolvedMetric> resolve_metric(const RunConditions& run,
                                       std::vector<std::string>& assumptions);

/// Memory of one GPU under a row's conditions.
Outcome<MemoryPerGpu> row_memory(const RunConditions& run, const ResolvedRow& row);

}  // namespace gpusize::calibrate
