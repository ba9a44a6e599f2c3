#pragma once
// Start-up logs whose rows state every part of the memory that an engine divides: together they
// tell the memory fraction that it was started with.

#include <map>
#include <optional>
#include <string>

#include "gpusize/core/quantity.hpp"
#include "gpusize/spec/measurement.hpp"

namespace gpusize {

class MemoryLogs {
 public:
  /// Whether a row is one of a log's parts.
  static bool is_part(const RunConditions& run);
  /// Keeps what a row says of one run's log; other rows are passed over.
  void learn(const Measurement& row);

  /// The fraction, in hundredths as command lines state it, that a log's weights, activations,
  /// runtime and cache are of a card's memory. Nothing when a part is missing or stated twice, or
  /// when the parts do not add up to whole hundredths (to 0.15 % of the card). Rounding to
  /// hundredths keeps the values themselves out of the predictions.
  [[nodiscard]] std::optional<double> fraction(const RunConditions& run, Bytes memory) const;

 private:
  struct Log {
    std::map<std::string, double, std::less<>> gib;  ///< by metric
    bool doubled = false;
  };
  std::map<std::string, Log> logs_;
};

}  // namespace gpusize
