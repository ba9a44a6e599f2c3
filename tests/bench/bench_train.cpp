#include <chrono>

#include <fmt/format.h>

#include "bench.hpp"
#include "gpusize/plan/train_plan.hpp"

namespace gpusize::bench {

void bench_train(int runs) {
  auto catalog = Catalog::shipped();
  const auto frameworks = shipped_frameworks();
  if (!catalog.ok() || !frameworks.ok() || has_errors(catalog->settle())) return;
  const auto model = catalog->find_model("gpt3-175b");
  if (!model.ok()) return;
  TrainRequest request;
  request.gpus = {"A100-SXM4-80GB"};
  request.counts = {64};
  request.tokens = 300e9;
  request.sequence = 2048.0;
  request.global_batch = 4096.0;
  request.all_layouts = true;
  std::vector<double> seconds;
  double covered = 0.0;
  double estimated = 0.0;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto plan = plan_training(*catalog, *frameworks, *model->entry, request);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!plan.ok()) return;
    covered = plan->covered;
    estimated = plan->estimated;
  }
  fmt::print("gpt3-175b on 64 A100: every training layout, one core, median of {}\n", runs);
  fmt::print("  {:.0f} layouts covered, {:.0f} estimated in {:.0f} ms\n", covered, estimated,
             median(seconds) * 1e3);
}

}  // namespace gpusize::bench
