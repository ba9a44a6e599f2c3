#include "calibrate/exchange_protocol.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

const ExchangeProtocols kProtocols{6.0, 14.0 * units::us};

double us(const char* card, CollectiveKind kind, std::int64_t ranks, double bytes,
          double share = 1.0, const ExchangeProtocols& protocols = kProtocols) {
  const GpuSpec& gpu = *catalog().find_gpu(card)->entry;
  CollectiveShape shape;
  shape.kind = kind;
  shape.ranks = ranks;
  shape.message = Bytes::from_base(bytes);
  return protocol_extra(shape, gpu, share, catalog().rates_for(gpu).collective, protocols)
      .in(units::us);
}

constexpr const char* kH100 = "H100-SXM5-80GB";

}  // namespace

TEST_CASE("exchange protocol: over links the piece of one peer counts, whatever the ranks") {
  const double two = us(kH100, CollectiveKind::kAllToAll, 2, 2.0 * 32768);
  const double eight = us(kH100, CollectiveKind::kAllToAll, 8, 8.0 * 32768);
  CHECK(two > 3.0);
  CHECK(two < 32768 / 6e9 * 1e6);  // less the ramp
  CHECK(eight > 0.5 * two);
  CHECK(us(kH100, CollectiveKind::kAllGather, 2, 2.0 * 32768) == 0.0);
}

TEST_CASE(
    "exchange protocol: never more than the later start, and nothing where the ramp is more") {
  CHECK(us(kH100, CollectiveKind::kAllToAll, 2, 1e6) < 14.0);
  CHECK(us(kH100, CollectiveKind::kAllToAll, 2, 1e8) == 0.0);
}

TEST_CASE("exchange protocol: flags double the bytes of a host link up to the later start") {
  const double bytes = 262144.0;
  const double wire = 0.875 * bytes;
  const CollectiveRates& rates = catalog().rates_for(*catalog().find_gpu("L40S")->entry).collective;
  const double ramp = std::sqrt(wire) * rates.other.ramp.in(units::us);
  const double link =
      rates.other.link_fraction * catalog().find_gpu("L40S")->entry->host_link.in(units::B_per_s);
  CHECK(us("L40S", CollectiveKind::kAllGather, 8, bytes, 1.0 / 16) ==
        Approx(16.0 * wire / link * 1e6 - ramp));
  CHECK(us("L40S", CollectiveKind::kReduceScatter, 8, 4e6, 1.0 / 16) == 0.0);
}

TEST_CASE("exchange protocol: none for other collectives, or where it is not known") {
  CHECK(us("L40S", CollectiveKind::kAllReduce, 8, 262144.0, 1.0 / 16) == 0.0);
  CHECK(us(kH100, CollectiveKind::kAllToAll, 2, 65536.0, 1.0, {}) == 0.0);
}
