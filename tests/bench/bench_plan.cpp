#include <chrono>

#include <fmt/format.h>

#include "bench.hpp"
#include "gpusize/plan/planner.hpp"

namespace gpusize::bench {
namespace {

PlanRequest chat(double qps) {
  PlanRequest request;
  request.qps = qps;
  request.workload = "custom";
  request.input_tokens = 1155.0;
  request.output_tokens = 211.0;
  request.jobs = 1;
  return request;
}

struct Rates {
  double considered_per_s = 0.0;
  double evaluated_per_s = 0.0;
  double seconds = 0.0;
};

Rates measure(const Catalog& catalog, const ModelSpec& model, const PlanRequest& request,
              SearchMode mode) {
  const auto start = std::chrono::steady_clock::now();
  const auto plan = make_plan(catalog, model, request, mode);
  Rates rates;
  rates.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!plan.ok()) return rates;
  rates.considered_per_s = static_cast<double>(plan->considered) / rates.seconds;
  rates.evaluated_per_s = static_cast<double>(plan->evaluated) / rates.seconds;
  return rates;
}

}  // namespace

void bench_plan(int runs) {
  const auto catalog = Catalog::shipped();
  if (!catalog.ok()) return;
  for (const char* name : {"deepseek-7b", "deepseek-r1"}) {
    const auto model = catalog->find_model(name);
    if (!model.ok()) continue;
    std::vector<double> considered;
    std::vector<double> evaluated;
    std::vector<double> pruned_s;
    std::vector<double> full_s;
    for (int i = 0; i < runs; ++i) {
      const Rates pruned = measure(*catalog, *model->entry, chat(500.0), SearchMode::kPruned);
      const Rates full = measure(*catalog, *model->entry, chat(500.0), SearchMode::kExhaustive);
      considered.push_back(pruned.considered_per_s);
      pruned_s.push_back(pruned.seconds);
      evaluated.push_back(full.evaluated_per_s);
      full_s.push_back(full.seconds);
    }
    fmt::print("{}: one core, median of {}\n", name, runs);
    fmt::print("  pruned      {:.0f} layout points considered per second ({:.1f} ms)\n",
               median(considered), median(pruned_s) * 1e3);
    fmt::print("  exhaustive  {:.0f} points evaluated per second ({:.1f} ms)\n", median(evaluated),
               median(full_s) * 1e3);
  }
}

}  // namespace gpusize::bench
