#include "gpusize/serve/workload_file.hpp"

#include "support/catch.hpp"
#include "support/temporary_file.hpp"

namespace gpusize {
namespace {

Result<WorkloadFile> read(const std::string& text) {
  const test::TemporaryFile file(text, ".yaml");
  return read_workload_file(file.path());
}

TEST_CASE("a workload file gives arrivals, classes, targets and speculation") {
  const auto file = read(
      "schema: gpusize.load/v1\n"
      "name: shop\n"
      "arrivals: {kind: gamma, rate: 12, burstiness: 0.25}\n"
      "classes:\n"
      "  - {name: chat, share: 3, input: {mean: 1000, median: 800}, output: {fixed: 200},\n"
      "     cache_hit_share: 0.5, turns: 3, think_s: 20, targets: {ttft_ms: 2000}}\n"
      "  - {name: report, input: {quantiles: [[0, 100], [1, 100]]}, output: {mean: 50, "
      "exponential: "
      "true}}\n"
      "speculation: {draft_tokens: 2, acceptance: 0.5}\n");
  REQUIRE(file.ok());
  const Workload& w = file->workload;
  CHECK(w.arrivals.gap_scv() == Approx(4.0));
  REQUIRE(w.classes.size() == 2);
  CHECK(w.classes[0].input.kind == LengthKind::kLognormal);
  CHECK(w.classes[0].targets.ttft_s == 2.0);
  CHECK(w.classes[1].input.first_moment() == Approx(100.0).epsilon(0.01));
  CHECK(w.mean_output() == Approx(0.75 * 200 + 0.25 * 50).epsilon(0.02));
  CHECK(file->speculation.tokens_per_step() == Approx(1.75));
}

TEST_CASE("what is wrong in a workload file is told with its place") {
  const auto file = read(
      "schema: gpusize.load/v1\n"
      "arrivals: {kind: gama, rate: 12}\n"
      "classes:\n"
      "  - {input: {quantiles: [[0.5, 100], [0.4, 200]]}, output: {fixed: 0}, turn: 3}\n");
  REQUIRE_FALSE(file.ok());
  CHECK(file.errors().size() >= 4);
  for (const Diagnostic& d : file.errors()) CHECK(d.where.line >= 2);
}

}  // namespace
}  // namespace gpusize
