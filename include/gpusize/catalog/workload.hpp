#pragma once
// Named workloads: mean request lengths from public traces.

#include <optional>
#include <string>
#include <vector>

#include "gpusize/core/provenance.hpp"

namespace gpusize {

struct WorkloadProfile {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  /// Data sets with these lengths that tables of runs name instead, as "DATA SET of MODEL".
  std::vector<std::string> data_sets;
  double input_tokens = 0.0;            ///< mean prompt length
  double output_tokens = 0.0;           ///< mean answer length
  std::optional<double> input_median;   ///< tokens; lengths are lognormal with mean and median
  std::optional<double> output_median;  ///< tokens
  std::optional<double> gap_cv;         ///< standard deviation of the gaps between arrivals / mean
  double cache_hit_share = 0.0;         ///< of the prompt, in the trace's own serving
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

}  // namespace gpusize
