#include "gpusize/hw/device.hpp"
#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

KernelWork product(double m, double n, double k, Dtype dtype = Dtype::kFp8) {
  return test::product(m, n, k, dtype);
}

KernelWork experts(double rows, double n, double k, double groups) {
  KernelWork work = product(rows, n, k, Dtype::kBf16);
  work.cls = KernelClass::kGroupedGemm;
  work.gemm.groups = groups;
  work.weight_bytes = groups * work.weight_bytes;
  return work;
}

KernelRates bare_rates() {
  KernelRates rates = test::ideal_rates();
  rates.row_scaled = RowScaledGemmRates{0.5, 0.8, 0.0};
  UnfusedExpertRates unfused;
  unfused.pad_rows = 0.0;
  unfused.per_depth = 10.0 * units::ns;
  unfused.sort = 80.0 * units::us;
  unfused.per_choice = 2.0 * units::ns;
  unfused.per_element = 1.0 * units::ns;
  rates.unfused_experts = unfused;
  return rates;
}

KernelStyle bare_style() {
  KernelStyle style;
  style.row_scaled_gemm = true;
  style.unfused_experts = true;
  return style;
}

double us(const Device& device, const KernelWork& work, const KernelStyle& style) {
  return device.time(work, style).time.in(units::us);
}

TEST_CASE("row-scaled products take whole tiles in whole waves") {
  const GpuSpec card = test::round_card();  // 100 units, 200 TFLOP/s in fp8
  const KernelRates rates = bare_rates();
  const Device device(card, rates);
  const KernelStyle style = bare_style();
  // 100 tiles of 128 x 128 x 8192 at half of the peak.
  const double wave = 100.0 * 2.0 * 128.0 * 128.0 * 8192.0 / 100e12 * 1e6;
  CHECK(us(device, product(128, 12800, 8192), style) == Approx(wave).epsilon(0.001));
  CHECK(us(device, product(1, 12800, 8192), style) == Approx(wave).epsilon(0.001));
  CHECK(us(device, product(1, 128, 8192), style) == Approx(wave).epsilon(0.001));
  CHECK(us(device, product(129, 12800, 8192), style) == Approx(2.0 * wave).epsilon(0.001));
  CHECK(us(device, product(128, 12801, 8192), style) == Approx(2.0 * wave).epsilon(0.001));
}

TEST_CASE("row-scaled products: fast sums, other formats and other engines") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = bare_rates();
  const Device device(card, rates);
  const KernelWork work = product(8192, 12800, 8192);
  KernelStyle fast = bare_style();
  fast.fast_sums = true;
  CHECK(us(device, work, fast) == Approx(0.5 / 0.8 * us(device, work, bare_style())));
  CHECK(us(device, work, {}) < us(device, work, fast));
  const KernelWork wide = product(1, 12800, 8192, Dtype::kBf16);
  CHECK(us(device, wide, bare_style()) == Approx(us(device, wide, {})));
  const KernelRates without = test::ideal_rates();
  CHECK(us(Device(card, without), work, bare_style()) == Approx(us(device, work, {})));
}

TEST_CASE("unfused experts: an SM streams the weights of its tile at its own pace") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = bare_rates();
  const Device device(card, rates);
  const KernelStyle style = bare_style();
  // Ten tiles, one a unit: 4096 x 10 ns, where memory would need 1280 x 4096 x 2 B at 1 TB/s.
  const KernelWork few = experts(1, 1280, 4096, 1);
  CHECK(us(device, few, style) == Approx(40.96).epsilon(0.001));
  CHECK(us(device, few, {}) == Approx(10.5).epsilon(0.01));
  // 64 groups of 1,280 columns are 6.4 tiles a unit: 262 us of walks, 671 us of memory.
  CHECK(us(device, experts(64, 1280, 4096, 64), style) == Approx(671.1).epsilon(0.002));
  KernelWork equal = few;
  equal.equal_groups = true;
  CHECK(us(device, equal, style) == Approx(us(device, equal, {})));
}

TEST_CASE("unfused experts: choices, sort and moved elements") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = bare_rates();
  const Device device(card, rates);
  KernelWork work;
  work.cls = KernelClass::kMemory;
  work.experts = {1e6, 1024.0, 0.0};
  // 80 us x 1024 / 2048 + 1e6 x 2 ns / 100 units
  CHECK(us(device, work, bare_style()) == Approx(40.0 + 20.0));
  CHECK(us(device, work, {}) == Approx(0.0));
  work.experts = {0.0, 0.0, 1e6};
  CHECK(us(device, work, bare_style()) == Approx(10.0));
}

TEST_CASE("bare kernels: more work never takes less time", "[property]") {
  const GpuSpec card = test::round_card();
  KernelRates rates = bare_rates();
  rates.gemm.blend = 6.0;
  rates.grouped.blend = 10.0;
  rates.row_scaled = RowScaledGemmRates{0.7, 0.8, 0.1};
  rates.unfused_experts->pad_rows = 128.0;
  const Device device(card, rates);
  const KernelStyle style = bare_style();
  for (const double fixed : {1.0, 100.0, 4096.0}) {
    for (int axis = 0; axis < 3; ++axis) {
      double plain = 0.0;
      double grouped = 0.0;
      for (const double size : {1, 2, 64, 127, 128, 129, 1000, 4096, 4097, 30000}) {
        const double m = axis == 0 ? size : fixed;
        const double n = axis == 1 ? size : fixed;
        const double k = axis == 2 ? size : fixed;
        INFO("axis " << axis << " size " << size << " fixed " << fixed);
        const double now = us(device, product(m, n, k), style);
        CHECK(now >= plain);
        plain = now;
        const double then = us(device, experts(m, n, k, 8.0), style);
        CHECK(then >= grouped);
        grouped = then;
      }
    }
  }
}

TEST_CASE("collectives wait for the last GPU") {
  const GpuSpec card = test::round_card();
  const KernelRates rates = test::ideal_rates();
  const Device device(card, rates);
  KernelWork work;
  work.cls = KernelClass::kCollective;
  work.collective.kind = CollectiveKind::kAllReduce;
  work.collective.ranks = 2;
  work.collective.message = 1.0 * units::MB;
  KernelStyle style;
  style.collective_wait = 4.0 * units::us;
  CHECK(us(device, work, style) == Approx(us(device, work, {}) + 4.0));
}

}  // namespace
}  // namespace gpusize
