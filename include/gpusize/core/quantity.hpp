#pragma once
// Strong physical types. A Quantity holds one double in base units (byte, second, FLOP, US dollar,
// token, joule); adding seconds to bytes or passing a bare number does not compile.
// Golden rule: name the unit where a number enters (`80.0 * units::GiB`) or leaves
// (`t.in(units::ms)`).

#include <compare>

namespace gpusize {

/// Exponents of the base dimensions.
struct Dim {
  int byte = 0;
  int second = 0;
  int flop = 0;
  int usd = 0;
  int token = 0;
  int joule = 0;

  constexpr bool operator==(const Dim&) const = default;
};

constexpr Dim operator+(Dim a, Dim b) {
  return {a.byte + b.byte, a.second + b.second, a.flop + b.flop,
          a.usd + b.usd,   a.token + b.token,   a.joule + b.joule};
}
constexpr Dim operator-(Dim a, Dim b) {
  return {a.byte - b.byte, a.second - b.second, a.flop - b.flop,
          a.usd - b.usd,   a.token - b.token,   a.joule - b.joule};
}

/// A unit: how many base units it is worth.
template <Dim D>
struct Unit {
  double scale = 1.0;
};

template <Dim A, Dim B>
constexpr Unit<A + B> operator*(Unit<A> a, Unit<B> b) {
  return {a.scale * b.scale};
}
template <Dim A, Dim B>
constexpr Unit<A - B> operator/(Unit<A> a, Unit<B> b) {
  return {a.scale / b.scale};
}

/// A physical quantity of dimension D. Default-constructed: zero.
template <Dim D>
class Quantity {
 public:
  constexpr Quantity() = default;

  /// Value in base units; prefer `number * unit`.
  static constexpr Quantity from_base(double base) { return Quantity(base); }

  /// The only way out: the value in the named unit.
  [[nodiscard]] constexpr double in(Unit<D> unit) const { return base_ / unit.scale; }

  constexpr Quantity& operator+=(Quantity other) {
    base_ += other.base_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    base_ -= other.base_;
    return *this;
  }
  constexpr Quantity& operator*=(double factor) {
    base_ *= factor;
    return *this;
  }
  constexpr Quantity operator-() const { return Quantity(-base_); }

  constexpr auto operator<=>(const Quantity&) const = default;

  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.base_ + b.base_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.base_ - b.base_);
  }
  friend constexpr Quantity operator*(Quantity a, double f) { return Quantity(a.base_ * f); }
  friend constexpr Quantity operator*(double f, Quantity a) { return Quantity(a.base_ * f); }
  friend constexpr Quantity operator/(Quantity a, double f) { return Quantity(a.base_ / f); }
  /// Ratio of equal dimensions is a plain number.
  friend constexpr double operator/(Quantity a, Quantity b) { return a.base_ / b.base_; }

  /// Base-unit value for the operators below; not for callers.
  [[nodiscard]] constexpr double base() const { return base_; }

 private:
  explicit constexpr Quantity(double base) : base_(base) {}
  double base_ = 0.0;
};

template <Dim A, Dim B>
requires(!(A == B) && !(A - B == Dim{})) constexpr auto operator/(Quantity<A> a, Quantity<B> b) {
  return Quantity<A - B>::from_base(a.base() / b.base());
}
template <Dim A, Dim B>
requires(!(A + B == Dim{})) constexpr auto operator*(Quantity<A> a, Quantity<B> b) {
  return Quantity<A + B>::from_base(a.base() * b.base());
}
template <Dim A, Dim B>
requires(A + B == Dim{}) constexpr double operator*(Quantity<A> a, Quantity<B> b) {
  return a.base() * b.base();
}
template <Dim D>
constexpr Quantity<D> operator*(double value, Unit<D> unit) {
  return Quantity<D>::from_base(value * unit.scale);
}

using Bytes = Quantity<Dim{.byte = 1}>;
using Seconds = Quantity<Dim{.second = 1}>;
using Flops = Quantity<Dim{.flop = 1}>;
using Usd = Quantity<Dim{.usd = 1}>;
using Tokens = Quantity<Dim{.token = 1}>;
using Joules = Quantity<Dim{.joule = 1}>;
using BytesPerSec = Quantity<Dim{.byte = 1, .second = -1}>;
using FlopsPerSec = Quantity<Dim{.second = -1, .flop = 1}>;
using TokensPerSec = Quantity<Dim{.second = -1, .token = 1}>;
using PerSecond = Quantity<Dim{.second = -1}>;
using Watts = Quantity<Dim{.second = -1, .joule = 1}>;
using UsdPerSec = Quantity<Dim{.second = -1, .usd = 1}>;
using UsdPerToken = Quantity<Dim{.usd = 1, .token = -1}>;
using UsdPerJoule = Quantity<Dim{.usd = 1, .joule = -1}>;
using BytesPerToken = Quantity<Dim{.byte = 1, .token = -1}>;

/// The larger of two quantities of one dimension.
template <Dim D>
constexpr Quantity<D> max(Quantity<D> a, Quantity<D> b) {
  return a < b ? b : a;
}
/// The smaller of two quantities of one dimension.
template <Dim D>
constexpr Quantity<D> min(Quantity<D> a, Quantity<D> b) {
  return b < a ? b : a;
}

namespace units {

// Memory: decimal (as vendors print bandwidth) and binary (as drivers report capacity) never mix.
inline constexpr Unit<Dim{.byte = 1}> B{1.0};
inline constexpr Unit<Dim{.byte = 1}> kB{1e3};
inline constexpr Unit<Dim{.byte = 1}> MB{1e6};
inline constexpr Unit<Dim{.byte = 1}> GB{1e9};
inline constexpr Unit<Dim{.byte = 1}> TB{1e12};
inline constexpr Unit<Dim{.byte = 1}> KiB{1024.0};
inline constexpr Unit<Dim{.byte = 1}> MiB{1048576.0};
inline constexpr Unit<Dim{.byte = 1}> GiB{1073741824.0};
inline constexpr Unit<Dim{.byte = 1}> TiB{1099511627776.0};

inline constexpr Unit<Dim{.second = 1}> s{1.0};
inline constexpr Unit<Dim{.second = 1}> ms{1e-3};
inline constexpr Unit<Dim{.second = 1}> us{1e-6};
inline constexpr Unit<Dim{.second = 1}> ns{1e-9};
inline constexpr Unit<Dim{.second = 1}> hour{3600.0};
inline constexpr Unit<Dim{.second = 1}> day{86400.0};
/// A mean Gregorian month (365.2425 / 12 days), so that 12 months are one year.
inline constexpr Unit<Dim{.second = 1}> month{2629746.0};
inline constexpr Unit<Dim{.second = 1}> year{31556952.0};

inline constexpr Unit<Dim{.flop = 1}> FLOP{1.0};
inline constexpr Unit<Dim{.flop = 1}> GFLOP{1e9};
inline constexpr Unit<Dim{.flop = 1}> TFLOP{1e12};

inline constexpr Unit<Dim{.usd = 1}> USD{1.0};
inline constexpr Unit<Dim{.token = 1}> token{1.0};
inline constexpr Unit<Dim{.token = 1}> Mtoken{1e6};
inline constexpr Unit<Dim{.joule = 1}> J{1.0};
inline constexpr Unit<Dim{.joule = 1}> kWh{3.6e6};
inline constexpr Unit<Dim{.second = -1, .joule = 1}> W{1.0};
inline constexpr Unit<Dim{.second = -1, .joule = 1}> kW{1e3};
inline constexpr Unit<Dim{.second = -1}> Hz{1.0};

inline constexpr auto B_per_s = B / s;
inline constexpr auto GB_per_s = GB / s;
inline constexpr auto TB_per_s = TB / s;
inline constexpr auto FLOP_per_s = FLOP / s;
inline constexpr auto TFLOP_per_s = TFLOP / s;
inline constexpr auto USD_per_hour = USD / hour;
inline constexpr auto USD_per_month = USD / month;
inline constexpr auto token_per_s = token / s;
inline constexpr auto USD_per_Mtoken = USD / Mtoken;
inline constexpr auto USD_per_kWh = USD / kWh;
inline constexpr auto B_per_token = B / token;

}  // namespace units
}  // namespace gpusize
