#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/rerun.hpp"
#include "gpusize/report/validate_document.hpp"
#include "gpusize/spec/kernel_row.hpp"
#include "gpusize/spec/measurement.hpp"

namespace gpusize::cli {
namespace {

struct ValidateOptions {
  CommonOptions common;
  std::vector<std::string> files;
  bool predictions = false;
};

template <typename Options, typename Visit>
void visit_inputs(Options& o, Visit& visit) {
  visit("files", o.files);
  visit("predictions", o.predictions);
}

Diagnostics validate_kernels(const std::string& path, Validator& validator) {
  auto reader = KernelRowReader::open(path);
  if (!reader.ok()) return reader.errors();
  KernelRow row;
  while (reader->next(row)) validator.add(path, row);
  return reader->problems();
}

/// Feeds one file to the validator; what stopped it, or nothing.
Diagnostics validate_file(const std::string& path, Validator& validator) {
  if (is_kernel_file(path)) return validate_kernels(path, validator);
  auto reader = MeasurementReader::open(path);
  if (!reader.ok()) return reader.errors();
  if (!reader->ignored().empty()) {
    note(fmt::format("{}: columns not used: {}", path, fmt::join(reader->ignored(), ", ")));
  }
  Measurement row;
  while (reader->next(row)) validator.add(row);
  return reader->problems();
}

void learn_kernels(const std::string& path, Validator& validator) {
  auto reader = KernelRowReader::open(path);
  if (!reader.ok()) return;
  KernelRow row;
  while (reader->next(row)) validator.learn(row);
}

/// A first pass: rows of one log tell of each other. Faults are found by the second.
void learn_file(const std::string& path, Validator& validator) {
  // A pipe can be read only once.
  if (!std::filesystem::is_regular_file(path)) return;
  if (is_kernel_file(path)) return learn_kernels(path, validator);
  auto reader = MeasurementReader::open(path);
  if (!reader.ok()) return;
  Measurement row;
  while (reader->next(row)) validator.learn(row);
}

Result<ResultDocument> document_of(const ValidateOptions& o, const Catalog& catalog) {
  Validator validator(catalog, o.predictions);
  Diagnostics problems;
  for (const std::string& path : o.files) learn_file(path, validator);
  for (const std::string& path : o.files) {
    const Diagnostics found = validate_file(path, validator);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  if (has_errors(problems)) return problems;
  const ValidationResult result = validator.finish();
  if (result.without_value > 0) {
    note(fmt::format("{} assessed rows hold no value above 0: predicted, not compared",
                     result.without_value));
  }
  ResultDocument document = validate_document(result);
  InputsWriter inputs(document);
  visit_inputs(o, inputs);
  return document;
}

int run_validate(const ValidateOptions& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  auto document = document_of(o, *catalog);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, o.common, kAnswered);
}

}  // namespace

std::function<int()> setup_validate(Parser& app) {
  auto options = std::make_shared<ValidateOptions>();
  app.add_option("file", options->files, "CSV files of measured runs; columns in docs/validate.md")
      ->required()
      ->take_all();
  app.add_flag("--predictions", options->predictions,
               "List every prediction beside its measurement");
  add_common_options(app, options->common);
  return [options] { return run_validate(*options); };
}

Result<ResultDocument> rerun_validate(const Catalog& catalog, Node inputs) {
  ValidateOptions options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  return document_of(options, catalog);
}

}  // namespace gpusize::cli
