#pragma once
// A length distribution as a few weighted lengths.

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gpusize/serve/workload.hpp"

namespace gpusize {

/// Shares of requests by length, finer towards both ends: the longest prompts make the percentiles
/// of the first token, and in the shortest answers one prompt of others weighs most.
inline constexpr std::array<double, 19> kLengthEdges{0.0,  0.015, 0.03,  0.06,  0.1, 0.15, 0.2,
                                                     0.3,  0.4,   0.5,   0.6,   0.7, 0.8,  0.88,
                                                     0.94, 0.97,  0.985, 0.995, 1.0};

struct Stratum {
  double weight;
  double value;
};

inline std::vector<Stratum> strata(const LengthDistribution& lengths) {
  if (lengths.kind == LengthKind::kFixed) return {{1.0, lengths.mean}};
  std::vector<Stratum> out;
  double mean = 0.0;
  for (std::size_t i = 1; i < kLengthEdges.size(); ++i) {
    const double weight = kLengthEdges[i] - kLengthEdges[i - 1];
    const double value =
        std::max(1.0, std::round(lengths.at(0.5 * (kLengthEdges[i] + kLengthEdges[i - 1]))));
    out.push_back({weight, value});
    mean += weight * value;
  }
  // The longest stand for more than their midpoint: they carry what is missing of the mean.
  out.back().value += std::max(0.0, lengths.first_moment() - mean) / out.back().weight;
  return out;
}

/// Shares of the time by the number in the system, finer where percentiles are asked.
inline constexpr std::array<double, 10> kStateShares{0.1,  0.2,  0.2,  0.2,  0.1,
                                                     0.07, 0.05, 0.04, 0.03, 0.01};

/// States in ascending order, their weights adding up to `sum`, as means over kStateShares.
inline std::vector<Stratum> by_share(const std::vector<Stratum>& states, double sum) {
  std::vector<Stratum> out;
  double from = 0.0;
  std::size_t i = 0;
  double below = 0.0;  // taken of state i
  for (const double share : kStateShares) {
    const double until = (from + share) * sum;
    double weight = 0.0;
    double moment = 0.0;
    while (i < states.size() && weight < share * sum) {
      const double take = std::min(states[i].weight - below, until - from * sum - weight);
      weight += take;
      moment += take * states[i].value;
      below += take;
      if (below < states[i].weight - 1e-15 * sum) break;
      ++i;
      below = 0.0;
    }
    from += share;
    if (weight > 0.0) out.push_back({share, moment / weight});
  }
  return out;
}

}  // namespace gpusize
