#pragma once
// How sure a number is that rests on others.

#include "gpusize/core/derivation.hpp"
#include "gpusize/core/pointer_map.hpp"

namespace gpusize {

/// The weakest confidence of the leaves below numbers, each derivation looked at once however many
/// numbers rest on it. The derivations must live as long as this object.
class ConfidenceBelow {
 public:
  /// Its own confidence if nothing is below it.
  Confidence of(const Derivation& derivation);

 private:
  PointerMap<Confidence> known_;
};

}  // namespace gpusize
