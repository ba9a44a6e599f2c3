// Writes small pools as integer programs, and what our exact solver makes of each: some made up at
// random, and the shipped example with the planner's own choices. compare.py asks CBC about them.
// Usage: gpusize_pool_lp FOLDER    writes FOLDER/NAME.lp; NAME, cost and whether it is exact go to
// stdout as CSV, the cost empty where no assignment keeps the limits

#include <filesystem>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include "fleet/pool_answer.hpp"
#include "gpusize/spec/read_document.hpp"
#include "pool_cbc/pool_lp.hpp"
#include "support/pools.hpp"

namespace gpusize {
namespace {

void write(const std::string& name, const PoolProblem& problem,
           const std::filesystem::path& folder) {
  std::ofstream(folder / (name + ".lp")) << pool_lp(problem);
  const PoolSolution ours = solve_pool(problem);
  fmt::print("{},{},{}\n", name,
             ours.feasible ? fmt::format("{:.6f}", ours.usd_per_month) : std::string(),
             ours.optimal ? "exact" : "cut off");
}

PoolProblem shipped_example() {
  const auto catalog = Catalog::shipped();
  const auto file = read_document(GPUSIZE_SOURCE_DIR "/configs/pool/company.yaml");
  const auto pool = read_pool(*catalog, file->root());
  std::vector<std::shared_ptr<const ModelSpec>> models;
  for (const PoolModel& m : pool->models)
    models.emplace_back(std::shared_ptr<void>(), catalog->find_model(m.request.model)->entry);
  return pool_world(*catalog, *pool, models)->problem;
}

void write_all(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  write("company", shipped_example(), folder);
  std::mt19937 random(29);
  for (std::size_t models = 2; models < 14; ++models) {
    const std::size_t hours = models % 3 == 0 ? 24 : 1 + random() % 6;
    const PoolProblem p = random_pool(random, models, 2 + random() % 3, hours);
    write(fmt::format("random-{}-models-{}-hours", models, hours), p, folder);
  }
  PoolProblem full = random_pool(random, 8, 2, 4);
  for (PoolKind& kind : full.kinds) kind = {kind.usd_per_month, 0, 3};
  write("too-small", full, folder);
}

}  // namespace
}  // namespace gpusize

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: gpusize_pool_lp FOLDER\n");
    return 2;
  }
  gpusize::write_all(argv[1]);
  return 0;
}
