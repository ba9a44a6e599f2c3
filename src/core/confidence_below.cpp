#include "gpusize/core/confidence_below.hpp"

namespace gpusize {

Confidence ConfidenceBelow::of(const Derivation& derivation) {
  if (const Confidence* known = known_.find(&derivation)) return *known;
  Confidence worst = derivation.inputs.empty() ? derivation.confidence : Confidence::kVerified;
  for (const auto& [symbol, why] : derivation.inputs) worst = weakest(worst, of(*why));
  known_.set(&derivation, worst);
  return worst;
}

}  // namespace gpusize
