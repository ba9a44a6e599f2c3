#pragma once
// What NCCL's protocols add to the formulas of a collective, in lists of timed collectives.

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/core/work.hpp"

namespace gpusize::calibrate {

/// NCCL sends small messages with a flag beside each word, for which no one waits at a fence, and
/// large ones plainly, which starts later.
struct ExchangeProtocols {
  double flagged_gb_s = 0.0;  ///< one peer's piece with flags, over links; 0: no such protocol
  Seconds plain_start;        ///< of two ranks
};

/// Of the hosts that cards of an architecture were timed in: with this power of (2 / ranks) a
/// card's PCIe bandwidth falls, once more than two talk.
struct PcieSharing {
  double exponent = 0.0;
  double all_pairs = 0.0;  ///< where all pairs talk at once
};

/// Whether a group of more than two such cards talks over its host's PCIe paths.
bool over_host_links(const GpuSpec& gpu);

/// Beyond the start, the bytes over the link and the ramp of a gather, a scatter or an exchange.
/// All-to-all over links: the piece of one peer with flags, or the later start, whichever is less,
/// where that is more than the ramp. PCIe: flags double the bytes of messages that a link which a
/// card has to itself would move before plain ones start; `share`: what it has of the link.
Seconds protocol_extra(const CollectiveShape& shape, const GpuSpec& gpu, double share,
                       const CollectiveRates& rates, const ExchangeProtocols& protocols);

}  // namespace gpusize::calibrate
