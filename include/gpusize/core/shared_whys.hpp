#pragma once
// One copy of reasons that many numbers have in common.

#include <string>
#include <unordered_map>

#include "gpusize/core/derivation.hpp"

namespace gpusize {

/// Keeps one of each reason that says the same: a step of sixty kernels states the card's bandwidth
/// once. Looks below a reason, so it makes inputs that were left for later.
class SharedWhys {
 public:
  /// `why`, or an earlier one with the same value, texts, source and inputs.
  Why once(const Why& why);

 private:
  std::unordered_multimap<std::string, Why> known_;  ///< by label
};

}  // namespace gpusize
