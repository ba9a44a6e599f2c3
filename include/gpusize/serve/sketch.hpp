#pragma once
// Streaming statistics of one latency: exact mean, percentiles to 0.4 %, confidence by batch means.
// Memory does not grow with the number of observations.

#include <cstdint>
#include <vector>

namespace gpusize {

/// Percentiles from counts in buckets of 1/256 of an octave; the error of a percentile is below
/// 1/256 of its value. Positive values only; 0 and below count as the smallest bucket.
class QuantileSketch {
 public:
  void add(double value, std::uint64_t weight = 1);
  /// The value at share `p` of the observations; 0 without any.
  [[nodiscard]] double quantile(double p) const;
  /// Share of the observations at or below `value` (to the bucket).
  [[nodiscard]] double share_below(double value) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double low_ = 0.0;
  double high_ = 0.0;
};

/// Means of successive batches; when the batches are full, neighbours merge.
class BatchMeans {
 public:
  void add(double value);
  /// Half-width of the two-sided confidence interval of the mean; 0 below four batches.
  [[nodiscard]] double half_width(double confidence) const;

 private:
  std::vector<double> means_;
  double sum_ = 0.0;
  std::uint64_t in_batch_ = 0;
  std::uint64_t batch_ = 1;
};

/// Student's t quantile for a two-sided interval (Hill, 1970 series around the normal quantile).
double student_t(double confidence, double degrees);

/// What is reported of one latency, in its own unit.
struct Summary {
  double mean = 0.0;
  double p50 = 0.0;
  double p90 = 0.0;
  double p95 = 0.0;
  double p99 = 0.0;
  double ci95 = 0.0;  ///< half-width of the 95 % interval of the mean
};

class Metric {
 public:
  void add(double value);
  /// As `weight` equal observations; they count as one for the confidence interval.
  void add(double value, std::uint64_t weight);
  [[nodiscard]] double mean() const;
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] std::uint64_t count() const { return sketch_.count(); }
  [[nodiscard]] double quantile(double p) const { return sketch_.quantile(p); }
  [[nodiscard]] double half_width(double confidence) const {
    return batches_.half_width(confidence);
  }
  [[nodiscard]] Summary summary() const;

 private:
  QuantileSketch sketch_;
  BatchMeans batches_;
  double sum_ = 0.0;
};

}  // namespace gpusize
