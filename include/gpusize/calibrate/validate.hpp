#pragma once
// Measured rows against predictions: what is assessed, what is not and why, and how large the
// errors are, over all rows and by metric, source, card and model.

#include <map>
#include <string>
#include <vector>

#include "gpusize/calibrate/loop_records.hpp"
#include "gpusize/calibrate/memory_logs.hpp"
#include "gpusize/calibrate/predict.hpp"
#include "gpusize/calibrate/predict_kernel.hpp"
#include "gpusize/calibrate/statistics.hpp"

namespace gpusize {

struct PredictedRow {
  std::string id;
  std::string metric;
  std::string unit;
  double predicted = 0.0;
  double low = 0.0;
  double high = 0.0;
  std::optional<double> measured;  ///< nothing when the row holds no number above 0
  Why why;
  Why why_low;
  Why why_high;
};

struct UnassessedRow {
  std::string id;
  std::string reason;
};

/// How often something was found.
struct Tally {
  std::string name;
  std::size_t rows = 0;
};

struct GroupErrors {
  std::string name;
  ErrorStatistics errors;
};

struct ValidationResult {
  std::size_t rows = 0;
  std::size_t assessed = 0;
  std::size_t without_value = 0;  ///< assessed, but the row has no number to compare with
  std::optional<ErrorStatistics> summary;
  std::vector<GroupErrors> by_metric, by_source, by_gpu, by_model, by_engine;
  std::optional<ErrorStatistics> kernels;  ///< of timed kernels, apart from runs
  std::vector<GroupErrors> by_kernel;      ///< `gemm, H100-SXM5-80GB`: operation and card
  std::vector<UnassessedRow> not_assessed;
  std::vector<Tally> reasons;             ///< of not_assessed, by kind, most frequent first
  std::vector<Tally> assumptions;         ///< of the assessed rows, most frequent first
  std::vector<PredictedRow> predictions;  ///< filled when asked for
};

/// Takes rows one by one.
class Validator {
 public:
  Validator(const Catalog& catalog, bool keep_predictions)
      : catalog_(catalog),
        predictor_(catalog, keep_predictions),
        kernel_predictor_(catalog),
        keep_predictions_(keep_predictions) {}

  /// What rows say of each other's conditions: a first pass over the same rows.
  void learn(const Measurement& row) {
    logs_.learn(row);
    loops_.learn(row);
  }
  void learn(const KernelRow& row) { kernel_predictor_.learn(row); }
  void add(const Measurement& row);
  /// A timed kernel; `file` is where it stands.
  void add(const std::string& file, const KernelRow& row);
  [[nodiscard]] ValidationResult finish() const;

 private:
  using Groups = std::map<std::string, std::vector<Comparison>>;
  void compare(const RunConditions& run, const Comparison& comparison);

  const Catalog& catalog_;
  MemoryLogs logs_;
  LoopRecords loops_;
  RowPredictor predictor_;
  KernelPredictor kernel_predictor_;
  bool keep_predictions_;
  ValidationResult result_;
  std::vector<Comparison> all_;
  std::vector<Comparison> kernels_;
  Groups by_metric_, by_source_, by_gpu_, by_model_, by_engine_, by_kernel_;
  std::map<std::string, std::size_t> reasons_, assumptions_;
};

}  // namespace gpusize
