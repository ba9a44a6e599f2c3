// Shares by vGPU are licensed by the physical card: 4,500 USD a year at list price, 375 a month.

#include "fleet/pool_answer.hpp"
#include "gpusize/fleet/pool_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

using test::catalog;

constexpr double kPerCard = 4500.0 / 12.0;

double usd_per_month(const std::string& gpu, const std::string& share) {
  PlanRequest r;
  r.model = "qwen3-0.6b";
  r.qps = 1.0;
  r.workload = "custom";
  r.input_tokens = 500.0;
  r.output_tokens = 100.0;
  r.gpus = {gpu};
  r.slices = {share};
  const auto plan = make_plan(catalog(), *catalog().find_model(r.model)->entry, r);
  REQUIRE(plan.ok());
  for (const PlanOption& option : plan->options) {
    if (option.replica.gpu->id == gpu + "/" + share)
      return option.tco().in(units::USD) / (r.years * 12.0);
  }
  return 0.0;
}

TEST_CASE("a share by vGPU pays its part of the card's licence") {
  for (const std::string ways : {"2", "4", "8"}) {
    const double plain = usd_per_month("L40S", "mps:" + ways);
    REQUIRE(plain > 0.0);
    CHECK(usd_per_month("L40S", "vgpu:" + ways) == Approx(plain + kPerCard / std::stod(ways)));
  }
}

/// Two small models on one card in `share` parts.
nlohmann::ordered_json pool_with(const std::string& share) {
  const auto file = read_yaml("pool.yaml", "cards: [{gpu: L40S, most: 1, slices: [\"" + share +
                                               "\"]}]\nmodels:\n"
                                               "  - {name: a, model: qwen3-0.6b, qps: 1, "
                                               "input_tokens: 500, output_tokens: 100}\n"
                                               "  - {name: b, model: qwen3-0.6b, qps: 1, "
                                               "input_tokens: 500, output_tokens: 100}\n");
  const auto pool = read_pool(catalog(), file->root());
  REQUIRE(pool.ok());
  std::vector<std::shared_ptr<const ModelSpec>> models(
      2, {std::shared_ptr<void>{}, catalog().find_model("qwen3-0.6b")->entry});
  const auto document = pool_document(catalog(), *pool, models);
  REQUIRE(document.ok());
  return document->json();
}

TEST_CASE("a pool pays one licence per card that it shares by vGPU, and none for MPS") {
  const auto plain = pool_with("mps:2");
  const auto licensed = pool_with("vgpu:2");
  CHECK(plain["status"] == "optimal");
  CHECK(licensed["status"] == "optimal");
  CHECK(licensed["cost_usd_per_month"].get<double>() ==
        Approx(plain["cost_usd_per_month"].get<double>() + kPerCard));
  CHECK(licensed["lower_bound_usd_per_month"] == licensed["cost_usd_per_month"]);
}

}  // namespace
}  // namespace gpusize
