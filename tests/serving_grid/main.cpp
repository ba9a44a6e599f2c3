// gpusize_serving_grid [--every N] [--requests N] [--check TTFT TPOT]: the closed form against the
// simulator. Prints the table of docs/serving-grid.md; with --check the exit status says whether
// the median errors of p95 are within these shares.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "points.hpp"

namespace gpusize::grid {
namespace {

struct Options {
  std::size_t every = 1;
  std::uint64_t requests = 10'000;
  double most_ttft = 0.0;  ///< median error at which --check fails; 0: not checked
  double most_tpot = 0.0;
  bool list = false;
};

double at_share(std::vector<double> values, double share) {
  if (values.empty()) return 0.0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Errors {
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> tpot_signed;
  void add(const Outcome& o) {
    ttft.push_back(std::abs(o.ttft_error));
    tpot.push_back(std::abs(o.tpot_error));
    tpot_signed.push_back(o.tpot_error);
  }
};

void print_row(const std::string& name, const Errors& e) {
  fmt::print("| {} | {} | {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % | {:+.1f} % |\n", name,
             e.ttft.size(), 100 * at_share(e.ttft, 0.5), 100 * at_share(e.ttft, 0.9),
             100 * at_share(e.tpot, 0.5), 100 * at_share(e.tpot, 0.9),
             100 * at_share(e.tpot_signed, 0.5));
}

void print_by(const std::string& title, const std::vector<Outcome>& outcomes,
              const std::function<std::string(const Outcome&)>& key) {
  fmt::print(
      "\n| {} | points | TTFT p95: median | 9 of 10 within | TPOT p95: median | 9 of 10 "
      "within | median with sign |\n|---|---|---|---|---|---|---|\n",
      title);
  std::vector<std::string> order;
  for (const Outcome& o : outcomes)
    if (std::find(order.begin(), order.end(), key(o)) == order.end()) order.push_back(key(o));
  for (const std::string& name : order) {
    Errors e;
    for (const Outcome& o : outcomes)
      if (key(o) == name) e.add(o);
    print_row(name, e);
  }
}

std::string name_of(const test::DeploymentNames& d) {
  const auto ways = d.layout.tp > 1 ? fmt::format(" tp{}", d.layout.tp) : std::string();
  return fmt::format("{}, {}{}, {}", d.model, d.gpu, ways, d.engine);
}

int run(const Options& options) {
  const std::vector<Point> points = all_points();
  std::vector<Outcome> outcomes;
  Errors all;
  std::size_t overrun = 0;
  for (std::size_t i = 0; i < points.size(); i += options.every) {
    const Outcome o = judge(points[i], options.requests);
    overrun += o.sustained ? 0 : 1;
    outcomes.push_back(o);
    all.add(o);
    if (options.list)
      fmt::print(stderr,
                 "{} {} x{} {:.1f}: ttft {:+.3f} tpot {:+.3f} mean {:+.3f} preempted {:.3f}{}\n",
                 name_of(*o.point.deployment), o.point.workload, o.point.replicas, o.point.load,
                 o.ttft_error, o.tpot_error, o.tpot_mean_error, o.preempted,
                 o.sustained ? "" : " overrun");
  }
  const double ttft = at_share(all.ttft, 0.5);
  const double tpot = at_share(all.tpot, 0.5);
  fmt::print(
      "# The closed form against the simulator\n\n"
      "Written by `gpusize_serving_grid`; see serving.md. {} points, {} Poisson arrivals "
      "each, on the same step times; errors are those of the closed form, absolute unless "
      "a sign is named. Load is the rate over the largest that the closed form thinks can "
      "be served.\n\n"
      "Median error of p95: TTFT {:.1f} %, TPOT {:.1f} %. At {} points the simulation did "
      "not complete 95 % of the rate.\n",
      outcomes.size(), options.requests, 100 * ttft, 100 * tpot, overrun);
  print_by("load", outcomes, [](const Outcome& o) { return fmt::format("{:.1f}", o.point.load); });
  print_by("workload", outcomes, [](const Outcome& o) { return std::string(o.point.workload); });
  print_by("replicas", outcomes,
           [](const Outcome& o) { return fmt::format("{}", o.point.replicas); });
  print_by("deployment", outcomes, [](const Outcome& o) { return name_of(*o.point.deployment); });
  if (options.most_ttft <= 0.0) return 0;
  const bool good = ttft <= options.most_ttft && tpot <= options.most_tpot;
  if (!good)
    fmt::print(stderr, "median error of p95 beyond TTFT {:.0f} %, TPOT {:.0f} %\n",
               100 * options.most_ttft, 100 * options.most_tpot);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace gpusize::grid

int main(int argc, char** argv) {
  gpusize::grid::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--check" && i + 2 < argc) {
      options.most_ttft = std::strtod(argv[++i], nullptr);
      options.most_tpot = std::strtod(argv[++i], nullptr);
    }
    if (word == "--list") options.list = true;
    if (word == "--every" && i + 1 < argc) options.every = std::strtoull(argv[++i], nullptr, 10);
    if (word == "--requests" && i + 1 < argc)
      options.requests = std::strtoull(argv[++i], nullptr, 10);
  }
  return gpusize::grid::run(options);
}
