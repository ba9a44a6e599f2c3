#include "calibrate/exchange_protocol.hpp"

#include <cmath>

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

const ExchangeProtocols kProtocols{6.0, 14.0 * units::us, 64.0 * units::KiB};

double us(const char* card, CollectiveKind kind, std::int64_t ranks, double bytes,
          const LinkShares& shares = {}, const ExchangeProtocols& protocols = kProtocols) {
  const GpuSpec& gpu = *catalog().find_gpu(card)->entry;
  CollectiveShape shape;
  shape.kind = kind;
  shape.ranks = ranks;
  shape.message = Bytes::from_base(bytes);
  return protocol_extra(shape, gpu, shares, catalog().rates_for(gpu).collective, protocols)
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

TEST_CASE("exchange protocol: flags double the bytes of a host link up to a size of pieces") {
  const CollectiveRates& rates = catalog().rates_for(*catalog().find_gpu("L40S")->entry).collective;
  const double host = catalog().find_gpu("L40S")->entry->host_link.in(units::B_per_s);
  const auto expected = [&](const CollectiveAlgorithm& a, double wire, const LinkShares& s) {
    const double alone_us = wire / (a.link_fraction * host) * 1e6;
    return 2.0 * alone_us / s.flagged - alone_us / s.plain - std::sqrt(wire) * a.ramp.in(units::us);
  };
  const LinkShares shares{1.0 / 16, 1.0 / 12};
  const double bytes = 8.0 * 65536.0;
  CHECK(us("L40S", CollectiveKind::kAllGather, 8, bytes, shares) ==
        Approx(expected(rates.other, 0.875 * bytes, shares)));
  CHECK(us("L40S", CollectiveKind::kAllReduce, 8, bytes, shares) ==
        Approx(expected(rates.all_reduce, 1.75 * bytes, shares)));
  CHECK(us("L40S", CollectiveKind::kReduceScatter, 8, 1.01 * bytes, shares) == 0.0);
}

TEST_CASE("exchange protocol: pairs flag what a link moves before plain messages start") {
  CHECK(us("L40S", CollectiveKind::kAllGather, 2, 4e5) > 0.0);
  CHECK(us("L40S", CollectiveKind::kAllGather, 2, 4e6) == 0.0);
  CHECK(us("L40S", CollectiveKind::kAllReduce, 2, 4e5) == 0.0);  // its ramp has the flags
}

TEST_CASE("exchange protocol: none for other collectives, or where it is not known") {
  CHECK(us("L40S", CollectiveKind::kSendReceive, 2, 65536.0) == 0.0);
  CHECK(us(kH100, CollectiveKind::kAllToAll, 2, 65536.0, {}, {}) == 0.0);
}

TEST_CASE("exchange protocol: what cards have of a host's paths never grows with the cards") {
  const PcieSharing sharing{2.0, 1.5, 1.3, 2.1};
  CollectiveShape shape;
  for (const auto kind : {CollectiveKind::kAllReduce, CollectiveKind::kAllToAll}) {
    shape.kind = kind;
    LinkShares before;
    for (shape.ranks = 2; shape.ranks <= 16; ++shape.ranks) {
      const LinkShares now = sharing.of(shape);
      CHECK(now.plain <= before.plain);
      CHECK(now.flagged <= before.flagged);
      before = now;
    }
  }
  shape.kind = CollectiveKind::kAllGather;
  shape.ranks = 8;
  CHECK(sharing.of(shape).plain == Approx(0.25 / std::pow(2.0, 1.5)));
}
