#include "gpusize/hw/device.hpp"

#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// One decode step of 10 sequences with 1,000 tokens: 32 query heads of 128 on `kv_heads`.
KernelWork step(double kv_heads, double element_bytes = 2.0) {
  KernelWork work;
  work.cls = KernelClass::kDecodeAttention;
  work.compute = Dtype::kBf16;
  AttentionShape& a = work.attention;
  a.sequences = 10.0;
  a.query_heads = 32.0;
  a.kv_heads = kv_heads;
  a.kv_tokens = a.kv_read_tokens = 1000.0;
  a.qk_dim = a.v_dim = 128.0;
  work.kv_bytes = 10.0 * 1000.0 * kv_heads * 2.0 * 128.0 * element_bytes * units::B;
  return work;
}

/// Kernels for 8 query heads a key-value head; others at 51.2 ns a token: 10 GB/s an SM.
KernelStyle packs_eight() {
  KernelStyle style;
  style.packed_heads = 8.0;
  style.lone_token = 51.2 * units::ns;
  return style;
}

double us(const KernelWork& work, const KernelStyle& style) {
  static const GpuSpec card = test::round_card();
  static const KernelRates rates = test::ideal_rates();
  return Device(card, rates).time(work, style).time.in(units::us);
}

TEST_CASE("heads that no kernel packs read their group's cache one by one") {
  // 100 SMs at 10 GB/s: as fast as the memory of 1 TB/s, but 32 heads read, not 8.
  const double once = us(step(8.0), {});
  CHECK(once == Approx(40.96));
  CHECK(us(step(8.0), packs_eight()) == Approx(4.0 * once));
  CHECK(us(step(8.0, 1.0), packs_eight()) == Approx(2.0 * once));  // half of the bytes
  // Without groups nothing is read twice.
  CHECK(us(step(32.0), packs_eight()) == Approx(us(step(32.0), {})));
}

TEST_CASE("a group of the packed size is read once, with heads of 128 only") {
  KernelWork work = step(4.0);
  CHECK_FALSE(reads_lone_heads(work.attention, packs_eight()));
  CHECK(us(work, packs_eight()) == Approx(us(work, {})));
  work.attention.qk_dim = work.attention.v_dim = 64.0;
  CHECK(reads_lone_heads(work.attention, packs_eight()));
  CHECK_FALSE(reads_lone_heads(work.attention, {}));  // engines that pack any group
  work.attention.shared_kv = true;
  CHECK_FALSE(reads_lone_heads(work.attention, packs_eight()));
}

TEST_CASE("every query head is a block of its own") {
  const GpuSpec card = test::round_card();
  KernelRates rates = test::ideal_rates();
  rates.decode.per_block = 1.0 * units::us;
  const Device device(card, rates);
  const double with = device.time(step(8.0), packs_eight()).time.in(units::us);
  CHECK(with - us(step(8.0), packs_eight()) == Approx(10.0 * 32.0 / 100.0));
}

}  // namespace
}  // namespace gpusize
