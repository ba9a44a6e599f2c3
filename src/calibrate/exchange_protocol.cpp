#include "calibrate/exchange_protocol.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize::calibrate {

bool over_host_links(const GpuSpec& gpu) {
  return gpu.topology == LinkTopology::kPcie || gpu.topology == LinkTopology::kPairBridge;
}

Seconds protocol_extra(const CollectiveShape& shape, const GpuSpec& gpu, double share,
                       const CollectiveRates& rates, const ExchangeProtocols& protocols) {
  const bool exchange = shape.kind == CollectiveKind::kAllToAll;
  const bool gathers =
      shape.kind == CollectiveKind::kAllGather || shape.kind == CollectiveKind::kReduceScatter;
  if (protocols.flagged_gb_s <= 0.0 || shape.across_nodes || !(exchange || gathers)) return {};
  const double ranks = static_cast<double>(std::max<std::int64_t>(shape.ranks, 2));
  const Bytes piece = (1.0 / ranks) * shape.message;
  const Bytes wire = (ranks - 1.0) * piece;
  const Seconds ramp = std::sqrt(wire.in(units::B)) * rates.other.ramp;
  Seconds taken;
  if (over_host_links(gpu)) {
    const BytesPerSec link = rates.other.link_fraction * gpu.host_link;
    if (wire < protocols.plain_start * link) taken = wire / (share * link);
  } else if (exchange) {
    const Seconds start = rates.all_to_all_launch * rates.other.launch;
    const Seconds flagged = piece / (protocols.flagged_gb_s * units::GB_per_s);
    taken = min(flagged, max(Seconds{}, protocols.plain_start - start));
  }
  return max(Seconds{}, taken - ramp);
}

}  // namespace gpusize::calibrate
