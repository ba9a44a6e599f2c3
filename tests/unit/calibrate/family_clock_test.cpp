#include "calibrate/family_clock.hpp"

#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;
using gpusize::test::catalog;

namespace {

KernelRow product(double m) {
  KernelRow row;
  row.op = "gemm";
  row.backend = "some engine 1.0";
  row.kernel = "some kernel";
  row.dtype = "fp8";
  row.m = m;
  row.n = 512.0;
  row.k = 512.0;
  return row;
}

struct Times {
  Seconds with, without;
};

Times times(KernelFamily family, const KernelRow& row) {
  const GpuSpec& gpu = *catalog().find_gpu("H100-SXM5-80GB")->entry;
  const KernelRates& rates = catalog().rates_for(gpu);
  family.op = row.op;
  KernelFamilies families;
  families.families.push_back(std::move(family));
  const KernelFamilies none;
  const auto call = std::get<KernelCall>(kernel_call(row));
  return {FamilyClock(gpu, rates, families).time(row, call),
          FamilyClock(gpu, rates, none).time(row, call)};
}

}  // namespace

TEST_CASE("family clock: launches and rows come on top") {
  const GpuSpec& gpu = *catalog().find_gpu("H100-SXM5-80GB")->entry;
  KernelFamily family;
  family.launches = 5.0;
  family.per_row = 10.0 * units::ns;
  const Times t = times(family, product(1000.0));
  const Seconds launches = 5.0 * catalog().rates_for(gpu).memory.launch;
  CHECK((t.with - t.without).in(units::us) == Approx(launches.in(units::us) + 10.0));
}

TEST_CASE("family clock: rows cost only where activations are quantised") {
  KernelFamily family;
  family.per_row = 10.0 * units::ns;
  KernelRow row = product(1000.0);
  row.dtype = "bfloat16";
  const Times t = times(family, row);
  CHECK(t.with == t.without);
}

TEST_CASE("family clock: a call takes no less than its host, and hardly more than the longer") {
  KernelFamily family;
  family.host = 100.0 * units::us;
  CHECK(times(family, product(16.0)).with.in(units::us) == Approx(100.0).epsilon(0.001));
  const Times big = times(family, product(4e6));
  CHECK(big.without > 3.0 * family.host);
  CHECK(big.with >= big.without);
  CHECK(big.with < 1.01 * big.without);
}

TEST_CASE("family clock: fractions slow the product, passes the quantisation") {
  KernelFamily slow;
  slow.flop_fraction = 0.5;
  const Times t = times(slow, product(65536.0));
  CHECK(t.with > t.without);
  KernelFamily thorough;
  thorough.quantise_passes = 3.0;
  const Times q = times(thorough, product(65536.0));
  CHECK(q.with > q.without);
}
