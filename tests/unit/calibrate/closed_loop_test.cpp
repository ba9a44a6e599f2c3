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

}  // namespace
}  // namespace gpusize::calibrate
