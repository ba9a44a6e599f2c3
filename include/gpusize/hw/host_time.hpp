#pragma once
// Calls that no graph replays: their launches cost the host while the card works.

#include <algorithm>
#include <cmath>

#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// The longer of the card's and the host's time, and hardly more: they overlap but for the last
/// launch, which the 4-norm of the two allows for (formula hw.library.host_time).
inline Seconds beside_host(Seconds card, Seconds host) {
  constexpr double kBlend = 4.0;
  const Seconds longer = std::max(card, host);
  if (longer <= Seconds{}) return longer;
  const double share = std::min(card, host) / longer;
  return std::pow(1.0 + std::pow(share, kBlend), 1.0 / kBlend) * longer;
}

}  // namespace gpusize
