#include "gpusize/calibrate/predict.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "calibrate/metrics.hpp"
#include "calibrate/resolve.hpp"
#include "calibrate/run_point.hpp"
#include "calibrate/training_row.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

using namespace calibrate;

constexpr Formula kLow{"validate.low", "predicted * factor", "",
                       "lower end of the estimate's 90 % band"};
constexpr Formula kHigh{"validate.high", "predicted * factor", "",
                        "upper end of the estimate's 90 % band"};

// Memory is a sum of exact sizes and a few engine reserves; the reserves are what is uncertain.
constexpr RelativeBand kMemoryBand{-0.10, 0.10};

// Published runs differ by this much for reasons that no column states (tuning, congestion).
constexpr RelativeBand kTrainingBand{-0.20, 0.25};
/// What the kind of a run adds to the band of its steps. Ends are the 5th and 95th percentile of
/// measured over predicted time on the half of the published rows that fits use; docs/accuracy.md
/// counts the other half.
struct RunBand {
  std::string_view mode;
  std::string_view load;
  std::string_view metric;  ///< how its name begins; empty: any other
  RelativeBand band;
  bool open_drafting = false;  ///< of runs that leave open whether they decoded speculatively
};
constexpr std::array<RunBand, 7> kRunBands{{
    {"online", "concurrency", "tpot", {-0.25, 0.68}, true},
    {"online", "concurrency", "ttft", {-0.3, 10.8}, true},
    // How arrivals meet is not stated: equal or mixed lengths, think time.
    {"online", "concurrency", "ttft", {-0.5, 1.1}},
    // The server's front end differs by version and host, and hardly any row states either.
    {"online", "burst", "ttft", {-0.4, 2.3}},
    {"online", "burst", "", {-0.26, 2.6}},
    // Lengths that vary: how much is assumed.
    {"online", "concurrency", "output_tok", {-0.13, 0.8}},
    // An exception: its low end is of that half, its high end was set with the other half in view.
    // That half alone would ask for far more (rows that are misread, or builds without tuned
    // kernels).
    {"prefill-only", "batch", "", {-0.6, 1.0}},
}};

RelativeBand band_for(const RunConditions& run, RelativeBand steps) {
  constexpr double kLowest = 0.9;
  for (const RunBand& row : kRunBands) {
    if (row.mode != run.mode || row.load != run.load || !run.metric.starts_with(row.metric))
      continue;
    if (row.open_drafting && to_lower(run.spec) != "unknown") continue;
    return {-std::min(std::hypot(steps.low, row.band.low), kLowest),
            std::hypot(steps.high, row.band.high)};
  }
  return steps;
}

/// Factors on the predicted number: a band of times turned round for rates.
struct Factors {
  double low = 1.0;
  double high = 1.0;
};

Factors factors_of(MetricKind kind, RelativeBand band) {
  if (kind == MetricKind::kMemory) return {1.0 + kMemoryBand.low, 1.0 + kMemoryBand.high};
  if (kind == MetricKind::kTime || kind == MetricKind::kTimePerToken)
    return {1.0 + band.low, 1.0 + band.high};
  return {1.0 / (1.0 + band.high), 1.0 / (1.0 + band.low)};
}

std::string where_of(const RunConditions& run) { return fmt::format("row {}", run.id); }

/// What bounded the search for a row's number: the conditions it stands on.
std::vector<std::pair<std::string, Why>> conditions_of(const RunConditions& run,
                                                       const ResolvedRow& row) {
  std::vector<std::pair<std::string, Why>> out;
  const auto add = [&](const char* name, std::optional<double> value, const char* unit) {
    if (value) out.emplace_back(name, why_input(name, *value, unit, where_of(run)));
  };
  add("load_value", run.load_value, "sequences");
  add("requests", run.requests, "requests");
  add("input_len", run.input_len, "tokens");
  add("output_len", run.output_len, "tokens");
  add("gpus", static_cast<double>(row.gpus), "GPUs");
  return out;
}

void explain(Prediction& p, const RunConditions& run, const ResolvedRow& row,
             const Factors& factors) {
  const Deployment& d = row.deployment;
  std::string note = fmt::format(
      "{} on {}, {}, {}, weights {}; docs/validate.md says how {} follows from the steps",
      d.model->id, d.gpu->id, d.engine->id, describe(d.layout), d.weights.name, run.metric);
  for (const std::string& assumption : p.assumptions) note += "; assumed: " + assumption;
  p.why = why_search(run.metric, p.predicted, run.unit, note, conditions_of(run, row));
  const Source source{"gpusize error bands", "docs/validate.md", ""};
  const auto bound = [&](const Formula& formula, const char* label, double value, double factor) {
    const Why band = why_fact("band", factor, "", NumberKind::kEstimated, source,
                              Confidence::kDerived, std::string(name_of(evidence_of(d))));
    return why_formula(formula, label, value, {{"predicted", p.why}, {"factor", band}});
  };
  p.why_low = bound(kLow, "low", p.low, factors.low);
  p.why_high = bound(kHigh, "high", p.high, factors.high);
}

void explain_training(Prediction& p, const RunConditions& run, const TrainingRow& row,
                      const Factors& factors) {
  const TrainJob& job = row.job;
  std::string note = fmt::format("{} on {}, {}, {}, {}; docs/training.md says how {} is made",
                                 job.model->id, job.gpu->id, job.framework->id,
                                 describe(job.layout), name_of(job.spec.precision), run.metric);
  for (const std::string& assumption : p.assumptions) note += "; assumed: " + assumption;
  p.why = why_search(
      run.metric, p.predicted, run.unit, note,
      {{"sequence", why_input("sequence", job.spec.sequence, "tokens", where_of(run))},
       {"global_batch",
        why_input("global_batch", job.spec.global_batch, "sequences", where_of(run))},
       {"gpus", why_input("gpus", static_cast<double>(job.layout.gpus()), "GPUs", where_of(run))}});
  const Source source{"gpusize error bands", "docs/validate.md", ""};
  const auto bound = [&](const Formula& formula, const char* label, double value, double factor) {
    const Why band =
        why_fact("band", factor, "", NumberKind::kEstimated, source, Confidence::kDerived);
    return why_formula(formula, label, value, {{"predicted", p.why}, {"factor", band}});
  };
  p.why_low = bound(kLow, "low", p.low, factors.low);
  p.why_high = bound(kHigh, "high", p.high, factors.high);
}

/// The row's number in base units.
Outcome<double> base_value(const Metric& metric, const RunConditions& run, ResolvedRow& row) {
  if (metric.of_memory != nullptr) {
    if (row.decode) return Refusal{"metric not modelled", "memory of disaggregated pools"};
    const auto memory = row_memory(run, row);
    if (const auto* refusal = std::get_if<Refusal>(&memory)) return *refusal;
    return metric.of_memory(std::get<MemoryPerGpu>(memory)).in(units::B);
  }
  const auto point = run_point(run, row);
  if (const auto* refusal = std::get_if<Refusal>(&point)) return *refusal;
  const auto value = metric.of_run(std::get<RunPoint>(point), run);
  if (!value)
    return Refusal{
        "metric not defined for the mode",
        fmt::format("{} has no meaning in mode {}, load {}", run.metric, run.mode, run.load)};
  return *value;
}

}  // namespace

Outcome<Prediction> RowPredictor::predict_training(const RunConditions& run) {
  if (frameworks_.empty()) {
    auto frameworks = shipped_frameworks();
    if (!frameworks.ok()) return Refusal{"no framework", frameworks.errors().front().message};
    frameworks_ = std::move(frameworks).value();
  }
  auto resolved = resolve_training_row(*catalog_, frameworks_, run);
  if (const auto* refusal = std::get_if<Refusal>(&resolved)) return *refusal;
  const auto& row = std::get<TrainingRow>(resolved);
  const auto value = training_value(run, row);
  if (const auto* refusal = std::get_if<Refusal>(&value)) return *refusal;
  Prediction out;
  out.predicted = std::get<double>(value);
  if (!std::isfinite(out.predicted) || out.predicted <= 0.0) {
    return Refusal{"no positive prediction",
                   fmt::format("the estimate of {} is {:g}", run.metric, out.predicted)};
  }
  const bool memory = run.metric.starts_with("memory_");
  const bool time = run.metric == "iter_time_s";
  const RelativeBand band = memory ? kMemoryBand : kTrainingBand;
  const Factors factors = memory || time ? Factors{1.0 + band.low, 1.0 + band.high}
                                         : Factors{1.0 / (1.0 + band.high), 1.0 / (1.0 + band.low)};
  out.low = out.predicted * factors.low;
  out.high = out.predicted * factors.high;
  out.assumptions = row.assumptions;
  if (explain_) explain_training(out, run, row, factors);
  return out;
}

Outcome<Prediction> RowPredictor::predict(const RunConditions& stated) {
  if (stated.form == MeasurementForm::kTraining) {
    return predict_training(stated);
  }
  Prediction out;
  const RunConditions run = with_lengths(*catalog_, stated, out.assumptions);
  const auto metric = resolve_metric(run, out.assumptions);
  if (const auto* refusal = std::get_if<Refusal>(&metric)) return *refusal;
  const auto& resolved_metric = std::get<ResolvedMetric>(metric);
  auto resolved = resolve_row(*catalog_, models_, run);
  if (const auto* refusal = std::get_if<Refusal>(&resolved)) return *refusal;
  auto& row = std::get<ResolvedRow>(resolved);
  const auto value = base_value(*resolved_metric.metric, run, row);
  if (const auto* refusal = std::get_if<Refusal>(&value)) return *refusal;
  out.predicted = std::get<double>(value) / resolved_metric.unit;
  if (!std::isfinite(out.predicted) || out.predicted <= 0.0) {
    return Refusal{"no positive prediction",
                   fmt::format("the estimate of {} is {:g}", run.metric, out.predicted)};
  }
  const Factors factors =
      factors_of(resolved_metric.metric->kind, band_for(run, band_of(row.deployment)));
  out.low = out.predicted * factors.low;
  out.high = out.predicted * factors.high;
  out.assumptions.insert(out.assumptions.end(), row.assumptions.begin(), row.assumptions.end());
  std::sort(out.assumptions.begin(), out.assumptions.end());
  out.assumptions.erase(std::unique(out.assumptions.begin(), out.assumptions.end()),
                        out.assumptions.end());
  if (explain_) explain(out, run, row, factors);
  return out;
}

}  // namespace gpusize
