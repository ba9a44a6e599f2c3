#include <chrono>
#include <random>

#include <fmt/format.h>

#include "bench.hpp"
#include "gpusize/fleet/pool_document.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::bench {
namespace {

/// A pool of catalog models with peaks all over the day, on four cards.
std::string pool_text(int models) {
  constexpr const char* kModels[] = {"qwen3-0.6b",
                                     "deepseek-r1-distill-qwen-1.5b",
                                     "deepseek-7b",
                                     "llama-3.1-8b",
                                     "deepseek-r1-distill-qwen-14b",
                                     "deepseek-r1-distill-qwen-32b",
                                     "llama-3-70b",
                                     "deepseek-coder-6.7b"};
  std::string out =
      "cards: [{gpu: H100-SXM5-80GB, owned: 8, owned_usd_per_month: 300, slices: [mig]}, {gpu: "
      "H200-SXM-141GB}, {gpu: A100-SXM4-80GB}, {gpu: L40S}]\nmodels:\n";
  std::mt19937 random(1);
  for (int m = 0; m < models; ++m) {
    const auto from = random() % 24;
    out += fmt::format(
        "  - {{name: m{}, model: {}, qps: {}, input_tokens: {}, output_tokens: {}, busy: {}-{}, "
        "off_peak: 0.{}}}\n",
        m, kModels[random() % std::size(kModels)], 1 + random() % 20, 200 + random() % 3000,
        50 + random() % 500, from, (from + 8 + random() % 6) % 24, 1 + random() % 8);
  }
  return out;
}

void time_pool(const Catalog& catalog, int models, int runs) {
  const auto file = read_yaml("pool.yaml", pool_text(models));
  if (!file.ok()) return;
  const auto pool = read_pool(catalog, file->root());
  if (!pool.ok()) return;
  std::vector<std::shared_ptr<const ModelSpec>> specs;
  for (const PoolModel& m : pool->models) {
    const auto found = catalog.find_model(m.request.model);
    if (!found.ok()) return;
    specs.emplace_back(std::shared_ptr<void>(), found->entry);
  }
  std::vector<double> seconds;
  std::string status;
  double gap = 0.0;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto document = pool_document(catalog, *pool, specs);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (!document.ok()) return;
    status = document->json()["status"].get<std::string>();
    gap = document->json()["gap_pct"].get<double>();
  }
  fmt::print("  {:>3} models on 4 cards, 24 hours: {} with a gap of {:.2f} % in {:.2f} s\n", models,
             status, gap, median(seconds));
}

}  // namespace

void bench_pool(int runs) {
  const auto catalog = Catalog::shipped();
  if (!catalog.ok()) return;
  fmt::print("pool: median of {}, planner and document included\n", runs);
  time_pool(*catalog, 12, runs);
  time_pool(*catalog, 200, runs);
}

}  // namespace gpusize::bench
