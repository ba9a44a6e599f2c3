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
  Bytes flagged_piece;        ///< rings of more ranks over host links flag pieces up to this size
};

/// What a card has of its host link: of what is sent plainly, and of what has flags beside it.
struct LinkShares {
  double plain = 1.0;
  double flagged = 1.0;
};

/// Of the hosts that cards of an architecture were timed in. A card's PCIe bandwidth falls with
/// (2 / ranks) ** exponent up to four ranks, and with (4 / ranks) ** beyond from there on.
struct PcieSharing {
  double exponent = 0.0;
  double beyond = 0.0;
  double flagged = 0.0;    ///< in place of exponent: messages with flags in groups of up to four
  double all_pairs = 0.0;  ///< in place of both where all pairs talk at once

  LinkShares of(const CollectiveShape& shape) const;
};

/// Whether a group of more than two such cards talks over its host's PCIe paths.
bool over_host_links(const GpuSpec& gpu);

/// Beyond the start, the bytes over the link and the ramp of a collective. All-to-all over links:
/// the piece of one peer with flags, or the later start, whichever is less, where that is more than
/// the ramp. PCIe: flags double the bytes of small pieces in rings of more than two ranks, and of
/// gathers, scatters and exchanges that a link which a card has to itself would move before plain
/// ones start.
Seconds protocol_extra(const CollectiveShape& shape, const GpuSpec& gpu, const LinkShares& shares,
                       const CollectiveRates& rates, const ExchangeProtocols& protocols);

}  // namespace gpusize::calibrate
