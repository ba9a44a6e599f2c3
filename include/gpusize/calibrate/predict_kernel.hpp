#pragma once
// What the kernel-time formulas say about timed kernels of any card. As with runs, a prediction
// takes what was run, never how long it took; the time decides only what no hardware can do.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gpusize/calibrate/predict.hpp"
#include "gpusize/catalog/attention_library.hpp"
#include "gpusize/spec/kernel_row.hpp"

namespace gpusize {

struct KernelPrediction {
  std::string gpu;  ///< catalog id
  double predicted_us = 0.0;
  double low_us = 0.0;
  double high_us = 0.0;
  Why why;
  Why why_low;
  Why why_high;
};

/// Predicts rows one after another; keeps the cards it has met. Not for concurrent use.
class KernelPredictor {
 public:
  explicit KernelPredictor(const Catalog& catalog);
  ~KernelPredictor();
  KernelPredictor(const KernelPredictor&) = delete;
  KernelPredictor& operator=(const KernelPredictor&) = delete;

  /// Refused: operations without a rate, shapes that are not stated, formats that the card does not
  /// compute in, and times that beat the card's peak or bandwidth.
  [[nodiscard]] Outcome<KernelPrediction> predict(const KernelRow& row);

 private:
  struct Card;
  [[nodiscard]] Outcome<const Card*> card(const std::string& name);
  /// Rates of the attention library whose kernel the row names, where they are known.
  [[nodiscard]] const AttentionLibrary* library(const Card& card, const KernelRow& row) const;

  const Catalog* catalog_;
  std::optional<AttentionLibraries> libraries_;
  std::map<std::string, std::unique_ptr<Card>> cards_;
};

}  // namespace gpusize
