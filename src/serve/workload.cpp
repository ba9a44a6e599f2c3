#include "gpusize/serve/workload.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "gpusize/serve/random.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::pair<std::string_view, ArrivalKind>, 7> kKinds{{
    {"poisson", ArrivalKind::kPoisson},
    {"gamma", ArrivalKind::kGamma},
    {"constant", ArrivalKind::kConstant},
    {"diurnal", ArrivalKind::kDiurnal},
    {"ramp", ArrivalKind::kRamp},
    {"burst", ArrivalKind::kBurst},
    {"closed", ArrivalKind::kClosed},
}};

constexpr int kStrips = 2000;  // of the numeric moments

template <typename Term>
double mean_of(const Workload& workload, Term term) {
  double sum = 0.0;
  double shares = 0.0;
  for (const RequestClass& c : workload.classes) {
    sum += c.share * term(c);
    shares += c.share;
  }
  return shares > 0.0 ? sum / shares : 0.0;
}

}  // namespace

std::optional<ArrivalKind> arrival_kind_from(std::string_view name) {
  for (const auto& [text, kind] : kKinds) {
    if (text == name) return kind;
  }
  return {};
}

std::string_view name_of(ArrivalKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind)).first;
}

double ArrivalProcess::gap_scv() const {
  switch (kind) {
    case ArrivalKind::kConstant: return 0.0;
    case ArrivalKind::kGamma: return 1.0 / burstiness;
    default: return 1.0;
  }
}

double ArrivalProcess::rate_at(double now_s) const {
  if (kind == ArrivalKind::kRamp) {
    if (ramp_s <= 0.0) return ramp_to;
    return rate + (ramp_to - rate) * std::clamp(now_s / ramp_s, 0.0, 1.0);
  }
  if (kind != ArrivalKind::kDiurnal) return rate;
  double sum = 0.0;
  for (const double h : hours) sum += h;
  if (sum <= 0.0) return rate;
  const double part = std::fmod(now_s, period_s) / period_s * 24.0;
  const auto hour = std::min<std::size_t>(static_cast<std::size_t>(part), 23);
  return rate * 24.0 * hours[hour] / sum;
}

double ArrivalProcess::peak_rate() const {
  if (kind == ArrivalKind::kRamp) return std::max(rate, ramp_to);
  if (kind != ArrivalKind::kDiurnal) return rate;
  double peak = 0.0;
  for (int h = 0; h < 24; ++h) peak = std::max(peak, rate_at((h + 0.5) * period_s / 24.0));
  return peak;
}

LengthDistribution LengthDistribution::fixed(double tokens) {
  LengthDistribution d;
  d.mean = tokens;
  return d;
}

LengthDistribution LengthDistribution::lognormal(double mean, double median) {
  LengthDistribution d = fixed(mean);
  if (median <= 0.0 || median >= mean) return d;
  d.kind = LengthKind::kLognormal;
  d.sigma = std::sqrt(2.0 * portable_log(mean / median));
  return d;
}

LengthDistribution LengthDistribution::empirical(std::vector<std::pair<double, double>> quantiles,
                                                 double mean) {
  LengthDistribution d;
  d.kind = LengthKind::kEmpirical;
  d.mean = mean;
  d.quantiles = std::move(quantiles);
  const double raw = d.first_moment();
  if (raw > 0.0 && mean > 0.0) {
    for (auto& [share, tokens] : d.quantiles) tokens *= mean / raw;
  }
  return d;
}

double LengthDistribution::at(double u) const {
  switch (kind) {
    case LengthKind::kFixed: return mean;
    case LengthKind::kExponential: return -mean * portable_log(1.0 - u);
    case LengthKind::kLognormal:
      return mean * portable_exp(sigma * normal_quantile(u) - 0.5 * sigma * sigma);
    case LengthKind::kEmpirical: break;
  }
  if (quantiles.empty()) return mean;
  if (u <= quantiles.front().first) return quantiles.front().second;
  for (std::size_t i = 1; i < quantiles.size(); ++i) {
    const auto& [high, to] = quantiles[i];
    if (u > high) continue;
    const auto& [low, from] = quantiles[i - 1];
    const double part = high > low ? (u - low) / (high - low) : 1.0;
    return from * portable_exp(part * portable_log(std::max(to, 1e-9) / std::max(from, 1e-9)));
  }
  return quantiles.back().second;
}

double LengthDistribution::first_moment() const {
  if (kind != LengthKind::kEmpirical) return mean;
  double sum = 0.0;
  for (int i = 0; i < kStrips; ++i) sum += at((i + 0.5) / kStrips);
  return sum / kStrips;
}

double LengthDistribution::second_moment() const {
  switch (kind) {
    case LengthKind::kFixed: return mean * mean;
    case LengthKind::kExponential: return 2.0 * mean * mean;
    case LengthKind::kLognormal: return mean * mean * portable_exp(sigma * sigma);
    case LengthKind::kEmpirical: break;
  }
  double sum = 0.0;
  for (int i = 0; i < kStrips; ++i) {
    const double x = at((i + 0.5) / kStrips);
    sum += x * x;
  }
  return sum / kStrips;
}

double Workload::mean_input() const {
  return mean_of(*this, [](const RequestClass& c) { return c.input.first_moment(); });
}

double Workload::mean_output() const {
  return mean_of(*this, [](const RequestClass& c) { return c.output.first_moment(); });
}

double Workload::mean_computed_input() const {
  return mean_of(*this, [](const RequestClass& c) {
    return c.input.first_moment() * (1.0 - c.cache_hit_share);
  });
}

}  // namespace gpusize
