#pragma once
// Multi-instance GPUs: where instances may lie on a card, and every partition that follows.

#include <cstdint>
#include <string>
#include <vector>

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/provenance.hpp"

namespace gpusize {

/// Starts of one kind of instance on the memory slices of a card.
struct MigPlacementRule {
  std::int64_t compute_slices = 0;
  std::int64_t memory_slices = 0;
  std::vector<std::int64_t> starts;
};

/// One way of cutting cards up: 7 compute and 8 memory slices, or 4 and 4.
struct MigGeometry {
  std::string id;
  std::int64_t compute_slices = 0;
  std::int64_t memory_slices = 0;
  std::vector<MigPlacementRule> placements;
  Source source;
  Confidence confidence = Confidence::kUnverified;
};

/// Reads a `gpusize.mig-geometry/v1` document; problems go to `out`.
std::vector<MigGeometry> read_mig_geometry(const Document& document, Diagnostics& out);

/// The geometry of a card: the one with as many compute slices as its largest profile; null when
/// the card has no MIG.
const MigGeometry* mig_geometry_of(const std::vector<MigGeometry>& all, const GpuSpec& gpu);

/// One instance on a card: `profile` indexes the profiles that were asked for.
struct MigPlacement {
  std::size_t profile = 0;
  std::int64_t start = 0;
  std::int64_t size = 0;  ///< memory slices

  bool operator==(const MigPlacement&) const = default;
};
using MigPartition = std::vector<MigPlacement>;  ///< by start

/// Where each profile may lie. Empty for a profile that the geometry does not know.
std::vector<std::vector<MigPlacement>> mig_placements(const MigGeometry& geometry,
                                                      const std::vector<MigProfile>& profiles);

/// Whether another placement may be added: no shared memory slice, compute slices left, and no more
/// instances of its profile than the card allows.
bool mig_can_add(const MigGeometry& geometry, const std::vector<MigProfile>& profiles,
                 const MigPartition& partition, const MigPlacement& placement);

/// Every partition to which nothing can be added, each once. Bounded: at most 2^8 slot patterns.
std::vector<MigPartition> mig_partitions(const MigGeometry& geometry,
                                         const std::vector<MigProfile>& profiles);

/// The profiles that NVIDIA's partition figures show: no media extensions or graphics, and one size
/// of memory per compute size (the smallest).
std::vector<MigProfile> basic_mig_profiles(const GpuSpec& gpu);

/// A slice as a card of its own: memory, compute units, peaks, bandwidth and power as the
/// instance's share, no links to others. Facts are marked as derived.
GpuSpec mig_slice(const GpuSpec& gpu, const MigProfile& profile);

/// An equal share of a card by time slicing, MPS or vGPU with `ways` users, all busy: memory and
/// rates divided by `ways`. `kind` goes into the name.
GpuSpec shared_card(const GpuSpec& gpu, const std::string& kind, std::int64_t ways);

}  // namespace gpusize
