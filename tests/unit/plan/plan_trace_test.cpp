// Plans for traces, and with two-batch overlap.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

#include "gpusize/plan/plan_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

/// A trace of 300 requests in five minutes: one a second, or all of each minute's at its start.
class TraceFile {
 public:
  explicit TraceFile(bool bursts) {
    path_ = (std::filesystem::temp_directory_path() /
             fmt::format("gpusize-plan-trace-{}-{}.csv", bursts, ::getpid()))
                .string();
    std::ofstream out(path_);
    out << "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    for (int i = 0; i <= 300; ++i) {
      const int at = bursts ? i / 60 * 60 : i;
      out << fmt::format("2024-05-10 00:{:02}:{:02}.0000000,{},{}\n", at / 60, at % 60,
                         500 + (i * 37) % 1000, 50 + (i * 13) % 100);
    }
  }
  ~TraceFile() { std::filesystem::remove(path_); }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

PlanRequest request_of(const std::string& trace, double qps) {
  PlanRequest r;
  r.model = "deepseek-7b";
  r.trace = trace;
  r.qps = qps;
  r.gpus = {"H100-SXM5-80GB"};
  r.percentiles.ttft_p99_ms = 400.0;
  REQUIRE_FALSE(has_errors(take_trace(r)));
  return r;
}

PlanResult plan(const PlanRequest& r) {
  return make_plan(shipped(), *shipped().find_model(r.model)->entry, r).value();
}

TEST_CASE("a trace gives rate, burstiness and lengths") {
  const TraceFile even(false);
  const PlanRequest r = request_of(even.path(), 0.0);
  CHECK(r.qps == Approx(301.0 / 300.0));
  CHECK(r.input_tokens == Approx(999.0).epsilon(0.02));
  CHECK(r.trace_workload->arrivals.kind == ArrivalKind::kConstant);
  const LengthDistribution& input = r.trace_workload->classes.front().input;
  // Lengths are spread evenly from 500 to 1,500.
  CHECK(input.at(0.5) == Approx(1000.0).epsilon(0.05));
  CHECK(input.at(0.9) == Approx(1400.0).epsilon(0.05));
  const TraceFile bursts(true);
  // Of 60 gaps one is 60 s and 59 are none: their variation is nearly the root of 59.
  const PlanRequest b = request_of(bursts.path(), 0.0);
  CHECK(b.trace_workload->arrivals.burstiness == Approx(1.0 / 59.0).epsilon(0.02));
}

TEST_CASE("at the same mean rate the bursty trace takes more GPUs, and a note says so") {
  const TraceFile even(false);
  const TraceFile bursts(true);
  const PlanResult calm = plan(request_of(even.path(), 40.0));
  const PlanResult rough = plan(request_of(bursts.path(), 40.0));
  REQUIRE_FALSE(calm.options.empty());
  REQUIRE_FALSE(rough.options.empty());
  CHECK(rough.options[0].gpus > calm.options[0].gpus);
  const auto says = [](const PlanResult& p) {
    return std::any_of(p.notes.begin(), p.notes.end(), [](const std::string& note) {
      return note.find("arrivals come in bursts") != std::string::npos;
    });
  };
  CHECK(says(rough));
  CHECK_FALSE(says(calm));
  // The figures shown are those of the trace's own requests.
  REQUIRE(rough.options[0].simulated);
  CHECK(rough.options[0].simulated->ttft_s.p99 <= 0.4);
}

TEST_CASE("two-batch overlap reaches the options and their inputs") {
  PlanRequest r;
  r.model = "deepseek-r1";
  r.qps = 20.0;
  r.workload = "chat";
  r.input_tokens = 1155.0;
  r.output_tokens = 211.0;
  r.gpus = {"H800-SXM5-80GB"};
  r.engines = {"sglang"};
  r.all_layouts = true;
  r.top = 1000;
  const auto rates = [&] {
    std::map<std::string, double> out;
    for (const PlanOption& o : plan(r).options)
      out[describe(o.replica.layout)] = o.capacity.requests_per_s;
    return out;
  };
  const auto plain = rates();
  r.two_batch_overlap = true;
  const auto overlapped = rates();
  // Halved batches read weights twice: where they are small, that is more than what is hidden.
  bool faster = false;
  bool slower = false;
  for (const auto& [layout, rate] : overlapped) {
    const auto before = plain.find(layout);
    if (before == plain.end()) continue;
    faster = faster || rate > 1.01 * before->second;
    slower = slower || rate < 0.99 * before->second;
  }
  CHECK(faster);
  CHECK(slower);
  const PlanResult p = plan(r);
  const ModelSpec& model = *shipped().find_model(r.model)->entry;
  const ResultDocument document = plan_document(shipped(), model, r, p);
  const auto inputs = read_json("plan.json", document.json()["inputs"].dump());
  REQUIRE(inputs.ok());
  CHECK(read_plan_request(inputs->root())->two_batch_overlap);
}

}  // namespace
}  // namespace gpusize
