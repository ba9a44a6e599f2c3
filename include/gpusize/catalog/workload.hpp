#pragma once
// Named workloads: mean request lengths from public traces.

#include <string>
#include <vector>

#include "gpusize/core/provenance.hpp"

namespace gpusize {

struct WorkloadProfile {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;
  double input_tokens = 0.0;   ///< mean prompt length
  double output_tokens = 0.0;  ///< mean answer length
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

}  // namespace gpusize
