#include <algorithm>

#include "calibrate/resolve.hpp"
#include "calibrate/run_point.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "support/catch.hpp"

// What the clients of a closed loop do to each other: rushes, and the server's event loop.

namespace gpusize::calibrate {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

RunConditions closed_loop(double clients, double input, double output) {
  RunConditions run;
  run.id = "t";
  run.model = "llama-3.1-8b";
  run.gpu = "H200-SXM-141GB";
  run.engine = "sglang";
  run.weights = "fp8";
  run.serving = "aggregated";
  run.mode = "online";
  run.load = "concurrency";
  run.gpus = run.tp = run.pp = run.dp = run.ep = 1;
  run.year = 2026;
  run.load_value = clients;
  run.input_len = input;
  run.output_len = output;
  run.metric = "ttft_ms";
  run.unit = "ms";
  return run;
}

ResolvedRow resolved(const RunConditions& run) {
  ModelCache models;
  auto row = resolve_row(shipped(), models, run);
  REQUIRE(std::holds_alternative<ResolvedRow>(row));
  return std::get<ResolvedRow>(row);
}

RunPoint point_of(const RunConditions& run) {
  ResolvedRow row = resolved(run);
  const auto point = run_point(run, row);
  REQUIRE(std::holds_alternative<RunPoint>(point));
  return std::get<RunPoint>(point);
}

RunConditions on_gpus(RunConditions run, std::int64_t gpus) {
  run.gpus = run.tp = gpus;
  return run;
}

TEST_CASE("a run sends ten requests a client, a thousand from a data set, all at once in a burst") {
  const auto requests = [](const RunConditions& run) { return requests_of(run, resolved(run)); };
  CHECK(requests(closed_loop(64, 1000, 500)) == 640.0);
  CHECK(requests(closed_loop(512, 1000, 500)) == 5120.0);
  CHECK(requests(closed_loop(512, 217.4, 201.6)) == 1000.0);
  CHECK(requests(closed_loop(8, 217.4, 201.6)) == 1000.0);
  CHECK(requests(closed_loop(2000, 217.4, 201.6)) == 2000.0);
  RunConditions stated = closed_loop(512, 1000, 500);
  stated.requests = 1024.0;
  CHECK(requests(stated) == 1024.0);
  stated.requests = 100.0;  // fewer than its clients: all are sent at once
  CHECK(requests(stated) == 512.0);
  stated.requests = 1e15;  // more than the mean needs
  CHECK(requests(stated) == 100000.0);
  RunConditions burst = closed_loop(300, 217.4, 201.6);
  burst.load = "burst";
  CHECK(requests(burst) == 300.0);
}

TEST_CASE("the fewer requests a client sends, the more of them meet the rush") {
  RunConditions run = closed_loop(200, 1000, 500);
  double before = 0.0;
  for (const double requests : {20000.0, 2000.0, 400.0, 200.0}) {
    run.requests = requests;
    CHECK(*point_of(run).ttft_s > before);
    before = *point_of(run).ttft_s;
  }
}

TEST_CASE("what ran a model is no older than the model") {
  RunConditions run = closed_loop(8, 1000, 500);
  run.engine = "vllm";
  run.year = 2025;
  CHECK(resolved(run).deployment.engine->id == "vllm-0.20");
  run.model = "qwen3.5-9b";  // of 2026
  run.weights = "bf16";
  CHECK(resolved(run).deployment.engine->id == "vllm");
  run.engine_version = "0.11";
  CHECK(resolved(run).deployment.engine->id == "vllm-0.20");
}

TEST_CASE("clients that stay in step wait for half of a rush, others for a tenth of that") {
  const RunConditions now = closed_loop(100, 2000, 500);
  RunConditions before = now;
  before.engine_version = "0.5.1";
  CHECK(*point_of(before).ttft_s > 3.0 * *point_of(now).ttft_s);
  CHECK(*point_of(before).tpot_s < *point_of(now).tpot_s);
}

TEST_CASE("an event loop without time to spare delays first tokens by a share of the request") {
  const RunPoint idle = point_of(closed_loop(16, 1000, 500));
  const RunPoint longer = point_of(closed_loop(16, 1000, 2000));
  CHECK(*longer.ttft_s < *idle.ttft_s + 0.05);
  const RunPoint busy = point_of(on_gpus(closed_loop(512, 1000, 500), 8));
  const RunPoint busy_longer = point_of(on_gpus(closed_loop(512, 1000, 2000), 8));
  CHECK(*busy.ttft_s > 1.0);
  CHECK(*busy_longer.ttft_s > 2.5 * *busy.ttft_s);
  CHECK(*busy.ttft_s < 0.25 * *busy.e2e_s);
  // Little's law: the clients are all somewhere.
  CHECK(*busy.requests_per_s * *busy.e2e_s == Approx(512.0).epsilon(0.05));
  CHECK(*busy_longer.requests_per_s * *busy_longer.e2e_s == Approx(512.0).epsilon(0.05));
}

/// DeepSeek-R1 on eight B200 with attention data parallelism, under TensorRT-LLM.
RunConditions spread_over_ranks(double clients, double input, double output) {
  RunConditions run = closed_loop(clients, input, output);
  run.model = "deepseek-r1";
  run.gpu = "B200-SXM-180GB";
  run.engine = "trtllm";
  run.gpus = run.dp = run.ep = 8;
  return run;
}

TEST_CASE("a prompt of one attention-DP rank waits for prompts on the others") {
  // Long answers bring a prompt to a rank every few hundred steps: it waits for half of 60 steps,
  // and the rush at the start adds to the mean.
  RunConditions run = spread_over_ranks(256, 1024, 8192);
  run.requests = 25600.0;
  const RunPoint rare = point_of(run);
  CHECK(*rare.ttft_s > 25.0 * *rare.tpot_s);
  CHECK(*rare.ttft_s < 60.0 * *rare.tpot_s);
  ResolvedRow row = resolved(run);
  REQUIRE(std::holds_alternative<RunPoint>(run_point(run, row)));
  CHECK(std::any_of(row.assumptions.begin(), row.assumptions.end(),
                    [](const std::string& a) { return a.find("nominal") != std::string::npos; }));
  // One rank waits for nobody.
  run.gpus = run.tp = 8;
  run.dp = 1;
  CHECK(*point_of(run).ttft_s < 25.0 * *point_of(run).tpot_s);
}

TEST_CASE("clients beyond the places wait for one, and the loop obeys Little's law") {
  RunConditions run = closed_loop(512, 8000, 1000);
  run.engine = "vllm";
  run.year = 2026;
  const RunPoint p = point_of(run);
  CHECK(*p.ttft_s > 10.0);
  const double e2e = *p.ttft_s + (0.9 * 1000 - 1.0) * *p.tpot_s;
  // The rate is that of the whole run, its thin end included.
  CHECK(*p.requests_per_s * e2e == Approx(512).epsilon(0.15));
}

/// The same model on pools of their own.
RunConditions on_pools(double clients, const char* notes) {
  RunConditions run = spread_over_ranks(clients, 1024, 1024);
  run.serving = "disaggregated";
  run.notes = notes;
  return run;
}

TEST_CASE("prompts that wait in front of a prefill pool are batched") {
  constexpr const char* kOne =
      "prefill 1 workers tp1 dp4 ep4 (=4 GPUs); decode 1 workers tp1 dp8 ep8 (=8 GPUs)";
  constexpr const char* kTwo =
      "prefill 2 workers tp1 dp4 ep4 (=8 GPUs); decode 1 workers tp1 dp8 ep8 (=8 GPUs)";
  RunConditions one = on_pools(2048, kOne);
  one.gpus = 12;
  RunConditions two = on_pools(2048, kTwo);
  two.gpus = 16;
  const RunPoint slow = point_of(one);
  // One prompt after another, host-bound, would pass 4 ranks at 4 / 0.15 s = 27 a second.
  CHECK(*slow.requests_per_s > 35.0);
  CHECK(*point_of(two).ttft_s < *slow.ttft_s);
}

}  // namespace
}  // namespace gpusize::calibrate
