#include "gpusize/hw/device.hpp"

#include <cmath>

#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

CollectiveShape shape(CollectiveKind kind, std::int64_t ranks, Bytes message, bool across = false) {
  return {kind, ranks, message, across, Bytes{}};
}

TEST_CASE("one rank needs no collective") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = test::ideal_rates();
  CHECK(collective_time(card, rates, shape(CollectiveKind::kAllReduce, 1, 1.0 * units::GB)).time ==
        Seconds{});
}

TEST_CASE("ring volumes over the link") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = test::ideal_rates();
  const Bytes message = 1.0 * units::GB;
  // 100 GB/s each way: all-reduce moves 2 (n-1)/n, the others (n-1)/n.
  CHECK(collective_time(card, rates, shape(CollectiveKind::kAllReduce, 8, message))
            .time.in(units::ms) == Approx(17.5));
  CHECK(collective_time(card, rates, shape(CollectiveKind::kAllGather, 8, message))
            .time.in(units::ms) == Approx(8.75));
  CHECK(collective_time(card, rates, shape(CollectiveKind::kAllToAll, 4, message))
            .time.in(units::ms) == Approx(7.5));
  CHECK(collective_time(card, rates, shape(CollectiveKind::kSendReceive, 2, message))
            .time.in(units::ms) == Approx(10.0));
}

TEST_CASE("above its limit an all-reduce takes the ring though its own kernel were faster") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.collective.all_reduce.launch = 50.0 * units::us;
  const CollectiveShape sum = shape(CollectiveKind::kAllReduce, 2, 1.0 * units::MB);
  const auto us = [&](Bytes limit) {
    return collective_time(card, rates, sum, limit).time.in(units::us);
  };
  CHECK(us({}) == Approx(10.0));  // no limit
  CHECK(us(1.0 * units::MB) == Approx(10.0));
  CHECK(us(0.9 * units::MB) == Approx(60.0));
}

TEST_CASE("engines without an all-reduce of their own call the library's ring") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.collective.all_reduce.launch = 50.0 * units::us;
  rates.collective.one_shot.reset();
  const CollectiveShape sum = shape(CollectiveKind::kAllReduce, 2, 1.0 * units::MB);
  CHECK(collective_time(card, rates, sum).time.in(units::us) == Approx(60.0));
}

TEST_CASE("the pieces of a one-shot all-reduce ramp up one by one") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.collective.all_reduce.launch = 1.0 * units::s;
  rates.collective.one_shot->ramp = 10.0 * units::ns;
  const auto ramp = [&](std::int64_t ranks) {
    const double wire = 2e6 * static_cast<double>(ranks - 1) / static_cast<double>(ranks);
    const Seconds all =
        collective_time(card, rates, shape(CollectiveKind::kAllReduce, ranks, 1.0 * units::MB))
            .time;
    return (all.in(units::us)-wire / 100e9 * 1e6) / std::sqrt(wire);
  };
  CHECK(ramp(4) == Approx(0.01));
  CHECK(ramp(2) == Approx(0.01 / std::sqrt(2.0)));
  CHECK(ramp(8) == Approx(0.01 * std::sqrt(2.0)));
}

TEST_CASE("all pairs of an all-to-all start at once") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.collective.other.launch = 10.0 * units::us;
  rates.collective.other.per_rank = 2.0 * units::us;
  rates.collective.all_to_all_launch = 1.2;
  const auto us = [&](CollectiveKind kind) {
    return collective_time(card, rates, shape(kind, 8, Bytes{})).time.in(units::us);
  };
  CHECK(us(CollectiveKind::kAllGather) == Approx(10.0 + 6.0 * 2.0));
  CHECK(us(CollectiveKind::kAllToAll) == Approx(12.0));
}

TEST_CASE("a mesh gives a pair one link only") {
  // MI300X: 448 GB/s to seven peers, 64 to one (AMD CDNA 3 white paper).
  GpuSpec card = test::round_card();
  card.topology = LinkTopology::kMesh;
  card.link_per_direction = 448.0 * units::GB_per_s;
  card.peer_per_direction = 64.0 * units::GB_per_s;
  const KernelRates rates = test::ideal_rates();
  const Bytes message = 1.0 * units::GB;
  const double two = collective_time(card, rates, shape(CollectiveKind::kAllReduce, 2, message))
                         .time.in(units::ms);
  const double eight = collective_time(card, rates, shape(CollectiveKind::kAllReduce, 8, message))
                           .time.in(units::ms);
  CHECK(two == Approx(1.0 / 64.0 * 1e3));
  CHECK(eight == Approx(1.75 / 448.0 * 1e3));
}

TEST_CASE("across nodes the network bounds") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = test::ideal_rates();
  const auto t =
      collective_time(card, rates, shape(CollectiveKind::kAllGather, 16, 1.0 * units::GB, true));
  CHECK(t.time.in(units::ms) == Approx(15.0 / 16.0 / 50.0 * 1e3));
  CHECK(t.bound == Bound::kNetwork);
}

TEST_CASE("time never falls with the message", "[property]") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.collective.all_reduce.launch = 6.0 * units::us;
  rates.collective.one_shot->ramp = 3.0 * units::ns;
  for (const auto kind :
       {CollectiveKind::kAllReduce, CollectiveKind::kAllToAll, CollectiveKind::kSendReceive}) {
    for (const std::int64_t ranks : {2, 4, 8, 16}) {
      Seconds before;
      for (double bytes = 1.0; bytes < 1e10; bytes *= 1.7) {
        const Seconds now =
            collective_time(card, rates, shape(kind, ranks, bytes * units::B, ranks > 8)).time;
        CHECK(now >= before);
        before = now;
      }
    }
  }
}

}  // namespace
}  // namespace gpusize
