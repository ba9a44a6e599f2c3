#include <algorithm>
#include <cmath>

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

/// Latency, a square-root ramp between latency and bandwidth, then the link.
Seconds algorithm_time(const CollectiveAlgorithm& a, const GpuSpec& gpu, Bytes wire,
                       std::int64_t ranks, BytesPerSec bandwidth) {
  const bool reduces_in_switch = gpu.topology == LinkTopology::kSwitched && ranks > 4;
  const double fraction = a.link_fraction * (reduces_in_switch ? a.switch_gain : 1.0);
  const Seconds start = a.launch + static_cast<double>(ranks - 2) * a.per_rank;
  return start + wire / (fraction * bandwidth) + std::sqrt(wire.in(units::B)) * a.ramp;
}

/// The engines' own all-reduce: each rank's piece ramps up by itself, so that the ramp of all grows
/// with the root of the ranks. Its rate is stated for four.
CollectiveAlgorithm in_pieces(CollectiveAlgorithm algorithm, std::int64_t ranks) {
  algorithm.ramp = std::sqrt(static_cast<double>(ranks) / 4.0) * algorithm.ramp;
  return algorithm;
}

}  // namespace

bool takes_one_shot(const CollectiveShape& shape, Bytes one_shot_limit) {
  if (shape.across_nodes) return false;
  return one_shot_limit <= Bytes{} || shape.message <= one_shot_limit;
}

KernelTime collective_time(const GpuSpec& gpu, const KernelRates& rates,
                           const CollectiveShape& shape, Bytes one_shot_limit) {
  if (shape.kind == CollectiveKind::kNone || shape.ranks <= 1) return {};
  const CollectiveRates& r = rates.collective;
  const std::int64_t inside = std::min(shape.ranks, gpu.link_domain_gpus);
  const Bytes wire = wire_factor(shape.kind, static_cast<double>(shape.ranks)) * shape.message;
  const bool send = shape.kind == CollectiveKind::kSendReceive;
  const BytesPerSec bandwidth =
      send ? gpu.peer_per_direction : group_bandwidth(gpu, std::max<std::int64_t>(inside, 2));
  const std::int64_t ranks = std::max<std::int64_t>(shape.ranks, 2);
  Seconds total;
  if (shape.kind == CollectiveKind::kAllReduce) {
    total = algorithm_time(r.all_reduce, gpu, wire, ranks, bandwidth);
    if (r.one_shot && takes_one_shot(shape, one_shot_limit)) {
      const CollectiveAlgorithm own = in_pieces(*r.one_shot, ranks);
      total = min(total, algorithm_time(own, gpu, wire, ranks, bandwidth));
    }
  } else if (shape.kind == CollectiveKind::kAllToAll) {
    CollectiveAlgorithm at_once = r.other;
    at_once.launch = r.all_to_all_launch * r.other.launch;
    at_once.per_rank = {};
    total = algorithm_time(at_once, gpu, wire, ranks, bandwidth);
  } else {
    total = algorithm_time(r.other, gpu, wire, ranks, bandwidth);
  }
  if (shape.across_nodes) {
    const BytesPerSec network =
        r.network_fraction * gpu.network_per_gpu.value_or(12.5 * units::GB_per_s);
    const Bytes crossing = shape.network > Bytes{} ? shape.network : wire;
    total = r.network_launch + max(total, crossing / network);
  }
  const bool waits = wire / bandwidth < 0.5 * total;
  return {total, waits ? Bound::kLaunch : Bound::kNetwork};
}

}  // namespace gpusize
