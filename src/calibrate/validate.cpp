#include "gpusize/calibrate/validate.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "calibrate/tally.hpp"

namespace gpusize {
namespace {

template <typename Map>
std::vector<GroupErrors> grouped(const Map& groups) {
  std::vector<GroupErrors> out;
  for (const auto& [name, comparisons] : groups) {
    if (const auto errors = error_statistics(comparisons)) out.push_back({name, *errors});
  }
  std::stable_sort(out.begin(), out.end(), [](const GroupErrors& a, const GroupErrors& b) {
    return a.errors.n > b.errors.n;
  });
  return out;
}

std::string named(const std::string& text) { return text.empty() ? "(not stated)" : text; }

}  // namespace

std::vector<Tally> calibrate::tallied(const std::map<std::string, std::size_t>& counts) {
  std::vector<Tally> out;
  for (const auto& [name, rows] : counts) out.push_back({name, rows});
  std::stable_sort(out.begin(), out.end(),
                   [](const Tally& a, const Tally& b) { return a.rows > b.rows; });
  return out;
}

void Validator::compare(const RunConditions& run, const Comparison& comparison) {
  all_.push_back(comparison);
  by_metric_[run.metric].push_back(comparison);
  by_source_[named(run.source)].push_back(comparison);
  by_gpu_[run.gpu].push_back(comparison);
  by_model_[run.model].push_back(comparison);
  by_engine_[run.engine].push_back(comparison);
}

void Validator::add(const Measurement& row) {
  RunConditions run = row.conditions;
  if (MemoryLogs::is_part(run)) {
    if (const auto card = catalog_.find_gpu(run.gpu); card.ok())
      run.log_fraction = logs_.fraction(run, card->entry->memory);
  }
  ++result_.rows;
  auto outcome = predictor_.predict(run);
  if (auto reason = loops_.contradiction(run);
      reason && std::holds_alternative<Prediction>(outcome))
    outcome = Refusal{"rows of the run contradict each other", std::move(*reason)};
  if (auto* refusal = std::get_if<Refusal>(&outcome)) {
    ++reasons_[refusal->kind];
    result_.not_assessed.push_back({run.id, std::move(refusal->reason)});
    return;
  }
  auto& p = std::get<Prediction>(outcome);
  ++result_.assessed;
  for (const std::string& assumption : p.assumptions) ++assumptions_[assumption];
  const bool comparable = row.value && *row.value > 0.0;
  if (comparable) {
    compare(run, {p.predicted, *row.value, p.low, p.high});
  } else {
    ++result_.without_value;
  }
  if (!keep_predictions_) return;
  result_.predictions.push_back({run.id, run.metric, run.unit, p.predicted, p.low, p.high,
                                 comparable ? row.value : std::nullopt, std::move(p.why),
                                 std::move(p.why_low), std::move(p.why_high)});
}

void Validator::add(const std::string& file, const KernelRow& row) {
  ++result_.rows;
  const std::string id = fmt::format("{}:{}", file, row.line);
  auto outcome = kernel_predictor_.predict(row);
  if (auto* refusal = std::get_if<Refusal>(&outcome)) {
    ++reasons_[refusal->kind];
    result_.not_assessed.push_back({id, std::move(refusal->reason)});
    return;
  }
  const auto& p = std::get<KernelPrediction>(outcome);
  ++result_.assessed;
  const Comparison comparison{p.predicted_us, row.us, p.low_us, p.high_us};
  kernels_.push_back(comparison);
  by_kernel_[fmt::format("{}, {}", row.op, p.gpu)].push_back(comparison);
  if (!keep_predictions_) return;
  PredictedRow predicted{id,        "us",   "us",  p.predicted_us, p.low_us,
                         p.high_us, row.us, p.why, p.why_low,      p.why_high};
  result_.predictions.push_back(std::move(predicted));
}

ValidationResult Validator::finish() const {
  ValidationResult out = result_;
  out.summary = error_statistics(all_);
  out.by_metric = grouped(by_metric_);
  out.by_source = grouped(by_source_);
  out.by_gpu = grouped(by_gpu_);
  out.by_model = grouped(by_model_);
  out.by_engine = grouped(by_engine_);
  out.kernels = error_statistics(kernels_);
  out.by_kernel = grouped(by_kernel_);
  out.reasons = calibrate::tallied(reasons_);
  out.assumptions = calibrate::tallied(assumptions_);
  return out;
}

}  // namespace gpusize
