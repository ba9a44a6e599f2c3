#pragma once
// Kernels that want aligned matrices: what an engine adds to packed expert weights when it loads
// them.

#include <cstdint>
#include <string>
#include <vector>

#include "gpusize/core/dtype.hpp"
#include "gpusize/core/provenance.hpp"

namespace gpusize {

/// To which multiples, in elements, the sides of each rank's expert matrices are lengthened.
struct MatrixPadding {
  Dtype storage = Dtype::kMxfp4;  ///< of the matrices that are padded
  std::int64_t hidden = 1;
  std::int64_t intermediate = 1;
  bool reduction_only = false;  ///< only the side that a product sums over: packed rows are aligned
  bool scales = false;          ///< the block scales are padded too
};

/// A padding with the cards on which the engine's kernels want it.
struct PaddingRule {
  MatrixPadding padding;
  std::vector<std::string> architectures;
  std::string kernels;  ///< whose layout it is
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

}  // namespace gpusize
