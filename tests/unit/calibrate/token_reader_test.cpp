#include "calibrate/token_reader.hpp"

#include "support/catch.hpp"

namespace gpusize::calibrate {
namespace {

TEST_CASE("tokens that come slower than they are read wait for nobody") {
  TokenReader reader(0.01);
  reader.answer(1.0, 2.0, 11);  // one in 0.1 s
  const auto seen = reader.seen();
  CHECK(seen.tpot_s == Approx(0.1));
  CHECK(seen.delay_s == Approx(0.0).margin(1e-12));
  CHECK(seen.end_s == Approx(2.0));
}

TEST_CASE("a reader that is too slow is busy until all tokens are read") {
  // Ten answers of 101 tokens within a second, 1,010 tokens of 2 ms each.
  TokenReader reader(0.002);
  for (int i = 0; i < 10; ++i) reader.answer(0.0, 1.0, 101);
  const auto seen = reader.seen();
  CHECK(seen.end_s == Approx(2.02));
  CHECK(seen.delay_s == Approx(1.02));
  CHECK(seen.tpot_s == Approx(0.0202));
}

TEST_CASE("a backlog is read while nothing comes") {
  TokenReader reader(0.002);
  for (int i = 0; i < 10; ++i) reader.answer(0.0, 1.0, 101);
  reader.answer(3.0, 4.0, 11);  // a second after the others are read
  const auto seen = reader.seen();
  CHECK(seen.end_s == Approx(4.0));
  CHECK(seen.tpot_s == Approx((10 * 0.0202 + 0.1) / 11));
}

TEST_CASE("answers of one token have no time per token") {
  TokenReader reader(0.5);
  reader.answer(0.0, 0.0, 1);
  reader.answer(0.0, 0.0, 1);
  const auto seen = reader.seen();
  CHECK(seen.tpot_s == 0.0);
  CHECK(seen.end_s == Approx(1.0));
  CHECK(TokenReader(0.5).seen().end_s == 0.0);
}

}  // namespace
}  // namespace gpusize::calibrate
