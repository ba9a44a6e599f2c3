#include "gpusize/spec/measurement.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

using TextMember = std::string RunConditions::*;
using CountMember = std::optional<std::int64_t> RunConditions::*;
using NumberMember = std::optional<double> RunConditions::*;

/// A column of training rows; exactly one member is set.
struct TrainingColumn {
  std::string_view name;
  std::string TrainingConditions::*text = nullptr;
  std::optional<std::int64_t> TrainingConditions::*count = nullptr;
  std::optional<double> TrainingConditions::*number = nullptr;
};
using TC = TrainingConditions;
constexpr std::array<TrainingColumn, 16> kTrainingColumns{{
    {"precision", &TC::precision},
    {"zero_stage", &TC::zero_stage},
    {"recompute", &TC::recompute},
    {"method", &TC::method},
    {"optimizer", &TC::optimizer},
    {"global_batch", &TC::batch_text},
    {"seq_len", nullptr, nullptr, &TC::seq_len},
    {"global_batch", nullptr, nullptr, &TC::global_batch},
    {"params_b", nullptr, nullptr, &TC::params_b},
    {"layers", nullptr, &TC::layers},
    {"hidden", nullptr, &TC::hidden},
    {"heads", nullptr, &TC::heads},
    {"vocab", nullptr, &TC::vocab},
    {"cp", nullptr, &TC::cp},
    {"micro_batch", nullptr, &TC::micro_batch},
    {"lora_rank", nullptr, &TC::lora_rank},
}};

enum class Need : std::uint8_t { kOptional, kBoth, kInference, kTraining };

/// A column that is read. Exactly one member is set; `value` has none.
struct KnownColumn {
  std::string_view name;
  Need need;
  TextMember text = nullptr;
  CountMember count = nullptr;
  NumberMember number = nullptr;
  TextMember otherwise = nullptr;  ///< takes the text of a number column that holds a word
};

constexpr std::array<KnownColumn, 32> kColumns{{
    {"id", Need::kBoth, &RunConditions::id},
    {"model", Need::kBoth, &RunConditions::model},
    {"gpu", Need::kBoth, &RunConditions::gpu},
    {"engine", Need::kBoth, &RunConditions::engine},
    {"metric", Need::kBoth, &RunConditions::metric},
    {"value", Need::kBoth},
    {"unit", Need::kBoth, &RunConditions::unit},
    {"mode", Need::kInference, &RunConditions::mode},
    {"weights", Need::kInference, &RunConditions::weights},
    {"input_len", Need::kInference, nullptr, nullptr, &RunConditions::input_len,
     &RunConditions::input_text},
    {"output_len", Need::kInference, nullptr, nullptr, &RunConditions::output_len,
     &RunConditions::output_text},
    {"seq_len", Need::kTraining},
    {"global_batch", Need::kTraining},
    {"source", Need::kOptional, &RunConditions::source},
    {"overrides", Need::kOptional, &RunConditions::overrides},
    {"kv", Need::kOptional, &RunConditions::kv},
    {"serving", Need::kOptional, &RunConditions::serving},
    {"spec", Need::kOptional, &RunConditions::spec},
    {"load", Need::kOptional, &RunConditions::load},
    {"load_value", Need::kOptional, nullptr, nullptr, &RunConditions::load_value},
    {"requests", Need::kOptional, nullptr, nullptr, &RunConditions::requests},
    {"notes", Need::kOptional, &RunConditions::notes},
    {"model_as_printed", Need::kOptional, &RunConditions::model_as_printed},
    {"gpus", Need::kOptional, nullptr, &RunConditions::gpus},
    {"nodes", Need::kOptional, nullptr, &RunConditions::nodes},
    {"tp", Need::kOptional, nullptr, &RunConditions::tp},
    {"pp", Need::kOptional, nullptr, &RunConditions::pp},
    {"ep", Need::kOptional, nullptr, &RunConditions::ep},
    {"dp", Need::kOptional, nullptr, &RunConditions::dp},
    {"moe_ep", Need::kOptional, nullptr, &RunConditions::moe_ep},
    {"year", Need::kOptional, nullptr, &RunConditions::year},
    {"engine_version", Need::kOptional, &RunConditions::engine_version},
}};
constexpr std::size_t kValueColumn = 5;
constexpr double kLargest = 1e15;  // of a count or length: beyond it is a slip

bool needed_by(Need need, MeasurementForm form) {
  return need == Need::kBoth || (need == Need::kInference && form == MeasurementForm::kInference) ||
         (need == Need::kTraining && form == MeasurementForm::kTraining);
}

/// Columns that the two published forms carry besides; they inform people, not predictions.
constexpr std::array<std::string_view, 22> kInformative{"source_ref",   "weights_as_printed",
                                                        "moe_tp",       "attention_dp",
                                                        "params_b",     "layers",
                                                        "hidden",       "heads",
                                                        "vocab",        "precision",
                                                        "cp",           "zero_stage",
                                                        "micro_batch",  "recompute",
                                                        "method",       "optimizer",
                                                        "lora_rank",    "seq_len",
                                                        "global_batch", "input_len",
                                                        "output_len",   "mode"};

std::optional<std::size_t> known(std::string_view name) {
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (kColumns.at(i).name == name) return i;
  }
  return {};
}

std::vector<std::string> names_for(MeasurementForm form) {
  std::vector<std::string> out;
  for (const KnownColumn& column : kColumns) {
    if (needed_by(column.need, form)) out.emplace_back(column.name);
  }
  return out;
}

Diagnostic unreadable(const std::string& path, std::string_view why) {
  return make_error("csv-unreadable", fmt::format("cannot read \"{}\": {}", path, why),
                    {path, 0, 0});
}

}  // namespace

Result<MeasurementReader> MeasurementReader::open(const std::string& path) {
  if (auto problem = no_regular_file(path)) return std::move(*problem);
  MeasurementReader reader;
  reader.in_ = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*reader.in_) return unreadable(path, std::strerror(errno));
  reader.csv_ = std::make_unique<CsvReader>(*reader.in_, path);
  Diagnostics problems = reader.read_header(path);
  if (has_errors(problems)) return problems;
  return reader;
}

Diagnostics MeasurementReader::read_header(const std::string& path) {
  if (!csv_->next(row_)) {
    if (!csv_->problems().empty()) return csv_->problems();
    return {make_error("csv-empty", fmt::format("\"{}\" has no header row", path), {path, 1, 1},
                       fmt::format("expected columns: {}",
                                   fmt::join(names_for(MeasurementForm::kInference), ", ")))};
  }
  columns_ = row_.fields.size();
  place_.assign(kColumns.size(), -1);
  Diagnostics out;
  std::vector<std::string> found;
  training_place_.assign(kTrainingColumns.size(), -1);
  for (std::size_t i = 0; i < columns_; ++i) {
    const std::string name = to_lower(trim(row_.fields[i]));
    for (std::size_t t = 0; t < kTrainingColumns.size(); ++t) {
      if (kTrainingColumns.at(t).name == name) training_place_[t] = static_cast<int>(i);
    }
    if (std::find(found.begin(), found.end(), name) != found.end()) {
      out.push_back(make_error("csv-duplicate-column",
                               fmt::format("column \"{}\" appears twice", printable(name)),
                               row_.at(path, i)));
    }
    found.push_back(name);
    if (const auto index = known(name)) {
      place_[*index] = static_cast<int>(i);
    } else if (std::find(kInformative.begin(), kInformative.end(), name) == kInformative.end()) {
      ignored_.push_back(name);
    }
  }
  const auto has = [&](std::string_view name) { return place_[*known(name)] >= 0; };
  form_ = has("seq_len") && !has("input_len") ? MeasurementForm::kTraining
                                              : MeasurementForm::kInference;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (place_[i] >= 0 || !needed_by(kColumns.at(i).need, form_)) continue;
    const std::string near = did_you_mean(kColumns.at(i).name, ignored_);
    out.push_back(make_error(
        "csv-missing-column", fmt::format("column \"{}\" is missing", kColumns.at(i).name),
        {path, row_.line, 1},
        near.empty() ? fmt::format("expected columns: {}", fmt::join(names_for(form_), ", "))
                     : fmt::format("is it one of these under another name? {}", near)));
  }
  return out;
}

bool MeasurementReader::next(Measurement& out) {
  if (!problems_.empty()) return false;
  if (csv_->next(row_)) return fill(out);
  problems_ = csv_->problems();
  return false;
}

bool MeasurementReader::fill(Measurement& out) {
  if (row_.fields.size() != columns_) {
    problems_.push_back(make_error(
        "csv-ragged",
        fmt::format("{} fields in a row, the header has {}", row_.fields.size(), columns_),
        row_.at(csv_->file(), std::min(row_.fields.size(), columns_)),
        "is a comma unquoted, or a line cut short?"));
    return false;
  }
  out = {};
  out.line = row_.line;
  out.conditions.form = form_;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (place_[i] < 0) continue;
    const KnownColumn& column = kColumns.at(i);
    const auto index = static_cast<std::size_t>(place_[i]);
    const std::string_view cell = trim(row_.fields[index]);
    if (i == kValueColumn) out.value = parse_number(cell);
    if (column.text != nullptr) out.conditions.*column.text = std::string(cell);
    if (cell.empty() || (column.count == nullptr && column.number == nullptr)) continue;
    const auto number = parse_number(cell);
    const bool whole = column.count == nullptr || (number && std::floor(*number) == *number);
    if (!number && column.otherwise != nullptr) {
      out.conditions.*column.otherwise = std::string(cell);
    } else if (!number || *number < 0.0 || *number > kLargest || !whole) {
      out.conditions.unreadable = fmt::format("{} is \"{}\"", column.name, cell);
    } else if (column.count != nullptr) {
      out.conditions.*column.count = static_cast<std::int64_t>(*number);
    } else {
      out.conditions.*column.number = number;
    }
  }
  if (form_ == MeasurementForm::kTraining) fill_training(out.conditions);
  return true;
}

/// A number column that holds a word stays empty: the text beside it says what was written.
void MeasurementReader::fill_training(RunConditions& run) const {
  for (std::size_t i = 0; i < kTrainingColumns.size(); ++i) {
    if (training_place_[i] < 0) continue;
    const TrainingColumn& column = kTrainingColumns.at(i);
    const std::string_view cell = trim(row_.fields[static_cast<std::size_t>(training_place_[i])]);
    if (column.text != nullptr) run.training.*column.text = std::string(cell);
    const auto number = parse_number(cell);
    if (!number || *number < 0.0 || *number > kLargest) continue;
    if (column.number != nullptr) run.training.*column.number = number;
    if (column.count != nullptr && std::floor(*number) == *number)
      run.training.*column.count = static_cast<std::int64_t>(*number);
  }
}

}  // namespace gpusize
