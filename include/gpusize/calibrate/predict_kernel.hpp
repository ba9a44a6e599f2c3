#pragma once
// What the kernel-time formulas say about timed kernels of any card. As with runs, a prediction
// takes what was run, never how long it took; the time decides only what no hardware can do.

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
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

  /// What rows say of each other, in a first pass over them: experts of sizes that a kernel of one
  /// backend marks as without a gate have none in others', either.
  void learn(const KernelRow& row);
  /// Refused: operations without a rate, shapes that are not stated, formats that the card does not
  /// compute in, and times that beat the card's peak or bandwidth.
  [[nodiscard]] Outcome<KernelPrediction> predict(const KernelRow& row);

 private:
  struct Card;
  [[nodiscard]] Outcome<const Card*> card(const std::string& name);
  /// Rates of the attention library whose kernel the row names, where they are known.
  [[nodiscard]] const AttentionLibrary* library(const Card& card, const KernelRow& row) const;

  using ExpertSizes = std::array<double, 4>;  ///< hidden, inner, experts, choices
  static ExpertSizes sizes_of(const KernelRow& row);

  const Catalog* catalog_;
  std::set<ExpertSizes> ungated_;
  std::optional<AttentionLibraries> libraries_;
  std::map<std::string, std::unique_ptr<Card>> cards_;
};

}  // namespace gpusize
