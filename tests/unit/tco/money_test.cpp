#include "gpusize/tco/money.hpp"

#include <algorithm>

#include "gpusize/tco/currency.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("amounts round to the nearest cent", "[money]") {
  CHECK(to_cents(12.344).value == 1234);
  CHECK(to_cents(12.345000001).value == 1235);
  CHECK(to_cents(-12.344).value == -1234);
  CHECK(to_cents(0.0).value == 0);
}

TEST_CASE("parts of an amount add up to it and differ by a cent at most", "[money]") {
  for (const std::int64_t amount : {0L, 1L, 7L, 100L, 999'999'999'999L, -1L, -13L}) {
    for (const std::size_t parts : {1U, 2U, 7U, 12U, 360U}) {
      const auto all = spread(Cents{amount}, parts);
      std::int64_t sum = 0;
      for (const Cents part : all) sum += part.value;
      CHECK(sum == amount);
      const auto [least, most] = std::minmax_element(
          all.begin(), all.end(), [](Cents a, Cents b) { return a.value < b.value; });
      CHECK(most->value - least->value <= 1);
    }
  }
}

TEST_CASE("currencies", "[money]") {
  CHECK(is_currency("CNY"));
  CHECK(is_currency("USD"));
  CHECK_FALSE(is_currency("RMB"));
  CHECK_FALSE(is_currency("usd"));
  CHECK_FALSE(is_currency("SD "));
  CHECK_FALSE(is_currency(""));
}

}  // namespace
}  // namespace gpusize
