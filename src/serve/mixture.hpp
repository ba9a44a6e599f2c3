#pragma once
// A distribution as a weighted mixture of simple parts, and its percentiles by bisection.

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gpusize/serve/sketch.hpp"

namespace gpusize {

/// `base` plus a uniform part up to `spread`, plus a gamma part.
struct MixturePart {
  double weight = 0.0;
  double base = 0.0;
  double spread = 0.0;      ///< uniform on [0, spread]
  double gamma_mean = 0.0;  ///< 0: none
  double gamma_var = 0.0;
  double gamma_cap = 0.0;  ///< the gamma part is never above it; 0: no limit
};

/// P(G <= x) of a gamma variable by mean and variance (Wilson and Hilferty, 1931).
inline double gamma_cdf(double x, double mean, double variance) {
  if (x <= 0.0) return 0.0;
  if (variance <= 0.0) return x >= mean ? 1.0 : 0.0;
  const double shape = mean * mean / variance;
  const double z = 3.0 * std::sqrt(shape) * (std::cbrt(x / mean) - 1.0 + 1.0 / (9.0 * shape));
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// The value that lies `z` standard normal deviations up, by the same approximation.
inline double gamma_quantile(double z, double mean, double variance) {
  if (mean <= 0.0 || variance <= 0.0) return std::max(mean, 0.0);
  const double shape = mean * mean / variance;
  const double root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * std::sqrt(shape));
  return root <= 0.0 ? 0.0 : mean * root * root * root;
}

class Mixture {
 public:
  void add(const MixturePart& part) {
    if (part.weight <= 0.0) return;
    parts_.push_back(part);
    weight_ += part.weight;
  }
  /// With probability `chance` an exponential wait of this mean comes on top.
  void wait(double chance, double mean_s) {
    chance_ = chance;
    wait_s_ = mean_s;
  }
  [[nodiscard]] double mean() const {
    double sum = 0.0;
    for (const MixturePart& p : parts_)
      sum += p.weight * (p.base + 0.5 * p.spread + gamma_part_mean(p));
    return (weight_ > 0.0 ? sum / weight_ : 0.0) + chance_ * wait_s_;
  }
  [[nodiscard]] double cdf(double t) const {
    const double now = plain_cdf(t);
    if (chance_ <= 1e-6) return now;
    constexpr int kParts = 8;
    double late = 0.0;
    for (int i = 0; i < kParts; ++i) {
      const double u = (i + 0.5) / kParts;
      late += plain_cdf(t + wait_s_ * std::log(1.0 - u)) / kParts;
    }
    return (1.0 - chance_) * now + chance_ * late;
  }
  [[nodiscard]] double quantile(double p) const {
    double high = std::max(mean(), 1e-9);
    while (cdf(high) < p && high < 1e9) high *= 2.0;
    double low = 0.0;
    for (int i = 0; i < 32; ++i) {
      const double middle = 0.5 * (low + high);
      (cdf(middle) < p ? low : high) = middle;
    }
    return high;
  }
  [[nodiscard]] Summary summary(double extra) const {
    if (weight_ <= 0.0) return {};
    return {mean() + extra,         quantile(0.50) + extra, quantile(0.90) + extra,
            quantile(0.95) + extra, quantile(0.99) + extra, 0.0};
  }

 private:
  /// Mean of the gamma part, its cap included: over ten equal shares.
  [[nodiscard]] static double gamma_part_mean(const MixturePart& p) {
    if (p.gamma_cap <= 0.0) return p.gamma_mean;
    constexpr std::array<double, 5> kMidpoints{0.1257, 0.3853, 0.6745, 1.0364, 1.6449};
    double sum = 0.0;
    for (const double z : kMidpoints) {
      sum += std::min(gamma_quantile(z, p.gamma_mean, p.gamma_var), p.gamma_cap);
      sum += std::min(gamma_quantile(-z, p.gamma_mean, p.gamma_var), p.gamma_cap);
    }
    return 0.1 * sum;
  }

  [[nodiscard]] double plain_cdf(double t) const {
    double sum = 0.0;
    for (const MixturePart& p : parts_) {
      const double left = t - p.base;
      if (left < 0.0) continue;
      double share = p.spread > 0.0 ? std::min(left / p.spread, 1.0) : 1.0;
      if (p.gamma_mean > 0.0) share = gamma_cdf(left, p.gamma_mean, p.gamma_var);
      if (p.gamma_cap > 0.0 && left >= p.gamma_cap) share = 1.0;
      sum += p.weight * share;
    }
    return weight_ > 0.0 ? sum / weight_ : 0.0;
  }

  std::vector<MixturePart> parts_;
  double weight_ = 0.0;
  double chance_ = 0.0;
  double wait_s_ = 0.0;
};

}  // namespace gpusize
