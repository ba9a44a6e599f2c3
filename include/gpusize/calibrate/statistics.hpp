#pragma once
// How far predictions are from measurements.

#include <optional>
#include <string>
#include <vector>

namespace gpusize {

/// One comparison.
struct Comparison {
  double predicted = 0.0;
  double measured = 0.0;  ///< above 0
  double low = 0.0;
  double high = 0.0;

  /// (predicted - measured) / measured: above 0 is too high.
  [[nodiscard]] double error() const { return (predicted - measured) / measured; }
  [[nodiscard]] bool within_band() const { return low <= measured && measured <= high; }
};

/// Errors of a set of comparisons, in percent. APE: absolute percentage error, |error()|.
struct ErrorStatistics {
  std::size_t n = 0;
  double median_ape_pct = 0.0;
  double mean_ape_pct = 0.0;
  double p90_ape_pct = 0.0;
  double bias_pct = 0.0;         ///< median of the signed errors
  double within_band_pct = 0.0;  ///< share of measured values inside the 90 % band
};

/// Nothing for an empty set.
std::optional<ErrorStatistics> error_statistics(const std::vector<Comparison>& comparisons);

/// The `percent` percentile with linear interpolation between order statistics (NumPy's default,
/// method 7 of Hyndman and Fan, The American Statistician 50(4), 1996). `values` must not be empty.
double percentile(std::vector<double> values, double percent);

}  // namespace gpusize
