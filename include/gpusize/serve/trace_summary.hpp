#pragma once
// What a trace or a workload is like: rates over time, lengths, burstiness, prefix reuse. One pass,
// bounded memory.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "gpusize/serve/sketch.hpp"
#include "gpusize/spec/trace.hpp"

namespace gpusize {

struct TraceSummary {
  std::string format;
  std::uint64_t requests = 0;
  std::uint64_t rows = 0;
  std::map<std::string, std::uint64_t> skipped;  ///< rows left out, by reason
  double duration_s = 0.0;
  double mean_rate = 0.0;         ///< requests per second
  double peak_minute_rate = 0.0;  ///< requests per second in the busiest minute
  double gap_cv = 0.0;            ///< standard deviation over mean of the gaps
  double dispersion_10s = 0.0;    ///< variance over mean of arrivals in 10 s slices: 1 is Poisson
  Metric input;                   ///< tokens
  Metric output;                  ///< tokens
  bool has_blocks = false;
  double prefix_reuse = 0.0;   ///< share of prompt tokens whose block came before
  std::vector<double> hourly;  ///< requests per second, hour by hour (at most 24 * 31)
  std::vector<double> course;  ///< requests per second in equal slices, at most 240
  double slice_s = 0.0;        ///< of `course`
};

/// Reads the trace to its end.
Result<TraceSummary> summarise_trace(const std::string& path, std::string_view format,
                                     const TraceColumns& columns);

}  // namespace gpusize
