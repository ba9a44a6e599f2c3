#include "gpusize/fleet/pool_solver.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "support/catch.hpp"

namespace gpusize {
namespace {

PoolProblem random_pool(std::mt19937& random, std::size_t models, std::size_t kinds,
                        std::size_t hours) {
  PoolProblem p;
  p.hours = hours;
  for (std::size_t r = 0; r < kinds; ++r)
    p.resources.push_back({500.0 + static_cast<double>(random() % 3000), random() % 3 == 0 ? 7 : 1,
                           static_cast<std::int64_t>(random() % 2), -1});
  for (std::size_t m = 0; m < models; ++m) {
    p.models.emplace_back();
    const std::size_t peak = random() % hours;
    for (std::size_t r = 0; r < kinds; ++r) {
      PoolChoice way{r, {}};
      const auto most = static_cast<std::int64_t>(1 + random() % 9);
      for (std::size_t h = 0; h < hours; ++h) way.need.push_back(h == peak ? most : (most + 2) / 3);
      p.models.back().push_back(way);
    }
  }
  return p;
}

double brute_force(const PoolProblem& p) {
  double best = 1e300;
  std::vector<std::size_t> choice(p.models.size(), 0);
  while (true) {
    const PoolSolution priced = price_pool(p, choice);
    if (priced.feasible) best = std::min(best, priced.usd_per_month);
    std::size_t m = 0;
    while (m < choice.size() && ++choice[m] == p.models[m].size()) choice[m++] = 0;
    if (m == choice.size()) return best;
  }
}

TEST_CASE("small pools are solved exactly") {
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    const PoolProblem p = random_pool(random, 2 + random() % 5, 2 + random() % 3, 1 + random() % 4);
    const PoolSolution s = solve_pool(p);
    CHECK(s.optimal);
    CHECK(s.usd_per_month == Approx(brute_force(p)).margin(1e-6));
    CHECK(s.lower_bound == Approx(s.usd_per_month));
  }
}

TEST_CASE("a pool is never dearer than each model alone") {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    const PoolProblem p = random_pool(random, 12, 4, 24);
    const PoolSolution s = solve_pool(p, 20'000);
    double alone = 0.0;
    for (const auto& ways : p.models) {
      double least = 1e300;
      for (const PoolChoice& way : ways) {
        const PoolResource& r = p.resources[way.resource];
        const auto most = *std::max_element(way.need.begin(), way.need.end());
        least = std::min(least, r.usd_per_month * std::ceil(static_cast<double>(most) /
                                                            static_cast<double>(r.parts)));
      }
      alone += least;
    }
    REQUIRE(s.feasible);
    CHECK(s.usd_per_month <= alone + 1e-6);
    CHECK(s.lower_bound <= s.usd_per_month + 1e-6);
  }
}

TEST_CASE("peaks at different hours share cards") {
  PoolProblem p;
  p.hours = 2;
  p.resources = {{1000.0, 1, 0, -1}};
  p.models = {{{0, {4, 1}}}, {{0, {1, 4}}}};
  const PoolSolution s = solve_pool(p);
  CHECK(s.cards[0] == 5);  // 4 + 4 alone
  CHECK(s.usd_per_month == Approx(5000.0));
}

TEST_CASE("what is owned costs nothing more, and limits hold") {
  PoolProblem p;
  p.resources = {{1000.0, 1, 3, 3}, {700.0, 1, 0, -1}};
  p.models = {{{0, {2}}, {1, {4}}}, {{0, {2}}, {1, {3}}}};
  const PoolSolution s = solve_pool(p);
  REQUIRE(s.feasible);
  CHECK(s.cards[0] == 2);
  CHECK(s.usd_per_month == Approx(2100.0));
  p.resources[1].most = 1;
  CHECK_FALSE(solve_pool(p).feasible);
}

}  // namespace
}  // namespace gpusize
