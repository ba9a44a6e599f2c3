#pragma once
// What a user asks of `plan`.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/price.hpp"
#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/plan/percentile_targets.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize {

enum class RankBy : std::uint8_t { kTco, kGpus, kPower, kLatency, kUsdPerMillionTokens };
std::string_view name_of(RankBy rank);
std::optional<RankBy> rank_by_from(std::string_view name);

/// Mean-latency targets; percentiles are a matter of queueing.
struct LatencyTargets {
  std::optional<Seconds> ttft;
  std::optional<Seconds> tpot;
  std::optional<Seconds> e2e;
};

struct PlanRequest {
  std::string model;                   ///< as the user wrote it
  std::vector<std::string> overrides;  ///< `--set name=value`
  double qps = 0.0;
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  std::string workload;      ///< name, `custom` or `trace`
  std::string trace;         ///< a file whose arrivals and lengths are planned for (take_trace)
  std::string trace_format;  ///< empty: found by the header
  double trace_rate = 0.0;   ///< its own mean rate
  std::optional<Workload> trace_workload;  ///< its burstiness and lengths
  LatencyTargets targets;
  PercentileTargets percentiles;
  std::vector<std::string> gpus;  ///< empty: the whole catalog
  std::vector<std::string> vendors;
  /// Also parts of cards: `mig` (every instance size) or `mps:N`, `time-slicing:N`, `vgpu:N`.
  std::vector<std::string> slices;
  std::int64_t max_gpus = 0;  ///< 0: no limit
  std::vector<std::string> weights{"native"};
  std::vector<std::string> kv{"auto"};
  std::vector<std::string> engines{"auto"};
  PriceBasis basis = PriceBasis::kOnDemand;
  std::string tier;
  std::string region = "USA";
  double years = 3.0;
  double headroom = 0.2;  ///< capacity kept above the asked rate
  std::int64_t spare_nodes = 0;
  RankBy rank_by = RankBy::kTco;
  std::int64_t top = 10;
  bool two_batch_overlap = false;
  bool all_layouts = false;
  bool allow_unverified = false;
  int jobs = 1;
};

/// Reads the request's trace: rate (unless `qps` is given), mean lengths, burstiness, quantiles of
/// the lengths. Does nothing without a trace.
Diagnostics take_trace(PlanRequest& request);

}  // namespace gpusize
