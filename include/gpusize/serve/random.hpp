#pragma once
// Random numbers that are the same on every machine: own generator, own samplers, own logarithm
// (the standard library's distributions and its last digits differ between platforms).

#include <array>
#include <cstdint>

namespace gpusize {

/// Natural logarithm of a positive number by argument reduction and series; the same bits wherever
/// arithmetic is IEEE 754. Relative error below 1e-15.
double portable_log(double x);
/// Exponential function, same promise.
double portable_exp(double x);
/// The standard normal quantile of `p` in (0, 1) (Acklam's rational approximation, 1e-9).
double normal_quantile(double p);

/// xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Streams of one seed are
/// independent, so that two runs can share arrivals and differ elsewhere.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

  std::uint64_t next();
  /// In (0, 1), neither end.
  double uniform();
  /// Mean 1.
  double exponential();
  /// Mean 0, variance 1 (polar method).
  double normal();
  /// Shape `k`, scale 1: mean k, variance k (Marsaglia and Tsang, 2000).
  double gamma(double shape);

 private:
  std::array<std::uint64_t, 4> state_{};
  double spare_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace gpusize
