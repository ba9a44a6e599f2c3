// The simulator against exact results of queueing theory: a server is one sequence, its service
// time the answer's length times a constant step. Kleinrock, Queueing Systems I (1975), chapters 3
// and 5.

#include <cmath>

#include "support/catch.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

using test::config_of;
using test::exponential_length;
using test::run;
using test::workload_of;

constexpr double kStepS = 0.001;
constexpr double kTokens = 1000.0;  // a service takes 1 s on average

/// The exact mean time in system lies in the simulator's own 99 % interval.
void check_mean(const LengthDistribution& service, double rate, std::int64_t servers, double exact,
                std::uint64_t seed) {
  ConstantStepTimes times(kStepS);
  const Workload w = workload_of(rate, service);
  const SimulationConfig c = config_of(times, 1, servers, w, 200'000);
  const ServingResult r = run(c, w, seed);
  const double width = r.e2e_s.half_width(0.99);
  INFO("exact " << exact << " simulated " << r.e2e_s.mean() << " +- " << width);
  CHECK(width < 0.15 * exact);
  CHECK(std::abs(r.e2e_s.mean() - exact) < width + 0.5 * kStepS);
}

/// Probability of waiting with `c` servers and load `a` (Erlang C), by Erlang B's recursion.
double erlang_c(int c, double a) {
  double b = 1.0;
  for (int k = 1; k <= c; ++k) b = a * b / (k + a * b);
  const double rho = a / c;
  return b / (1.0 - rho * (1.0 - b));
}

TEST_CASE("M/M/1: mean time in system is 1 / (mu - lambda)") {
  check_mean(exponential_length(kTokens), 0.5, 1, 1.0 / (1.0 - 0.5), 11);
  check_mean(exponential_length(kTokens), 0.8, 1, 1.0 / (1.0 - 0.8), 12);
}

TEST_CASE("M/D/1: half the waiting of M/M/1") {
  const double rho = 0.7;
  check_mean(LengthDistribution::fixed(kTokens), rho, 1, 1.0 + rho / (2.0 * (1.0 - rho)), 13);
}

TEST_CASE("M/G/1: Pollaczek and Khinchine, lognormal service") {
  const double rho = 0.6;
  const LengthDistribution service = LengthDistribution::lognormal(kTokens, 700.0);
  const double second = service.second_moment() / (kTokens * kTokens);
  check_mean(service, rho, 1, 1.0 + rho * second / (2.0 * (1.0 - rho)), 14);
}

TEST_CASE("M/M/c: Erlang C") {
  for (const int c : {2, 8}) {
    const double a = 0.8 * c;
    const double exact = 1.0 + erlang_c(c, a) / (c - a);
    check_mean(exponential_length(kTokens), a, c, exact, static_cast<std::uint64_t>(20 + c));
  }
}

TEST_CASE("Little's law holds to rounding") {
  ConstantStepTimes times(kStepS);
  const Workload w = workload_of(3.2, exponential_length(kTokens));
  const ServingResult r = run(config_of(times, 2, 2, w, 20'000), w, 5);
  CHECK(r.completed == 20'000);
  CHECK(r.in_system_s == Approx(r.sojourn_sum_s).epsilon(1e-9));
}

TEST_CASE("percentiles grow with the load") {
  ConstantStepTimes times(kStepS);
  double p50 = 0.0;
  double p99 = 0.0;
  for (const double rate : {0.3, 0.5, 0.7, 0.85}) {
    const Workload w = workload_of(rate, exponential_length(kTokens));
    const ServingResult r = run(config_of(times, 1, 1, w, 40'000), w, 7);
    CHECK(r.e2e_s.quantile(0.5) >= p50);
    CHECK(r.e2e_s.quantile(0.99) >= p99);
    p50 = r.e2e_s.quantile(0.5);
    p99 = r.e2e_s.quantile(0.99);
    CHECK(r.e2e_s.quantile(0.95) <= p99);
  }
}

TEST_CASE("a seed gives the same run, another one does not") {
  ConstantStepTimes times(kStepS);
  const Workload w = workload_of(0.7, exponential_length(kTokens));
  const SimulationConfig c = config_of(times, 1, 1, w, 2'000);
  CHECK(run(c, w, 1).e2e_s.sum() == run(c, w, 1).e2e_s.sum());
  CHECK(run(c, w, 1).e2e_s.sum() != run(c, w, 2).e2e_s.sum());
}

TEST_CASE("bursty arrivals wait longer than Poisson at the same rate") {
  ConstantStepTimes times(kStepS);
  Workload bursty = workload_of(0.7, exponential_length(kTokens), ArrivalKind::kGamma);
  bursty.arrivals.burstiness = 0.25;
  const Workload even = workload_of(0.7, exponential_length(kTokens), ArrivalKind::kConstant);
  const Workload poisson = workload_of(0.7, exponential_length(kTokens));
  const auto wait = [&](const Workload& w) {
    return run(config_of(times, 1, 1, w, 50'000), w, 3).queue_s.mean();
  };
  CHECK(wait(even) < wait(poisson));
  CHECK(wait(poisson) < wait(bursty));
}

}  // namespace
}  // namespace gpusize
