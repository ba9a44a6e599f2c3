#include "gpusize/plan/planner.hpp"

#include <set>

#include "gpusize/layout/enumerate.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

PlanRequest request_for(double qps, std::vector<std::string> gpus) {
  PlanRequest request;
  request.qps = qps;
  request.workload = "custom";
  request.input_tokens = 1155.0;
  request.output_tokens = 211.0;
  request.gpus = std::move(gpus);
  request.top = 1000;
  return request;
}

/// What a user sees of a plan: enough to tell two answers apart.
std::vector<std::string> signature(const PlanResult& plan) {
  std::vector<std::string> out;
  for (const PlanOption& o : plan.options) {
    out.push_back(o.replica.gpu->id + " " + describe(o.replica.layout) + " x" +
                  std::to_string(o.replicas) + " batch " + std::to_string(o.max_batch));
  }
  return out;
}

TEST_CASE("the pruned search finds what the exhaustive one finds") {
  const std::vector<std::string> cards{
      "H100-SXM5-80GB", "H200-SXM-141GB", "A100-SXM4-80GB", "L40S", "T4", "MI300X"};
  for (const char* name : {"deepseek-7b", "deepseek-v2-lite", "qwen3-32b"}) {
    const auto model = shipped().find_model(name);
    REQUIRE(model.ok());
    for (const double qps : {3.0, 500.0}) {
      for (const RankBy rank : {RankBy::kTco, RankBy::kGpus, RankBy::kUsdPerMillionTokens}) {
        for (const double tpot_ms : {0.0, 25.0}) {
          PlanRequest request = request_for(qps, cards);
          request.rank_by = rank;
          if (tpot_ms > 0.0) request.targets.tpot = tpot_ms * units::ms;
          const auto pruned = make_plan(shipped(), *model->entry, request, SearchMode::kPruned);
          const auto full = make_plan(shipped(), *model->entry, request, SearchMode::kExhaustive);
          REQUIRE(pruned.ok());
          REQUIRE(full.ok());
          INFO(name << " at " << qps << " by " << name_of(rank) << " tpot " << tpot_ms);
          CHECK(signature(*pruned) == signature(*full));
          CHECK(pruned->considered == full->considered);
          CHECK(pruned->evaluated < full->evaluated);
        }
      }
    }
  }
}

TEST_CASE("no estimate beats the roofline bound") {
  const RequestShape shape{1155.0, 211.0};
  for (const char* name : {"deepseek-7b", "deepseek-r1", "qwen3-30b-a3b", "deepseek-v3.2",
                           "deepseek-v4-flash", "gpt-oss-20b", "qwen3-32b"}) {
    const auto model = shipped().find_model(name);
    REQUIRE(model.ok());
    for (const char* card : {"H100-SXM5-80GB", "B200-SXM-180GB", "A100-SXM4-80GB", "MI300X",
                             "H20-96GB", "L4", "T4", "RTX-4090", "B300-SXM-288GB"}) {
      const auto gpu = shipped().find_gpu(card);
      REQUIRE(gpu.ok());
      Deployment d;
      d.model = model->entry;
      d.gpu = gpu->entry;
      d.rates = &shipped().rates_for(*gpu->entry);
      d.engine = shipped().find_engine("cuda-graph")->entry;
      d.weights = plan_weights(*model->entry, "native").value();
      for (const Layout& layout : enumerate_layouts(*model->entry, *gpu->entry, 16)) {
        if (!check_layout(*model->entry, layout).feasible()) continue;
        d.layout = layout;
        StepEstimator estimator(d);
        for (const double batch : {1.0, 8.0, 64.0, 512.0}) {
          const double rate = serving_point(estimator, shape, batch).requests_per_s;
          INFO(name << " on " << card << " " << describe(layout) << " batch " << batch);
          CHECK(rate <= rate_upper_bound(d, shape, batch) * (1.0 + 1e-9));
        }
      }
    }
  }
}

TEST_CASE("the bound holds where GEMMs come nearest to the peak") {
  // Cut-down parts lose less to prologues than the card that the rates were fitted on, and short
  // prompts with long answers in large batches are almost GEMMs alone.
  const auto model = shipped().find_model("llama-3.1-8b");
  REQUIRE(model.ok());
  for (const GpuSpec& gpu : shipped().gpus()) {
    if (!gpu.peak(Dtype::kFp16) && !gpu.peak(Dtype::kBf16)) continue;
    Deployment d;
    d.model = model->entry;
    d.gpu = &gpu;
    d.rates = &shipped().rates_for(gpu);
    d.engine = shipped().find_engine("cuda-graph")->entry;
    for (const char* weights : {"bf16", "fp8"}) {
      d.weights = plan_weights(*model->entry, weights).value();
      StepEstimator estimator(d);
      for (const double batch : {256.0, 2048.0, 32768.0}) {
        const RequestShape shape{1.0, 1000.0};
        INFO(gpu.id << " " << weights << " batch " << batch);
        CHECK(serving_point(estimator, shape, batch).requests_per_s <=
              rate_upper_bound(d, shape, batch) * (1.0 + 1e-9));
      }
    }
  }
}

TEST_CASE("latencies and rate grow with the batch") {
  const RequestShape shape{1155.0, 211.0};
  for (const char* name : {"deepseek-7b", "deepseek-r1", "gpt-oss-120b"}) {
    const auto model = shipped().find_model(name);
    REQUIRE(model.ok());
    const auto gpu = shipped().find_gpu("H200-SXM-141GB");
    Deployment d;
    d.model = model->entry;
    d.gpu = gpu->entry;
    d.rates = &shipped().rates_for(*gpu->entry);
    d.engine = shipped().find_engine("vllm")->entry;
    d.weights = plan_weights(*model->entry, "native").value();
    d.layout = {8, 1, 1, 1};
    StepEstimator estimator(d);
    ReplicaServing serving(estimator, shape);
    ServingPoint before = serving.at(1.0);
    for (const double batch : batch_grid(1024.0)) {
      const ServingPoint now = serving.at(batch);
      INFO(name << " batch " << batch);
      CHECK(now.ttft >= before.ttft);
      CHECK(now.tpot >= before.tpot);
      CHECK(now.e2e >= before.e2e);
      before = now;
    }
  }
}

TEST_CASE("the answer does not depend on the number of threads") {
  const auto model = shipped().find_model("deepseek-7b");
  REQUIRE(model.ok());
  PlanRequest request = request_for(500.0, {});
  const auto one = make_plan(shipped(), *model->entry, request);
  request.jobs = 4;
  const auto four = make_plan(shipped(), *model->entry, request);
  REQUIRE(one.ok());
  CHECK(signature(*one) == signature(*four));
  CHECK(one->evaluated == four->evaluated);
}

TEST_CASE("the batch grid rises to its end") {
  for (const double most : {1.0, 2.0, 7.0, 8.0, 9.0, 100.0, 1024.0, 1000.5}) {
    const auto grid = batch_grid(most);
    REQUIRE_FALSE(grid.empty());
    CHECK(grid.front() == 1.0);
    CHECK(grid.back() == most);
    for (std::size_t i = 1; i < grid.size(); ++i) CHECK(grid[i] > grid[i - 1]);
  }
  CHECK(batch_grid(0.0).empty());
}

TEST_CASE("cost is linear in GPUs and years") {
  const auto gpu = shipped().find_gpu("H100-SXM5-80GB");
  REQUIRE(gpu.ok());
  const CardCost one =
      cost_of_card(shipped(), *gpu->entry, {PriceBasis::kOnDemand, "", "USA", 1.0});
  const CardCost three =
      cost_of_card(shipped(), *gpu->entry, {PriceBasis::kOnDemand, "", "USA", 3.0});
  REQUIRE(one.known());
  CHECK(three.per_gpu.in(units::USD) == Approx(3.0 * one.per_gpu.in(units::USD)));
  const CardCost owned = cost_of_card(shipped(), *gpu->entry, {PriceBasis::kOwned, "", "USA", 3.0});
  REQUIRE(owned.known());
  double sum = 0.0;
  for (const CostLine& line : owned.lines) sum += line.per_gpu.in(units::USD);
  CHECK(sum == owned.per_gpu.in(units::USD));
  CHECK(owned.lines.size() == 5);
}

}  // namespace
}  // namespace gpusize
