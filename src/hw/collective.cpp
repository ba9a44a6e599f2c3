#include <algorithm>

#include "gpusize/hw/device.hpp"

namespace gpusize {
namespace {

/// One-direction bandwidth that one rank of a group of `ranks` in one node can use.
BytesPerSec group_bandwidth(const GpuSpec& gpu, std::int64_t ranks) {
  switch (gpu.topology) {
    case LinkTopology::kSwitched: return gpu.link_per_direction;
    case LinkTopology::kMesh:
    case LinkTopology::kCubeMesh:
      // Each pair has its own link: a small group leaves most links idle.
      return min(gpu.link_per_direction, static_cast<double>(ranks - 1) * gpu.peer_per_direction);
    case LinkTopology::kPairBridge: return ranks <= 2 ? gpu.link_per_direction : gpu.host_link;
    case LinkTopology::kPcie: return gpu.host_link;
  }
  return gpu.host_link;
}

/// Bytes that cross one rank's link, one direction, per byte of message (ring algorithms; Thakur,
/// Rabenseifner and Gropp, "Optimization of collective communication operations in MPICH", 2005).
double wire_factor(CollectiveKind kind, double ranks) {
  switch (kind) {
    case CollectiveKind::kAllReduce: return 2.0 * (ranks - 1.0) / ranks;
    case CollectiveKind::kAllGather:
    case CollectiveKind::kReduceScatter:
    case CollectiveKind::kAllToAll: return (ranks - 1.0) / ranks;
    case CollectiveKind::kSendReceive: return 1.0;
    case CollectiveKind::kNone: return 0.0;
  }
  return 0.0;
}

}  // namespace

KernelTime collective_time(const GpuSpec& gpu, const KernelRates& rates, const CollectiveShape& shape) {
  if (shape.kind == CollectiveKind::kNone || shape.ranks <= 1) return {};
  const CollectiveRates& r = rates.collective;
  const double ranks = static_cast<double>(shape.ranks);
  const Bytes wire = wire_factor(shape.kind, ranks) * shape.message;
  Seconds start = r.launch + (ranks - 1.0) * r.per_hop;
  BytesPerSec bandwidth = r.link_fraction * group_bandwidth(gpu, std::min(shape.ranks, gpu.link_domain_gpus));
  if (shape.kind == CollectiveKind::kAllReduce && gpu.topology == LinkTopology::kSwitched) {
    bandwidth *= r.switch_reduction;
  }
  if (shape.kind == CollectiveKind::kSendReceive) bandwidth = r.link_fraction * gpu.peer_per_direction;
  // A message must fill the pipe before the link is fully used.
  Seconds transfer = (wire + min(wire, r.half_message)) / bandwidth;
  if (shape.across_nodes) {
    start += r.network_launch;
    const BytesPerSec network = r.network_fraction * gpu.network_per_gpu.value_or(12.5 * units::GB_per_s);
    transfer = max(transfer, wire / network);
  }
  const Seconds total = start + transfer;
  return {total, start > transfer ? Bound::kLaunch : Bound::kNetwork};
}

}  // namespace gpusize
