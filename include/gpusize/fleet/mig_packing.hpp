#pragma once
// Models onto MIG instances: the fewest cards, then the fewest memory slices. Exact.

#include <cstdint>
#include <vector>

#include "gpusize/catalog/mig.hpp"

namespace gpusize {

/// A model's instance in a packing.
struct MigAssignment {
  std::size_t model = 0;
  std::int64_t card = 0;  ///< from 0
  MigPlacement placement;
};

struct MigPacking {
  std::int64_t cards = 0;
  std::int64_t memory_slices = 0;  ///< of all instances together
  bool proven = true;              ///< false: the search was cut off, a better one may exist
  std::vector<MigAssignment> assignments;  ///< by card and start
};

/// `fits[m][p]`: whether profile `p` holds model `m`; each model needs one that does. Profiles that
/// take more room than another that fits are left out, which loses nothing: wherever they may lie,
/// so may the smaller one. Exact up to about 16 models; `proven` says so.
/// Tested: tests/unit/fleet/mig_test.cpp against brute force.
MigPacking pack_mig(const MigGeometry& geometry, const std::vector<MigProfile>& profiles,
                    const std::vector<std::vector<bool>>& fits);

}  // namespace gpusize
