#pragma once
// Closed loops whose rows state both times and a rate: whether they can belong to the number of
// clients that is stated.

#include <map>
#include <optional>
#include <string>

#include "gpusize/spec/measurement.hpp"

namespace gpusize {

class LoopRecords {
 public:
  /// Keeps what a row of a closed loop says; other rows are passed over.
  void learn(const Measurement& row);

  /// Clients that a run's own figures tell by Little's law (Little 1961: number in the system =
  /// rate x time in it): completed requests per second times the time to first token plus that of
  /// the further tokens. Of several runs of one description, the largest figures. Nothing when a
  /// figure is not stated.
  [[nodiscard]] std::optional<double> clients(const RunConditions& run) const;

  /// Why the rows of a run contradict each other, or nothing: the clients that they tell are less
  /// than half of those stated. Think time and the run's end lower the number by far less.
  [[nodiscard]] std::optional<std::string> contradiction(const RunConditions& run) const;

 private:
  struct Figures {
    double ttft_s = 0.0;
    double tpot_s = 0.0;
    double requests_per_s = 0.0;
  };
  std::map<std::string, Figures> loops_;
};

}  // namespace gpusize
