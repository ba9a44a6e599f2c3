#include "gpusize/tco/money.hpp"

#include <cmath>

#include "gpusize/core/check.hpp"

namespace gpusize {

Cents to_cents(double usd) {
  GPUSIZE_CHECK(std::fabs(usd) < 9e13, "an amount fits into whole cents");
  return {static_cast<std::int64_t>(std::floor(usd * 100.0 + 0.5))};
}

std::vector<Cents> spread(Cents amount, std::size_t parts) {
  GPUSIZE_CHECK(parts > 0, "an amount is spread over at least one period");
  const auto count = static_cast<std::int64_t>(parts);
  const std::int64_t each = amount.value / count;  // the remainder keeps the amount's sign
  const std::int64_t rest = amount.value % count;
  const std::int64_t step = rest < 0 ? -1 : 1;
  std::vector<Cents> out(parts, Cents{each});
  for (std::int64_t i = 0; i < rest * step; ++i) out[static_cast<std::size_t>(i)].value += step;
  return out;
}

}  // namespace gpusize
