#pragma once
// Targets on percentiles of the latency, beside those on means.

#include <optional>

namespace gpusize {

/// Milliseconds; unset is not asked for.
struct PercentileTargets {
  std::optional<double> ttft_p95_ms;
  std::optional<double> ttft_p99_ms;
  std::optional<double> tpot_p95_ms;
  std::optional<double> tpot_p99_ms;
  std::optional<double> e2e_p95_ms;
  std::optional<double> e2e_p99_ms;
  /// Share of the requests that must meet the plan's own --ttft-ms, --tpot-ms and --e2e-ms, which
  /// then are targets of each request and not of the mean.
  std::optional<double> goodput;
  bool verify = false;  ///< simulate the first options

  [[nodiscard]] bool any() const {
    return ttft_p95_ms || ttft_p99_ms || tpot_p95_ms || tpot_p99_ms || e2e_p95_ms || e2e_p99_ms ||
           goodput;
  }
};

}  // namespace gpusize
