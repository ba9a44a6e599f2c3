#pragma once
// Measured runs from CSV files: one row, one metric. Two forms, told apart by their columns:
// inference rows (`mode`, `input_len`, ...) and training rows (`seq_len`, `global_batch`, ...).

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/core/diagnostic.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/spec/csv.hpp"

namespace gpusize {

enum class MeasurementForm : std::uint8_t { kInference, kTraining };

/// What training rows state besides. Empty text: not stated.
struct TrainingConditions {
  std::string precision, zero_stage, recompute, method, optimizer, batch_text;
  std::optional<double> seq_len;       ///< tokens
  std::optional<double> global_batch;  ///< sequences
  std::optional<double> params_b;      ///< billions
  std::optional<std::int64_t> layers, hidden, heads, vocab, cp, micro_batch, lora_rank;
};

/// Under which conditions a row was measured, as written. There is deliberately no measured value
/// here: predictions take conditions, so they cannot depend on it (`log_fraction` is a condition
/// that measured values tell, in hundredths). Empty text: not stated.
struct RunConditions {
  MeasurementForm form = MeasurementForm::kInference;
  std::string id;
  std::string source;
  std::string model;
  std::string model_as_printed;  ///< tells the format of a checkpoint published in several
  std::string overrides;         ///< `name=value;...` in config names
  std::string weights;
  std::string kv;
  std::string gpu;
  std::string engine;
  std::string engine_version;
  std::string serving;
  std::string spec;
  std::string mode;
  std::string load;
  std::string metric;
  std::string unit;
  std::string notes;
  std::string input_text;  ///< input_len as written, when it is no number
  std::string output_text;
  std::string unreadable;  ///< a number column that holds something else; empty: none
  std::optional<double> load_value;
  std::optional<double> requests;    ///< sent in all, of a closed loop
  std::optional<double> input_len;   ///< tokens
  std::optional<double> output_len;  ///< tokens
  std::optional<std::int64_t> gpus, nodes, tp, pp, ep, dp, moe_ep;
  std::optional<std::int64_t> year;    ///< of publication
  std::optional<double> log_fraction;  ///< memory fraction that the rows of the run's log add up to
  TrainingConditions training;
};

/// One row of a file.
struct Measurement {
  RunConditions conditions;
  std::optional<double> value;  ///< in `conditions.unit`; nothing when the cell holds no number
  int line = 0;
};

/// Reads a file row by row. Column order is free; columns it does not know are ignored and listed.
class MeasurementReader {
 public:
  /// Opens the file and reads its header: `csv-unreadable`, `csv-missing-column`,
  /// `csv-duplicate-column`.
  static Result<MeasurementReader> open(const std::string& path);

  /// The next row; false at the end and after a fault.
  bool next(Measurement& out);
  /// What stopped the reading; empty after a regular end.
  [[nodiscard]] const Diagnostics& problems() const { return problems_; }
  /// Columns that no reader uses.
  [[nodiscard]] const std::vector<std::string>& ignored() const { return ignored_; }
  [[nodiscard]] MeasurementForm form() const { return form_; }

 private:
  MeasurementReader() = default;
  Diagnostics read_header(const std::string& path);
  [[nodiscard]] bool fill(Measurement& out);
  void fill_training(RunConditions& run) const;

  std::unique_ptr<std::ifstream> in_;
  std::unique_ptr<CsvReader> csv_;
  CsvRow row_;
  MeasurementForm form_ = MeasurementForm::kInference;
  std::size_t columns_ = 0;
  std::vector<int> place_;           ///< per known column: its index in the file, -1 when absent
  std::vector<int> training_place_;  ///< the same of the columns of training rows
  std::vector<std::string> ignored_;
  Diagnostics problems_;
};

}  // namespace gpusize
