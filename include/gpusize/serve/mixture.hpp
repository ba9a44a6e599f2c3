#pragma once
// A distribution as a weighted mixture of simple parts, and its percentiles.

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
class GammaCdf {
 public:
  GammaCdf(double mean, double variance) : mean_(mean), all_(mean) {
    if (mean <= 0.0 || variance <= 0.0) {  // a certain value
      none_ = std::nextafter(mean, 0.0);
      return;
    }
    const double shape = mean * mean / variance;
    scale_ = 3.0 * std::sqrt(0.5 * shape);
    offset_ = 1.0 - 1.0 / (9.0 * shape);
    constexpr double kBeyond = 4.5;  // erfc(4.5) is 2e-10
    none_ = mean * std::pow(std::max(0.0, offset_ - kBeyond / scale_), 3.0);
    all_ = mean * std::pow(offset_ + kBeyond / scale_, 3.0);
  }
  [[nodiscard]] double operator()(double x) const {
    if (x <= none_) return 0.0;
    if (x >= all_) return 1.0;
    return 0.5 * std::erfc(-scale_ * (std::cbrt(x / mean_) - offset_));
  }

 private:
  double mean_;
  double scale_ = 0.0;
  double offset_ = 0.0;
  double none_ = 0.0;  ///< at and below it the share is nothing
  double all_ = 0.0;   ///< from it on the share is all
};

inline double gamma_cdf(double x, double mean, double variance) {
  return GammaCdf(mean, variance)(x);
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
    parts_.push_back({part, GammaCdf(part.gamma_mean, part.gamma_var)});
    weight_ += part.weight;
  }
  /// With probability `chance` an exponential wait of this mean comes on top.
  void wait(double chance, double mean_s) {
    chance_ = chance;
    wait_s_ = mean_s;
  }
  [[nodiscard]] double mean() const {
    double sum = 0.0;
    for (const auto& [p, gamma] : parts_)
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
  /// The least value at or below which a share `p` lies, not below `low`: to 1e-9 where the
  /// distribution jumps or is flat, to 1e-6 where it rises.
  [[nodiscard]] double quantile(double p, double low = 0.0) const {
    double below = cdf(low) - p;
    if (below >= 0.0) return low;
    double high = std::max({mean(), 2.0 * low, 1e-9});
    double above = cdf(high) - p;
    while (above < 0.0 && high < 1e9) {
      low = high;
      below = above;
      high *= 2.0;
      above = cdf(high) - p;
    }
    // The Illinois method where the distribution is smooth, halving where it jumps or may be flat.
    bool flat = false;
    int side = 0;
    for (int i = 0; i < 64 && high - low > 1e-9 * high; ++i) {
      const bool there = above <= 1e-9 && !flat;
      if (there && high - low <= 1e-6 * high) break;
      const double at = there                  ? std::max(low, high * (1.0 - 1e-6))
                        : flat || i >= kSmooth ? 0.5 * (low + high)
                                               : low + below / (below - above) * (high - low);
      const double found = cdf(at) - p;
      flat = flat || (there && found >= 0.0);
      const int now = found < 0.0 ? -1 : 1;
      (now < 0 ? low : high) = at;
      (now < 0 ? below : above) = found;
      if (now == side) (now < 0 ? above : below) *= 0.5;
      side = now;
    }
    return high;
  }
  [[nodiscard]] Summary summary(double extra) const {
    if (weight_ <= 0.0) return {};
    const double p50 = quantile(0.50);
    const double p90 = quantile(0.90, p50);
    const double p95 = quantile(0.95, p90);
    const double p99 = quantile(0.99, p95);
    return {mean() + extra, p50 + extra, p90 + extra, p95 + extra, p99 + extra, 0.0};
  }

 private:
  static constexpr int kSmooth = 16;  ///< steps after which a quantile is no smooth root

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
    for (const auto& [p, gamma] : parts_) {
      const double left = t - p.base;
      if (left < 0.0) continue;
      double share = p.spread > 0.0 ? std::min(left / p.spread, 1.0) : 1.0;
      if (p.gamma_mean > 0.0) share = gamma(left);
      if (p.gamma_cap > 0.0 && left >= p.gamma_cap) share = 1.0;
      sum += p.weight * share;
    }
    return weight_ > 0.0 ? sum / weight_ : 0.0;
  }

  struct Prepared {
    MixturePart part;
    GammaCdf gamma;
  };
  std::vector<Prepared> parts_;
  double weight_ = 0.0;
  double chance_ = 0.0;
  double wait_s_ = 0.0;
};

}  // namespace gpusize
