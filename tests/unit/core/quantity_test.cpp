#include "gpusize/core/quantity.hpp"

#include <concepts>

#include "support/catch.hpp"

namespace gpusize {
namespace {

// What must not compile: held as concepts, so that a change that lets it through fails here.
template <typename A, typename B>
concept CanAdd = requires(A a, B b) {
  a + b;
};
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

TEST_CASE("every unit is worth what its prefix says") {
  const auto check = [](auto unit, auto base, double scale) {
    INFO(scale);
    CHECK((1.0 * unit).in(base) == Approx(scale).epsilon(1e-15));
    CHECK((scale * base).in(unit) == Approx(1.0).epsilon(1e-15));
  };
  check(units::kB, units::B, 1e3);
  check(units::MB, units::B, 1e6);
  check(units::GB, units::B, 1e9);
  check(units::TB, units::B, 1e12);
  check(units::KiB, units::B, 1024.0);
  check(units::MiB, units::KiB, 1024.0);
  check(units::GiB, units::MiB, 1024.0);
  check(units::TiB, units::GiB, 1024.0);
  check(units::ms, units::s, 1e-3);
  check(units::us, units::s, 1e-6);
  check(units::ns, units::s, 1e-9);
  check(units::hour, units::s, 3600.0);
  check(units::day, units::hour, 24.0);
  check(units::year, units::day, 365.2425);
  check(units::GFLOP, units::FLOP, 1e9);
  check(units::TFLOP, units::FLOP, 1e12);
  check(units::Mtoken, units::token, 1e6);
  check(units::kWh, units::J, 3.6e6);
  check(units::kW, units::W, 1e3);
  check(units::TB_per_s, units::GB_per_s, 1e3);
  check(units::TFLOP_per_s, units::FLOP_per_s, 1e12);
}

TEST_CASE("arithmetic and order") {
  Bytes memory = 3.0 * units::GB;
  memory += 1.0 * units::GB;
  memory -= 2.0 * units::GB;
  memory *= 2.0;
  CHECK(memory == 4.0 * units::GB);
  CHECK(-memory < Bytes{});
  CHECK(memory / 4.0 == 1.0 * units::GB);
  CHECK(max(memory, 1.0 * units::GB) == memory);
  CHECK(min(memory, 1.0 * units::GB) == 1.0 * units::GB);
  CHECK((2.0 * units::s) * (3.0 * units::Hz) == 6.0);
}

}  // namespace
}  // namespace gpusize
