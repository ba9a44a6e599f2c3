// Our exact solutions against CBC's (Debian: coinor-cbc): small pools made up at random, and the
// shipped example with the planner's own choices.
// Usage: pool_cbc FOLDER    exit code 0: the same cost everywhere; 1: not; 77: there is no cbc

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <stdexcept>

#include <fmt/format.h>

#include "fleet/pool_answer.hpp"
#include "gpusize/spec/read_document.hpp"
#include "pool_cbc/pool_lp.hpp"
#include "support/pools.hpp"

namespace gpusize {
namespace {

namespace fs = std::filesystem;

constexpr int kSkipped = 77;

/// The least cost by CBC; nothing when it finds the pool infeasible.
std::optional<double> ask_cbc(const PoolProblem& problem, const fs::path& folder) {
  const fs::path lp = folder / "pool.lp";
  const fs::path solution = folder / "pool.sol";
  std::ofstream(lp) << pool_lp(problem);
  fs::remove(solution);
  const std::string command =
      fmt::format("cbc '{}' ratioGap 0 allowableGap 0 solve solution '{}' >'{}' 2>&1", lp.string(),
                  solution.string(), (folder / "cbc.log").string());
  const int rc = std::system(command.c_str());
  std::ifstream in(solution);
  std::string status;
  std::getline(in, status);
  constexpr std::string_view kValue = "objective value";
  const auto at = status.find(kValue);
  if (rc == 0 && status.starts_with("Infeasible")) return {};
  if (rc != 0 || !status.starts_with("Optimal") || at == std::string::npos)
    throw std::runtime_error(fmt::format("cbc said \"{}\"; see {}", status, folder.string()));
  return std::stod(status.substr(at + kValue.size()));
}

bool agree(const std::string& name, const PoolProblem& problem, const fs::path& folder) {
  const PoolSolution ours = solve_pool(problem);
  const std::optional<double> theirs = ask_cbc(problem, folder);
  const auto told = [](bool feasible, double cost) {
    return feasible ? fmt::format("{:.2f}", cost) : std::string("infeasible");
  };
  const bool same =
      ours.optimal && ours.feasible == theirs.has_value() &&
      (!theirs || std::abs(ours.usd_per_month - *theirs) <= 1e-6 * ours.usd_per_month + 1e-3);
  fmt::print("{:<28} ours {:>12} cbc {:>12} {}\n", name,
             told(ours.feasible, ours.usd_per_month) + (ours.optimal ? "" : "?"),
             told(theirs.has_value(), theirs.value_or(0.0)), same ? "" : "DIFFERENT");
  return same;
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

int run(const fs::path& folder) {
  if (std::system("cbc quit >/dev/null 2>&1") != 0) {
    fmt::print("no cbc: scripts/deps --optional solver\n");
    return kSkipped;
  }
  fs::create_directories(folder);
  bool same = agree("configs/pool/company.yaml", shipped_example(), folder);
  std::mt19937 random(29);
  for (int round = 0; round < 12; ++round) {
    const auto models = static_cast<std::size_t>(2 + round);
    const std::size_t hours = round % 3 == 0 ? 24 : 1 + random() % 6;
    const PoolProblem p = random_pool(random, models, 2 + random() % 3, hours);
    same = agree(fmt::format("random, {} models, {} hours", models, hours), p, folder) && same;
  }
  return same ? 0 : 1;
}

}  // namespace
}  // namespace gpusize

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: pool_cbc FOLDER\n");
    return 2;
  }
  return gpusize::run(argv[1]);
}
