#pragma once
// From the words of a training row to a job, and from the job to the row's metric.

#include <memory>
#include <string>
#include <vector>

#include "calibrate/resolve.hpp"
#include "gpusize/catalog/framework.hpp"
#include "gpusize/train/step.hpp"

namespace gpusize::calibrate {

/// A training row read as a job.
struct TrainingRow {
  std::shared_ptr<const ModelSpec> model;  ///< owns what job.model points to
  TrainJob job;
  bool recompute_stated = true;
  std::vector<std::string> assumptions;
};

Outcome<TrainingRow> resolve_training_row(const Catalog& catalog,
                                          const std::vector<FrameworkProfile>& frameworks,
                                          const RunConditions& run);

/// The row's number in its unit.
Outcome<double> training_value(const RunConditions& run, const TrainingRow& row);

/// The model of a row: from the catalog under the row's name, changed by the row's columns, or
/// built from the columns alone (training_model.cpp).
Outcome<std::shared_ptr<const ModelSpec>> training_model(const Catalog& catalog,
                                                         const RunConditions& run,
                                                         std::vector<std::string>& assumptions);

}  // namespace gpusize::calibrate
