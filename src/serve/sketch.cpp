#include "gpusize/serve/sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "gpusize/serve/random.hpp"

namespace gpusize {
namespace {

// A bucket is the sign-free top of a double: its exponent and 8 bits of mantissa.
constexpr int kShift = 44;
constexpr std::uint64_t kFirst = (1023ULL - 34ULL) << 8;  // 2^-34 s: below a nanosecond
constexpr std::uint64_t kLast = (1023ULL + 34ULL) << 8;   // 2^34 s: centuries
constexpr std::size_t kBatches = 64;

std::uint64_t bucket_of(double value) {
  if (!(value > 0.0)) return 0;
  const std::uint64_t raw = std::bit_cast<std::uint64_t>(value) >> kShift;
  return std::clamp(raw, kFirst, kLast) - kFirst;
}

double lower_edge(std::uint64_t bucket) {
  return std::bit_cast<double>((bucket + kFirst) << kShift);
}

}  // namespace

void QuantileSketch::add(double value, std::uint64_t weight) {
  const std::uint64_t bucket = bucket_of(value);
  if (bucket >= buckets_.size()) buckets_.resize(bucket + 1, 0);
  buckets_[bucket] += weight;
  low_ = count_ == 0 ? value : std::min(low_, value);
  high_ = count_ == 0 ? value : std::max(high_, value);
  count_ += weight;
}

double QuantileSketch::quantile(double p) const {
  if (count_ == 0) return 0.0;
  const double rank = std::clamp(p, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0.0;
  for (std::size_t b = 0; b < buckets_.size(); ++b) {
    const auto here = static_cast<double>(buckets_[b]);
    if (here > 0.0 && below + here >= rank) {
      const double from = lower_edge(b);
      const double to = lower_edge(b + 1);
      const double value = from + (to - from) * std::clamp((rank - below) / here, 0.0, 1.0);
      return std::clamp(value, low_, high_);
    }
    below += here;
  }
  return high_;
}

double QuantileSketch::share_below(double value) const {
  if (count_ == 0) return 0.0;
  const std::uint64_t last = bucket_of(value);
  std::uint64_t sum = 0;
  for (std::size_t b = 0; b < buckets_.size() && b <= last; ++b) sum += buckets_[b];
  return static_cast<double>(sum) / static_cast<double>(count_);
}

void BatchMeans::add(double value) {
  sum_ += value;
  if (++in_batch_ < batch_) return;
  means_.push_back(sum_ / static_cast<double>(batch_));
  sum_ = 0.0;
  in_batch_ = 0;
  if (means_.size() < kBatches) return;
  for (std::size_t i = 0; i < kBatches / 2; ++i)
    means_[i] = 0.5 * (means_[2 * i] + means_[2 * i + 1]);
  means_.resize(kBatches / 2);
  batch_ *= 2;
}

double BatchMeans::half_width(double confidence) const {
  const auto n = static_cast<double>(means_.size());
  if (n < 4.0) return 0.0;
  double mean = 0.0;
  for (const double m : means_) mean += m / n;
  double squares = 0.0;
  for (const double m : means_) squares += (m - mean) * (m - mean);
  return student_t(confidence, n - 1.0) * std::sqrt(squares / (n - 1.0) / n);
}

double student_t(double confidence, double degrees) {
  const double z = normal_quantile(0.5 + 0.5 * confidence);
  const double z2 = z * z;
  const double g1 = z * (z2 + 1.0) / 4.0;
  const double g2 = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
  const double g3 = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
  return z + (g1 + (g2 + g3 / degrees) / degrees) / degrees;
}

void Metric::add(double value) {
  sketch_.add(value);
  batches_.add(value);
  sum_ += value;
}

void Metric::add(double value, std::uint64_t weight) {
  sketch_.add(value, weight);
  batches_.add(value);
  sum_ += value * static_cast<double>(weight);
}

double Metric::mean() const { return count() == 0 ? 0.0 : sum_ / static_cast<double>(count()); }

Summary Metric::summary() const {
  return {mean(), quantile(0.50), quantile(0.90), quantile(0.95), quantile(0.99), half_width(0.95)};
}

}  // namespace gpusize
