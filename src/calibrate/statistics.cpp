#include "gpusize/calibrate/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gpusize/core/check.hpp"

namespace gpusize {

double percentile(std::vector<double> values, double percent) {
  GPUSIZE_CHECK(!values.empty(), "percentile of nothing");
  std::sort(values.begin(), values.end());
  const double rank = percent / 100.0 * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(rank));
  const std::size_t above = std::min(below + 1, values.size() - 1);
  const double part = rank - static_cast<double>(below);
  return values[below] + part * (values[above] - values[below]);
}

std::optional<ErrorStatistics> error_statistics(const std::vector<Comparison>& comparisons) {
  if (comparisons.empty()) return {};
  std::vector<double> errors;
  std::vector<double> ape;
  std::size_t inside = 0;
  for (const Comparison& c : comparisons) {
    errors.push_back(100.0 * c.error());
    ape.push_back(std::fabs(errors.back()));
    inside += c.within_band() ? 1U : 0U;
  }
  ErrorStatistics out;
  out.n = comparisons.size();
  const auto n = static_cast<double>(out.n);
  out.median_ape_pct = percentile(ape, 50.0);
  out.mean_ape_pct = std::accumulate(ape.begin(), ape.end(), 0.0) / n;
  out.p90_ape_pct = percentile(ape, 90.0);
  out.bias_pct = percentile(errors, 50.0);
  out.within_band_pct = 100.0 * static_cast<double>(inside) / n;
  return out;
}

}  // namespace gpusize
