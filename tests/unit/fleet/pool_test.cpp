#include "gpusize/fleet/pool_solver.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "fleet/pool_search.hpp"
#include "support/catch.hpp"
#include "support/pools.hpp"

namespace gpusize {
namespace {

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
    const double least = brute_force(p);
    CHECK(s.feasible == (least < 1e300));
    if (!s.feasible) continue;
    CHECK(s.usd_per_month == Approx(least).margin(1e-6));
    CHECK(s.lower_bound == Approx(s.usd_per_month));
  }
}

TEST_CASE("a pool is never dearer than each model alone") {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    PoolProblem p = random_pool(random, 12, 4, 24);
    for (PoolKind& kind : p.kinds) kind = {kind.usd_per_month, kind.owned};
    const PoolSolution s = solve_pool(p, {20'000, 500});
    double alone = 0.0;
    for (const auto& ways : p.models) {
      double least = 1e300;
      for (const PoolChoice& way : ways) {
        const PoolCut& cut = p.cuts[way.cut];
        const auto most = *std::max_element(way.need.begin(), way.need.end());
        least = std::min(least,
                         p.kinds[cut.kind].usd_per_month *
                             std::ceil(static_cast<double>(most) / static_cast<double>(cut.parts)));
      }
      alone += least;
    }
    REQUIRE(s.feasible);
    CHECK(s.usd_per_month <= alone + 1e-6);
    CHECK(s.lower_bound <= s.usd_per_month + 1e-6);
  }
}

TEST_CASE("the local search alone comes close to the least cost, and never leaves its limits") {
  std::mt19937 random(17);
  int exact = 0;
  for (int round = 0; round < 20; ++round) {
    const PoolProblem p = random_pool(random, 6, 3, 4);
    const double least = brute_force(p);
    if (least >= 1e300) continue;
    const std::vector<std::size_t> start(p.models.size(), 0);
    const PoolSolution found = price_pool(p, search_pool(p, start, 30'000));
    REQUIRE(found.feasible);
    CHECK(found.usd_per_month <= 1.05 * least);
    exact += found.usd_per_month <= least * (1.0 + 1e-9) ? 1 : 0;
    CHECK(search_pool(p, start, 30'000) == found.choice);  // the same each time
  }
  CHECK(exact >= 15);
}

TEST_CASE("large pools stay near their bound") {
  std::mt19937 random(23);
  for (int round = 0; round < 3; ++round) {
    PoolProblem p = random_pool(random, 150, 4, 24);
    for (PoolKind& kind : p.kinds) kind.most = -1;
    for (auto& ways : p.models) {
      for (PoolChoice& way : ways) {
        for (std::int64_t& need : way.need) need *= 10;  // the bound knows no whole cards
      }
    }
    const PoolSolution s = solve_pool(p, {2'000});
    REQUIRE(s.feasible);
    CHECK(s.usd_per_month <= 1.02 * s.lower_bound);
  }
}

TEST_CASE("peaks at different hours share cards") {
  PoolProblem p;
  p.hours = 2;
  p.kinds = {{1000.0}};
  p.cuts = {{0, 1}};
  p.models = {{{0, {4, 1}}}, {{0, {1, 4}}}};
  const PoolSolution s = solve_pool(p);
  CHECK(s.cards[0] == 5);  // 4 + 4 alone
  CHECK(s.usd_per_month == Approx(5000.0));
}

TEST_CASE("what is owned costs nothing more, and limits hold") {
  PoolProblem p;
  p.kinds = {{1000.0, 3, 3}, {700.0}};
  p.cuts = {{0, 1}, {1, 1}};
  p.models = {{{0, {2}}, {1, {4}}}, {{0, {2}}, {1, {3}}}};
  const PoolSolution s = solve_pool(p);
  REQUIRE(s.feasible);
  CHECK(s.cards[0] == 2);
  CHECK(s.usd_per_month == Approx(2100.0));
  p.kinds[1].most = 1;
  CHECK_FALSE(solve_pool(p).feasible);
}

TEST_CASE("the bound never passes the least cost") {
  std::mt19937 random(11);
  for (int round = 0; round < 30; ++round) {
    const PoolProblem p = random_pool(random, 4, 3, 3);
    const PoolSolution s = solve_pool(p, {2, 300});  // no search to speak of
    if (s.feasible) CHECK(s.lower_bound <= brute_force(p) * (1.0 + 1e-9));
  }
}

TEST_CASE("spare cards come with the first card of a kind only") {
  PoolProblem p;
  p.kinds = {{1000.0, 0, -1, 0.0, 2}, {1500.0}};
  p.cuts = {{0, 1}, {1, 1}};
  p.models = {{{0, {1}}, {1, {1}}}, {{1, {1}}}};
  const PoolSolution s = solve_pool(p);
  CHECK(s.cards == std::vector<std::int64_t>{0, 2});  // 3,000 for both, 4,500 with the first kind
}

}  // namespace
}  // namespace gpusize
