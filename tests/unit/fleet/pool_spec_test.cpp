#include <algorithm>
#include <string>

#include "gpusize/fleet/pool.hpp"
#include "gpusize/fleet/pool_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

Result<PoolSpec> read(const std::string& text) {
  const auto file = read_yaml("pool.yaml", text);
  REQUIRE(file.ok());
  return read_pool(test::catalog(), file->root());
}

/// The code of the first problem.
std::string problem(const std::string& text) {
  const auto pool = read(text);
  return pool.ok() ? "" : pool.errors().front().code;
}

ResultDocument solve(const std::string& text) {
  const auto pool = read(text);
  REQUIRE(pool.ok());
  std::vector<std::shared_ptr<const ModelSpec>> models;
  for (const PoolModel& m : pool->models) {
    const auto found = test::catalog().find_model(m.request.model);
    REQUIRE(found.ok());
    models.emplace_back(std::shared_ptr<void>(), found->entry);
  }
  auto document = pool_document(test::catalog(), *pool, models);
  REQUIRE(document.ok());
  return std::move(document).value();
}

const std::string kCards = "cards: [{gpu: H100-SXM5-80GB}, {gpu: L40S}]\n";

TEST_CASE("what a pool cannot be is said with its code") {
  CHECK(problem("models: []\n" + kCards) == "pool-empty");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1}]\ncards: []\n") == "pool-empty");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1}]\ncards: [{gpu: H100-SXM5-80GB, slices: "
                "[1g.11gb]}]\n") == "pool-unknown-profile");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1}]\ncards: [{gpu: L40S, slices: [mig]}]\n") ==
        "pool-no-mig");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1}]\ncards: [{gpu: L40S, owned: 4, most: "
                "2}]\n") == "pool-contradiction");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1, gpus: [A10]}]\n" + kCards) ==
        "pool-contradiction");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1, busy: 25-3}]\n" + kCards) == "pool-hours");
  CHECK(problem("models: [{model: deepseek-7b, qps: 1}, {model: deepseek-7b, qps: 2}]\n" +
                kCards) == "pool-twice");
  CHECK(problem("models: [{name: a, model: deepseek-7b, qps: 1}]\napart: [[a, b]]\n" + kCards) ==
        "pool-unknown-model");
}

TEST_CASE("busy hours wrap around midnight") {
  const auto pool =
      read("models: [{model: deepseek-7b, qps: 1, busy: 22-6, off_peak: 0.5}]\n" + kCards);
  REQUIRE(pool.ok());
  const auto& hourly = pool->models[0].hourly;
  REQUIRE(hourly.size() == 24);
  CHECK(hourly[23] == 1.0);
  CHECK(hourly[5] == 1.0);
  CHECK(hourly[6] == 0.5);
  CHECK(hourly[21] == 0.5);
}

TEST_CASE("day and night share cards, and a pool is never dearer than its models alone") {
  const std::string model = "model: deepseek-7b, input_tokens: 1000, output_tokens: 300, qps: 30";
  const ResultDocument pool =
      solve("models: [{name: day, " + model + ", busy: 8-18, off_peak: 0.1}, " + "{name: night, " +
            model + ", busy: 20-6, off_peak: 0.1}]\n" + kCards);
  const auto& doc = pool.json();
  CHECK(doc["status"] == "optimal");
  const double cost = doc["cost_usd_per_month"].get<double>();
  const double alone = doc["alone_usd_per_month"].get<double>();
  CHECK(cost < 0.8 * alone);
  CHECK(doc["gap_pct"].get<double>() < 1e-6);
  CHECK(doc["lower_bound_usd_per_month"].get<double>() <= cost);
}

TEST_CASE("a pool that cannot fit names the smallest addition, and the important model stays") {
  const std::string model = "model: deepseek-7b, input_tokens: 1000, output_tokens: 300, qps: 10";
  const std::string models = "models: [{name: low, " + model + ", priority: 1}, {name: high, " +
                             model + ", priority: 2}]\n";
  const auto one = solve("cards: [{gpu: L40S}]\n" + models);
  const auto& cards = one.json()["cards"][0]["cards"];
  const std::int64_t needed = cards.get<std::int64_t>();
  REQUIRE(needed > 1);
  const auto pool = solve("cards: [{gpu: L40S, owned: " + std::to_string(needed - 1) +
                          ", buy: false}]\n" + models);
  const auto& doc = pool.json();
  CHECK(doc["status"] == "infeasible");
  REQUIRE(doc["addition"].size() == 1);
  CHECK(doc["addition"][0]["cards"] == 1);
  CHECK(doc["addition"][0]["proven"] == true);
  REQUIRE(doc["rejected"].size() == 1);
  CHECK(doc["rejected"][0]["model"] == "low");
  CHECK(doc["placements"][0]["model"] == "high");
}

TEST_CASE("owned cards are used first, what no hour needs is to be retired") {
  const auto pool = solve(
      "cards: [{gpu: L40S, owned: 40, owned_usd_per_month: 100}]\n"
      "models: [{model: deepseek-7b, input_tokens: 1000, output_tokens: 300, qps: 10}]\n");
  const auto& card = pool.json()["cards"][0];
  const std::int64_t used = card["used"].get<std::int64_t>();
  CHECK(card["buy"] == 0);
  CHECK(card["retire"] == 40 - used);
  CHECK(pool.json()["cost_usd_per_month"].get<double>() ==
        Approx(100.0 * static_cast<double>(used)));
}

TEST_CASE("a document's inputs read back as the same pool") {
  const auto first = solve(
      "cards: [{gpu: H100-SXM5-80GB, owned: 2, most: 9, spare: 1, slices: [1g.10gb, 'mps:2']}]\n"
      "models: [{name: a, model: deepseek-7b, qps: 3, busy: 8-9, off_peak: 0.3, tpot_ms: 50},\n"
      "  {name: b, model: qwen3-0.6b, qps: 1, min_replicas: 2, spread: true}]\n"
      "apart: [[a, b]]\n");
  const auto file = read_json("inputs.json", first.json()["inputs"].dump());
  REQUIRE(file.ok());
  const auto pool = read_pool(test::catalog(), file->root());
  REQUIRE(pool.ok());
  std::vector<std::shared_ptr<const ModelSpec>> models;
  for (const PoolModel& m : pool->models)
    models.emplace_back(std::shared_ptr<void>(),
                        test::catalog().find_model(m.request.model)->entry);
  const auto again = pool_document(test::catalog(), *pool, models);
  REQUIRE(again.ok());
  CHECK(again->json() == first.json());
}

}  // namespace
}  // namespace gpusize
