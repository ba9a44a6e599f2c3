#include "gpusize/core/quantity.hpp"

#include <concepts>

#include "support/catch.hpp"

namespace gpusize {
namespace {

// What must not compile: held as concepts, so that a change that lets it through fails here.
template <typename A, typename B>
concept CanAdd = requires(A a, B b) { a + b; };
static_assert(CanAdd<Bytes, Bytes>);
static_assert(!CanAdd<Bytes, Seconds>);
static_assert(!CanAdd<Bytes, double>);
static_assert(!std::convertible_to<double, Seconds>);
static_assert(!std::convertible_to<Seconds, double>);

TEST_CASE("dimensions are computed") {
  const Bytes memory = 80.0 * units::GiB;
  const BytesPerSec bandwidth = 3350.0 * units::GB_per_s;
  const Seconds sweep = memory / bandwidth;
  CHECK(sweep.in(units::ms) == Approx(80.0 * 1073741824.0 / 3350e9 * 1e3));
  CHECK(memory / (1.0 * units::GiB) == Approx(80.0));
}

TEST_CASE("binary and decimal prefixes differ") {
  CHECK((1.0 * units::GiB).in(units::B) == 1073741824.0);
  CHECK((1.0 * units::GB).in(units::B) == 1e9);
  CHECK((1.0 * units::TiB).in(units::GiB) == 1024.0);
  CHECK((1.0 * units::TB).in(units::GB) == 1000.0);
}

TEST_CASE("twelve months are one year") {
  CHECK((12.0 * units::month).in(units::year) == Approx(1.0).epsilon(1e-15));
  CHECK((1.0 * units::year).in(units::hour) == Approx(8765.82));
}

TEST_CASE("money over time") {
  const UsdPerSec rate = 2.0 * units::USD_per_hour;
  CHECK((rate * (24.0 * units::hour)).in(units::USD) == Approx(48.0));
  const UsdPerJoule tariff = 0.10 * units::USD_per_kWh;
  CHECK((tariff * (1.0 * units::kW) * (10.0 * units::hour)).in(units::USD) == Approx(1.0));
}

}  // namespace
}  // namespace gpusize
