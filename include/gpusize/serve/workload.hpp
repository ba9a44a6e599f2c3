#pragma once
// What is asked of a deployment: how requests arrive, how long they are, what they share, and what
// each class of them is promised.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gpusize {

enum class ArrivalKind : std::uint8_t {
  kPoisson,
  kGamma,     ///< gaps gamma-distributed with shape `burstiness` (vLLM bench: below 1 is bursty)
  kConstant,  ///< equal gaps
  kDiurnal,   ///< Poisson whose rate follows `hours` over the day
  kRamp,      ///< Poisson whose rate grows from `rate` to `ramp_to` over `ramp_s`
  kBurst,     ///< all at time 0
  kClosed,    ///< `concurrency` requests kept in flight
};
std::optional<ArrivalKind> arrival_kind_from(std::string_view name);
std::string_view name_of(ArrivalKind kind);

struct ArrivalProcess {
  ArrivalKind kind = ArrivalKind::kPoisson;
  double rate = 1.0;               ///< requests per second, mean over the period
  double burstiness = 1.0;         ///< gamma shape; 1 is Poisson, squared variation is 1/burstiness
  double concurrency = 1.0;        ///< closed loop
  double ramp_to = 0.0;            ///< requests per second at the end of the ramp
  double ramp_s = 0.0;             ///< seconds
  double period_s = 86400.0;       ///< of the diurnal curve
  std::array<double, 24> hours{};  ///< relative rates of a period's 24 parts

  /// Squared coefficient of variation of the gaps.
  [[nodiscard]] double gap_scv() const;
  /// The rate at a time of the process.
  [[nodiscard]] double rate_at(double now_s) const;
  /// The largest rate that it ever has.
  [[nodiscard]] double peak_rate() const;
};

enum class LengthKind : std::uint8_t { kFixed, kLognormal, kExponential, kEmpirical };

/// Tokens per request. Samples are whole and at least 1.
struct LengthDistribution {
  LengthKind kind = LengthKind::kFixed;
  double mean = 1.0;
  double sigma = 0.0;  ///< of the logarithm (lognormal)
  /// Empirical: (share of requests at or below, tokens), ascending; between them the logarithm is
  /// interpolated.
  std::vector<std::pair<double, double>> quantiles;

  static LengthDistribution fixed(double tokens);
  /// By mean and median; a median at or above the mean gives a fixed length.
  static LengthDistribution lognormal(double mean, double median);
  /// Quantiles scaled so that the mean holds.
  static LengthDistribution empirical(std::vector<std::pair<double, double>> quantiles,
                                      double mean);

  /// Tokens at share `u` of the requests, not rounded.
  [[nodiscard]] double at(double u) const;
  /// Mean and mean square of at(u) over u.
  [[nodiscard]] double first_moment() const;
  [[nodiscard]] double second_moment() const;
};

/// What a class of requests is promised, in seconds; unset is not promised.
struct ServiceTargets {
  std::optional<double> ttft_s;
  std::optional<double> tpot_s;
  std::optional<double> e2e_s;
  [[nodiscard]] bool any() const { return ttft_s || tpot_s || e2e_s; }
};

struct RequestClass {
  std::string name = "all";
  double share = 1.0;  ///< of the requests; shares are relative
  LengthDistribution input;
  LengthDistribution output;
  double cache_hit_share = 0.0;    ///< of the prompt, wherever it runs
  std::int32_t shared_prefix = 0;  ///< tokens that all requests of one group begin with
  std::int32_t prefix_groups = 1;  ///< different prefixes of that length
  double turns = 1.0;              ///< mean requests of a session; later ones repeat the history
  double think_s = 0.0;            ///< mean pause between an answer and the next turn
  ServiceTargets targets;
};

struct Workload {
  std::string name = "custom";
  ArrivalProcess arrivals;
  std::vector<RequestClass> classes;

  /// Means over the classes.
  [[nodiscard]] double mean_input() const;
  [[nodiscard]] double mean_output() const;
  /// Input tokens that must be computed: without cache_hit_share.
  [[nodiscard]] double mean_computed_input() const;
};

}  // namespace gpusize
