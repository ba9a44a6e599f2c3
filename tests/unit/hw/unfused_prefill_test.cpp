#include "gpusize/hw/device.hpp"

#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// `queries` new tokens of one sequence after `context` others: 10 heads of 128.
KernelWork prompt(double queries, double context) {
  KernelWork work;
  work.cls = KernelClass::kPrefillAttention;
  work.compute = Dtype::kBf16;
  AttentionShape& a = work.attention;
  a.sequences = 1.0;
  a.query_tokens = queries;
  a.kv_tokens = context + 0.5 * queries;
  a.kv_read_tokens = context + queries;
  a.query_heads = a.kv_heads = 10.0;
  a.qk_dim = a.v_dim = 128.0;
  return work;
}

/// What scores add, in us, on a card of 1 TB/s.
double added_us(const KernelWork& work, double score_bytes, double rows) {
  static const GpuSpec card = test::round_card();
  static const KernelRates rates = test::ideal_rates();
  KernelStyle style;
  const Device device(card, rates);
  const Seconds fused = device.time(work, style).time;
  style.score_bytes = score_bytes * units::B;
  style.score_rows = rows;
  return (device.time(work, style).time - fused).in(units::us);
}

TEST_CASE("scores that go through memory are those of all keys up to the last query") {
  // 10 heads x 500 queries x 2,000 keys x 20 bytes: 200 MB.
  CHECK(added_us(prompt(500.0, 1500.0), 20.0, 512.0) == Approx(200.0));
  CHECK(added_us(prompt(500.0, 1500.0), 0.0, 512.0) == 0.0);
}

TEST_CASE("a long prompt's scores are in memory part by part") {
  // Two parts of 500: 500 x 500 and 500 x 1,000 keys, not 1,000 x 1,000.
  const double parts =
      added_us(prompt(500.0, 0.0), 20.0, 500.0) + added_us(prompt(500.0, 500.0), 20.0, 500.0);
  CHECK(added_us(prompt(1000.0, 0.0), 20.0, 500.0) == Approx(parts));
  CHECK(added_us(prompt(1000.0, 0.0), 20.0, 1e9) > 1.3 * parts);
}

TEST_CASE("more keys or queries never take less time where scores go through memory",
          "[property]") {
  double before = 0.0;
  for (double tokens = 1.0; tokens < 1e5; tokens *= 1.9) {
    const double now = added_us(prompt(tokens, 100.0), 24.0, 512.0);
    CHECK(now >= before);
    CHECK(added_us(prompt(100.0, 2.0 * tokens), 24.0, 512.0) >=
          added_us(prompt(100.0, tokens), 24.0, 512.0));
    before = now;
  }
}

}  // namespace
}  // namespace gpusize
