#include "calibrate/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize::calibrate {
namespace {

using Value = std::optional<double>;

std::optional<double> over_gpus(const Value& value, const RunPoint& p) {
  if (!value || p.gpus <= 0.0) return {};
  return *value / p.gpus;
}

std::optional<double> sum(const Value& a, const Value& b) {
  if (!a || !b) return {};
  return *a + *b;
}

/// A static batch has its first token when all prompts are done; LMDeploy reports the earliest.
Value ttft(const RunPoint& p, const RunConditions& run) {
  const bool earliest =
      p.ttft_first_s && run.mode == "offline" && normalise_name(run.engine) == "lmdeploy";
  return earliest ? p.ttft_first_s : p.ttft_s;
}

constexpr auto kNoMemory = nullptr;
constexpr auto kNoRun = nullptr;

constexpr std::array<Metric, 22> kMetrics{{
    {"step_ms", MetricKind::kTime, [](const RunPoint& p, const RunConditions&) { return p.step_s; },
     kNoMemory},
    {"ttft_ms", MetricKind::kTime, ttft, kNoMemory},
    {"tpot_ms", MetricKind::kTime, [](const RunPoint& p, const RunConditions&) { return p.tpot_s; },
     kNoMemory},
    {"itl_ms", MetricKind::kTime, [](const RunPoint& p, const RunConditions&) { return p.tpot_s; },
     kNoMemory},
    {"itl_ms_intercept", MetricKind::kTime,
     [](const RunPoint& p, const RunConditions&) { return p.itl_intercept_s; }, kNoMemory},
    {"itl_ms_slope_per_token", MetricKind::kTimePerToken,
     [](const RunPoint& p, const RunConditions&) { return p.itl_slope_s; }, kNoMemory},
    {"e2e_latency_ms", MetricKind::kTime,
     [](const RunPoint& p, const RunConditions&) { return p.e2e_s; }, kNoMemory},
    {"output_tok_s_total", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) { return p.output_tok_s; }, kNoMemory},
    {"output_tok_s_gpu", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) { return over_gpus(p.output_tok_s, p); },
     kNoMemory},
    {"output_tok_s_user", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) { return p.user_tok_s; }, kNoMemory},
    {"input_tok_s_total", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) { return p.input_tok_s; }, kNoMemory},
    {"input_tok_s_gpu", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) { return over_gpus(p.input_tok_s, p); },
     kNoMemory},
    {"total_tok_s_total", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) { return sum(p.input_tok_s, p.output_tok_s); },
     kNoMemory},
    {"total_tok_s_gpu", MetricKind::kTokenRate,
     [](const RunPoint& p, const RunConditions&) {
       return over_gpus(sum(p.input_tok_s, p.output_tok_s), p);
     },
     kNoMemory},
    {"req_s", MetricKind::kRate,
     [](const RunPoint& p, const RunConditions&) { return p.requests_per_s; }, kNoMemory},
    {"memory_gb", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.weights + m.kv_cache + m.activations + m.runtime; }},
    {"memory_gib", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.weights + m.kv_cache + m.activations + m.runtime; }},
    {"memory_gib_weights", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.weights; }},
    {"memory_gib_kv_cache", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.kv_room; }},
    {"memory_gib_activation", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.activations; }},
    {"memory_gib_non_torch", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.context + m.communication; }},
    {"memory_gib_cuda_graph", MetricKind::kMemory, kNoRun,
     [](const MemoryPerGpu& m) { return m.graphs; }},
}};

struct UnitRow {
  std::string_view name;
  MetricKind kind;
  double scale;  ///< base units per unit
};

constexpr std::array<UnitRow, 25> kUnits{{
    {"s", MetricKind::kTime, 1.0},
    {"ms", MetricKind::kTime, 1e-3},
    {"us", MetricKind::kTime, 1e-6},
    {"ms/token", MetricKind::kTimePerToken, 1e-3},
    {"us/token", MetricKind::kTimePerToken, 1e-6},
    {"s/token", MetricKind::kTimePerToken, 1.0},
    {"ms/token", MetricKind::kTime, 1e-3},  // TPOT is sometimes written so
    {"tok/s", MetricKind::kTokenRate, 1.0},
    {"tokens/s", MetricKind::kTokenRate, 1.0},
    {"token/s", MetricKind::kTokenRate, 1.0},
    {"ktok/s", MetricKind::kTokenRate, 1e3},
    {"tok/s/gpu", MetricKind::kTokenRate, 1.0},
    {"tokens/s/gpu", MetricKind::kTokenRate, 1.0},
    {"tok/s/user", MetricKind::kTokenRate, 1.0},
    {"tokens/s/user", MetricKind::kTokenRate, 1.0},
    {"req/s", MetricKind::kRate, 1.0},
    {"requests/s", MetricKind::kRate, 1.0},
    {"samples/s", MetricKind::kRate, 1.0},
    {"req/min", MetricKind::kRate, 1.0 / 60.0},
    {"b", MetricKind::kMemory, 1.0},
    {"bytes", MetricKind::kMemory, 1.0},
    {"mb", MetricKind::kMemory, 1e6},
    {"mib", MetricKind::kMemory, 1048576.0},
    {"gb", MetricKind::kMemory, 1e9},
    {"gib", MetricKind::kMemory, 1073741824.0},
}};

struct Statistic {
  std::string_view suffix;
  std::string_view assumption;
};
constexpr std::array<Statistic, 4> kMeans{{
    {"_mean", ""},
    {"_avg", ""},
    {"_median", "a median is compared with the estimate's mean"},
    {"_p50", "a median is compared with the estimate's mean"},
}};

bool names_percentile(std::string_view metric) {
  const std::size_t at = metric.rfind("_p");
  return at != std::string_view::npos && at + 2 < metric.size() && metric[at + 2] >= '5' &&
         metric[at + 2] <= '9';
}

const Metric* find_metric(std::string_view name) {
  const auto* const at = std::find_if(kMetrics.begin(), kMetrics.end(),
                                      [&](const Metric& m) { return m.name == name; });
  return at == kMetrics.end() ? nullptr : at;
}

Refusal unknown_metric(std::string_view name) {
  if (name.find("as_printed") != std::string_view::npos) {
    return {"metric not clear",
            fmt::format("{}: the source does not say whether input tokens count", name)};
  }
  if (names_percentile(name))
    return {"needs percentiles", fmt::format("{} needs percentiles", name)};
  std::vector<std::string> names;
  for (const Metric& m : kMetrics) names.emplace_back(m.name);
  const std::string near = did_you_mean(name, names);
  return {"metric not modelled",
          fmt::format("metric \"{}\" is not modelled{}{}", name, near.empty() ? "" : "; ", near)};
}

}  // namespace

Outcome<ResolvedMetric> resolve_metric(const RunConditions& run,
                                       std::vector<std::string>& assumptions) {
  const Metric* metric = find_metric(run.metric);
  for (const Statistic& statistic : kMeans) {
    if (metric != nullptr) break;
    const std::string_view name = run.metric;
    if (!name.ends_with(statistic.suffix)) continue;
    metric = find_metric(name.substr(0, name.size() - statistic.suffix.size()));
    if (metric != nullptr && !statistic.assumption.empty())
      assumptions.emplace_back(statistic.assumption);
  }
  if (metric == nullptr) return unknown_metric(run.metric);
  const std::string unit = to_lower(run.unit);
  for (const UnitRow& known : kUnits) {
    if (known.name == unit && known.kind == metric->kind)
      return ResolvedMetric{metric, known.scale};
  }
  return Refusal{"unit not understood", fmt::format("unit \"{}\" of {}", run.unit, run.metric)};
}

Outcome<MemoryPerGpu> row_memory(const RunConditions& run, const ResolvedRow& row) {
  const Deployment& d = row.deployment;
  ActivationPeak peak = engine_peak(d);
  const bool stated_batch = run.load_value && *run.load_value >= 1.0 && run.input_len;
  if (!d.engine->continuous_batching && !stated_batch)
    return Refusal{"load not stated", "load not stated: no batch"};
  Bytes cache;
  if (stated_batch) {
    const double sequences = per_rank(d.layout, *run.load_value);
    const double length = *run.input_len + run.output_len.value_or(0.0);
    cache = sequences * kv_bytes_per_sequence(*d.model, d.layout, d.kv,
                                              static_cast<std::int64_t>(std::ceil(length)),
                                              d.engine->kv_block_tokens);
    if (!d.engine->continuous_batching) peak = {sequences * *run.input_len, sequences};
  }
  return memory_per_gpu(d, peak, cache);
}

}  // namespace gpusize::calibrate
