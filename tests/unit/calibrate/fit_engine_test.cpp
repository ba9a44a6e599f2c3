#include "gpusize/calibrate/fit_engine.hpp"

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

using namespace gpusize;
using Catch::Matchers::WithinRel;

namespace {

Catalog shipped() {
  auto catalog = Catalog::shipped();
  REQUIRE(catalog.ok());
  REQUIRE(catalog->settle().empty());
  return std::move(catalog).value();
}

MeasuredDeployment deployment() {
  MeasuredDeployment d;
  d.gpu = "H100-SXM5-80GB";
  d.kv = "bf16";
  return d;
}

BenchRun bench(double concurrency) {
  BenchRun run;
  run.model = "meta-llama/Llama-3.1-8B";
  run.completed = run.prompts = 10.0 * concurrency;
  run.input_tokens = 1024.0 * run.completed;
  run.output_tokens = 256.0 * run.completed;
  run.max_concurrency = concurrency;
  run.mean_ttft_ms = 100.0;
  run.mean_tpot_ms = 20.0;
  run.where = {"bench.json", 1, 1};
  return run;
}

/// Runs whose times a changed profile of the engine gives.
std::vector<BenchRun> runs_of(const Catalog& changed) {
  std::vector<BenchRun> out;
  for (const double concurrency : {1.0, 4.0, 16.0, 64.0, 128.0}) {
    BenchRun run = bench(concurrency);
    EngineFitter measure(changed, deployment(), nullptr);
    REQUIRE_FALSE(measure.add(run));
    const auto at = measure.fit();
    REQUIRE(at);
    run.mean_ttft_ms = at->points[0].before_ms;
    run.mean_tpot_ms = at->points[1].before_ms;
    out.push_back(run);
  }
  return out;
}

}  // namespace

TEST_CASE("host times that made the runs are found again, and the profile reads back") {
  Catalog catalog = shipped();
  EngineProfile truth = *catalog.find_engine("vllm")->entry;
  for (EngineFact& fact : truth.facts) {
    if (fact.key == "host_per_step_us") fact.value = 2500.0;
    if (fact.key == "host_per_sequence_us") fact.value = 15.0;
    if (fact.key == "request_overhead_ms") fact.value = 80.0;
  }
  Catalog changed = shipped();
  const auto document = read_yaml("truth.yaml", engine_overlay(truth));
  REQUIRE(document.ok());
  REQUIRE(changed.overlay(*document).empty());
  EngineFitter fitter(catalog, deployment(), nullptr);
  for (const BenchRun& run : runs_of(changed)) REQUIRE_FALSE(fitter.add(run));
  const auto fit = fitter.fit();
  REQUIRE(fit);
  CHECK_THAT(fit->profile.host_per_step.in(units::us), WithinRel(2500.0, 0.05));
  CHECK_THAT(fit->profile.host_per_sequence.in(units::us), WithinRel(15.0, 0.10));
  CHECK_THAT(fit->profile.request_overhead.in(units::ms), WithinRel(80.0, 0.10));
  REQUIRE(fit->after);
  CHECK(fit->after->median_ape_pct < 1.0);
  CHECK(fit->before->median_ape_pct > 5.0);
}

TEST_CASE("a time per token below what memory allows is refused with its place") {
  const Catalog catalog = shipped();
  EngineFitter fitter(catalog, deployment(), nullptr);
  BenchRun run = bench(1.0);
  run.mean_tpot_ms = 1.0;  // 16 GB of weights in 1 ms
  run.where = {"bench.json", 3, 5};
  const auto problem = fitter.add(run);
  REQUIRE(problem);
  CHECK(problem->code == "cal-physics");
  CHECK(problem->where.line == 3);
  run.model = "no-such-model";
  const auto unknown = fitter.add(run);
  REQUIRE(unknown);
  CHECK(unknown->code == "cal-deployment");
}

TEST_CASE("open loops are told apart, not fitted") {
  const Catalog catalog = shipped();
  EngineFitter fitter(catalog, deployment(), nullptr);
  BenchRun run = bench(8.0);
  run.request_rate = 2.0;
  CHECK_FALSE(fitter.add(run));
  REQUIRE(fitter.unused().size() == 1);
  CHECK(fitter.unused().front().reason.find("simulate") != std::string::npos);
  CHECK_FALSE(fitter.fit());
}

TEST_CASE("start-up memory is compared and its runtime part fitted") {
  const Catalog catalog = shipped();
  MemoryLog log;
  log.model = "meta-llama/Llama-3.1-8B";
  log.readings = {{MemoryItem::kWeights, 14.99 * units::GiB, 3},
                  {MemoryItem::kNonTorch, 0.25 * units::GiB, 4},
                  {MemoryItem::kGraphs, 0.5 * units::GiB, 9}};
  EngineFitter fitter(catalog, deployment(), nullptr);
  REQUIRE_FALSE(fitter.add("vllm.log", log));
  const auto fit = fitter.fit();
  REQUIRE(fit);
  REQUIRE(fit->memory.size() == 3);
  REQUIRE(fit->memory[0].estimated);
  // 8.03e9 parameters of two bytes.
  CHECK_THAT(fit->memory[0].estimated->in(units::GiB), WithinRel(14.96, 0.005));
  REQUIRE(fit->parameters.size() == 2);
  CHECK(fit->parameters[0].name == "context_gib");
  CHECK_THAT(fit->parameters[0].after, WithinRel(0.25, 1e-9));
  CHECK(fit->parameters[1].name == "graph_gib");
  log.readings = {{MemoryItem::kWeights, 140.0 * units::GiB, 3}};
  const auto too_large = fitter.add("vllm.log", log);
  REQUIRE(too_large);
  CHECK(too_large->code == "cal-physics");
  CHECK(too_large->where.line == 3);
}
