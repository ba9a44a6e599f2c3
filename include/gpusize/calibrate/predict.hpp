#pragma once
// What the estimator says about the conditions of a measured row, in the row's own unit. It never
// sees the measured value: RunConditions has none.

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/catalog/framework.hpp"
#include "gpusize/core/derivation.hpp"
#include "gpusize/spec/measurement.hpp"

namespace gpusize {

/// Why a row is not assessed. `kind` groups like reasons; `reason` has the row's particulars.
struct Refusal {
  std::string kind;
  std::string reason;
};

/// A value, or why there is none.
template <typename T>
using Outcome = std::variant<T, Refusal>;

/// One predicted number in the unit of the row, with its 90 % band.
struct Prediction {
  double predicted = 0.0;
  double low = 0.0;
  double high = 0.0;
  std::vector<std::string> assumptions;  ///< what the row left open and how it was read
  Why why;                               ///< of `predicted`; null unless asked for
  Why why_low;
  Why why_high;
};

/// Predicts rows one after another; keeps the models it has read. Not for concurrent use.
class RowPredictor {
 public:
  /// `explain`: fill in the derivations (they cost more than the prediction).
  RowPredictor(const Catalog& catalog, bool explain) : catalog_(&catalog), explain_(explain) {}

  [[nodiscard]] Outcome<Prediction> predict(const RunConditions& run);

 private:
  [[nodiscard]] Outcome<Prediction> predict_training(const RunConditions& run);

  const Catalog* catalog_;
  bool explain_;
  std::vector<FrameworkProfile> frameworks_;  ///< read when the first training row comes
  /// Models by name and overrides.
  std::map<std::string, Outcome<std::shared_ptr<const ModelSpec>>> models_;
};

}  // namespace gpusize
