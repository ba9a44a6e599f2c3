#include "gpusize/fleet/pool_placing.hpp"

#include <algorithm>
#include <random>

#include "support/catch.hpp"

namespace gpusize {
namespace {

PoolProblem one_kind(std::size_t hours) {
  PoolProblem p;
  p.hours = hours;
  p.kinds = {{1000.0}};
  p.cuts = {{0, 1}, {0, 7}};
  return p;
}

TEST_CASE("replicas fill nodes without gaps and never straddle them") {
  const PoolProblem p = one_kind(1);
  // Three of four cards, two of two: 16 cards are two nodes of eight.
  const PoolPlacing placing = place_pool(p, {8}, {{0, 4, {3}}, {0, 2, {2}}});
  CHECK(placing.cards == std::vector<std::int64_t>{16});
  CHECK(placing.nodes == std::vector<std::int64_t>{2});
}

TEST_CASE("models of different hours take turns on a node") {
  const PoolProblem p = one_kind(2);
  const PoolPlacing placing = place_pool(p, {8}, {{0, 4, {2, 0}}, {0, 4, {0, 2}}});
  CHECK(placing.cards == std::vector<std::int64_t>{8});
  CHECK(placing.nodes == std::vector<std::int64_t>{1});
}

TEST_CASE("spread and apart keep to different nodes") {
  const PoolProblem p = one_kind(1);
  CHECK(place_pool(p, {8}, {{0, 1, {3}, true}}).nodes == std::vector<std::int64_t>{3});
  const PoolPlacing both = place_pool(p, {8}, {{0, 1, {1}, false, {1}}, {0, 1, {1}, false, {0}}});
  CHECK(both.nodes == std::vector<std::int64_t>{2});
  CHECK(both.cards == std::vector<std::int64_t>{2});
}

TEST_CASE("slices share a card that is cut, and a replica larger than a node takes several") {
  const PoolProblem p = one_kind(1);
  const PoolPlacing placing = place_pool(p, {8}, {{1, 1, {9}}, {0, 16, {1}}});
  CHECK(placing.cards == std::vector<std::int64_t>{18});
  REQUIRE(placing.placements.back().nodes.size() == 2);
}

TEST_CASE("every replica is placed once and no node holds more than its cards at any hour") {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    const PoolProblem p = one_kind(6);
    std::vector<PoolReplicas> models;
    std::vector<std::int64_t> load(6, 0);
    for (int m = 0; m < 8; ++m) {
      PoolReplicas r{0, std::int64_t{1} << random() % 4, {}};
      for (std::size_t h = 0; h < 6; ++h) {
        r.running.push_back(static_cast<std::int64_t>(random() % 4));
        load[h] += r.running.back() * r.size;
      }
      models.push_back(r);
    }
    const PoolPlacing placing = place_pool(p, {8}, models);
    std::vector<std::int64_t> placed(models.size(), 0);
    for (const PoolPlacement& at : placing.placements) placed[at.model] += at.replicas;
    for (std::size_t m = 0; m < models.size(); ++m)
      CHECK(placed[m] == *std::max_element(models[m].running.begin(), models[m].running.end()));
    CHECK(placing.cards[0] >= *std::max_element(load.begin(), load.end()));
    CHECK(placing.cards[0] <= 8 * placing.nodes[0]);
  }
}

// Day and night in pairs fill cards, in the order given they do not: eight of each on nodes of two.
TEST_CASE("replicas that leave gaps are moved until day and night share cards") {
  std::mt19937 random(5);
  const PoolProblem p = one_kind(2);
  std::vector<PoolReplicas> models;
  for (int m = 0; m < 8; ++m) {
    const auto day = static_cast<std::int64_t>(1 + random() % 3);
    models.push_back({0, 1, {day, 4 - day}});
    models.push_back({0, 2, {m % 2, 1 - m % 2}});
  }
  std::int64_t sum = 0;
  for (const PoolReplicas& m : models) sum += std::max(m.running[0], m.running[1]) * m.size;
  const PoolPlacing quick = place_pool(p, {4}, models, 0);
  const PoolPlacing packed = place_pool(p, {4}, models);
  CHECK(packed.cards[0] <= quick.cards[0]);
  CHECK(packed.cards[0] < sum);
  CHECK(packed.cards[0] <= 4 * packed.nodes[0]);
  const PoolPlacing again = place_pool(p, {4}, models);
  CHECK(again.cards == packed.cards);
  CHECK(again.placements.size() == packed.placements.size());
}

}  // namespace
}  // namespace gpusize
