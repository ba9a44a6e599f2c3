#include <algorithm>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "bench.hpp"
#include "gpusize/core/parallel.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/tco_document.hpp"
#include "gpusize/report/formats.hpp"
#include "gpusize/tco/analysis.hpp"

namespace gpusize::bench {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

void bench_tco(int runs) {
  const auto catalog = Catalog::shipped();
  if (!catalog.ok()) return;
  PlanRequest plan;
  plan.model = "deepseek-v3.2";
  plan.qps = 50.0;
  plan.workload = "custom";
  plan.input_tokens = 1155.0;
  plan.output_tokens = 211.0;
  plan.top = 20;
  const auto model = catalog->find_model(plan.model);
  if (!model.ok()) return;
  const auto found = make_plan(*catalog, *model->entry, plan);
  if (!found.ok()) return;
  const ResultDocument plan_doc = plan_document(*catalog, *model->entry, plan, *found);
  TcoRequest request;
  request.plan = plan;
  request.years = 5.0;
  request.draws = 0;
  request.scenarios = {"own", "rent", "reserve-3y", "api", "hybrid"};
  std::vector<double> reports;
  std::vector<double> draws;
  const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int i = 0; i < runs; ++i) {
    auto start = std::chrono::steady_clock::now();
    std::vector<std::size_t> bytes(found->options.size(), 0);
    // The plan's reasons were made with it, so that its documents may share them.
    for_each_index(bytes.size(), threads, [&](std::size_t option) {
      TcoRequest one = request;
      one.option = static_cast<std::int64_t>(option + 1);
      const auto document = tco_document(*catalog, one, &plan_doc);
      if (document.ok()) bytes[option] = write_json(*document, {}).size();
    });
    reports.push_back(seconds_since(start));
    if (std::find(bytes.begin(), bytes.end(), 0U) != bytes.end()) return;
    request.option = 1;
    const auto setup = set_up_tco(*catalog, request, &plan_doc);
    if (!setup.ok()) return;
    const auto engine = TcoEngine::make(setup->model, setup->scenarios);
    if (!engine.ok()) return;
    start = std::chrono::steady_clock::now();
    const auto spread = tco_simulation(*engine, 100'000, 1, threads);
    draws.push_back(seconds_since(start));
    if (spread.empty()) return;
  }
  fmt::print("tco: median of {}\n", runs);
  fmt::print(
      "  documents   {} options x 5 scenarios x 5 years with JSON in {:.0f} ms, {} threads\n",
      found->options.size(), median(reports) * 1e3, threads);
  fmt::print("  simulation  100,000 draws of 5 scenarios x 5 years in {:.0f} ms, {} threads\n",
             median(draws) * 1e3, threads);
}

}  // namespace gpusize::bench
