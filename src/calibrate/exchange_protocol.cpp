#include "calibrate/exchange_protocol.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize::calibrate {
namespace {

constexpr double kFlagged = 2.0;  // eight bytes for each four of data

/// Whether a collective over host links has flags beside its data.
bool flagged_over_host(const CollectiveShape& shape, Bytes piece, Bytes wire, BytesPerSec link,
                       const ExchangeProtocols& protocols) {
  const bool ring = shape.kind != CollectiveKind::kAllToAll;
  if (ring && shape.ranks > 2) return piece <= protocols.flagged_piece;
  return shape.kind != CollectiveKind::kAllReduce && wire < protocols.plain_start * link;
}

Seconds host_extra(const CollectiveShape& shape, const GpuSpec& gpu, const LinkShares& shares,
                   const CollectiveRates& rates, const ExchangeProtocols& protocols) {
  const bool sums = shape.kind == CollectiveKind::kAllReduce;
  const CollectiveAlgorithm& algorithm = sums ? rates.all_reduce : rates.other;
  const double ranks = static_cast<double>(std::max<std::int64_t>(shape.ranks, 2));
  const Bytes piece = (1.0 / ranks) * shape.message;
  const Bytes wire = (sums ? 2.0 : 1.0) * (ranks - 1.0) * piece;
  const BytesPerSec link = algorithm.link_fraction * gpu.host_link;
  if (!flagged_over_host(shape, piece, wire, link, protocols)) return {};
  const Seconds plain =
      wire / (shares.plain * link) + std::sqrt(wire.in(units::B)) * algorithm.ramp;
  return max(Seconds{}, kFlagged * wire / (shares.flagged * link) - plain);
}

}  // namespace

LinkShares PcieSharing::of(const CollectiveShape& shape) const {
  if (shape.ranks <= 2) return {};
  const double ranks = static_cast<double>(shape.ranks);
  if (shape.kind == CollectiveKind::kAllToAll) {
    const double share = std::pow(2.0 / ranks, all_pairs);
    return {share, share};
  }
  const double near = 2.0 / std::min(ranks, 4.0);
  const double plain = std::pow(near, exponent) * std::pow(std::min(1.0, 4.0 / ranks), beyond);
  return {plain, ranks > 4.0 ? plain : std::pow(near, flagged)};
}

bool over_host_links(const GpuSpec& gpu) {
  return gpu.topology == LinkTopology::kPcie || gpu.topology == LinkTopology::kPairBridge;
}

Seconds protocol_extra(const CollectiveShape& shape, const GpuSpec& gpu, const LinkShares& shares,
                       const CollectiveRates& rates, const ExchangeProtocols& protocols) {
  const bool exchange = shape.kind == CollectiveKind::kAllToAll;
  const bool ring = shape.kind == CollectiveKind::kAllReduce ||
                    shape.kind == CollectiveKind::kAllGather ||
                    shape.kind == CollectiveKind::kReduceScatter;
  if (protocols.flagged_gb_s <= 0.0 || shape.across_nodes || !(exchange || ring)) return {};
  if (over_host_links(gpu)) return host_extra(shape, gpu, shares, rates, protocols);
  if (!exchange) return {};
  const double ranks = static_cast<double>(std::max<std::int64_t>(shape.ranks, 2));
  const Bytes piece = (1.0 / ranks) * shape.message;
  const Seconds ramp = std::sqrt((ranks - 1.0) * piece.in(units::B)) * rates.other.ramp;
  const Seconds start = rates.all_to_all_launch * rates.other.launch;
  const Seconds flagged = piece / (protocols.flagged_gb_s * units::GB_per_s);
  return max(Seconds{}, min(flagged, max(Seconds{}, protocols.plain_start - start)) - ramp);
}

}  // namespace gpusize::calibrate
