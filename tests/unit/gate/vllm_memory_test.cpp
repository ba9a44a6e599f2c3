// The KV-cache pool against start-up logs of vLLM (llm-d planner,
// docs/empirical-vllm-memory-results.md of llm-d-incubation/llm-d-planner@e50305a, one H100 SXM,
// a release before 0.21).
#include <algorithm>
#include <cmath>

#include "gpusize/gate/check.hpp"
#include "gpusize/spec/read_deployments.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

CheckResult check(const std::string& model, const std::string& arguments) {
  static const Catalog catalog = Catalog::shipped().value();
  const auto set = read_deployments(
      {{"f.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {gpusize.dev/gpu: "
        "H100-SXM5-80GB}}\nspec:\n  containers:\n  - name: e\n    image: "
        "vllm/vllm-openai:v0.11.0\n    args: [--model=" +
            model + ", " + arguments + ", --max-model-len=16000]\n"}});
  REQUIRE(set.ok());
  CheckRequest request;
  request.today = "2026-11-26";
  return run_check(catalog, *set, request);
}

bool found(const CheckResult& result, std::string_view rule) {
  return std::any_of(result.findings.begin(), result.findings.end(),
                     [&](const Finding& f) { return f.rule->code == rule; });
}

}  // namespace

TEST_CASE("KV cache of vLLM's start-up logs within 3 %") {
  struct Row {
    const char* model;
    const char* arguments;
    double kv_gib;
  };
  // The page says 0.9 throughout; the four figures of gpt-oss-120b add up to 0.95 of the card.
  const Row rows[] = {
      {"meta-llama/Llama-3.1-8B", "--gpu-memory-utilization=0.9", 51.38},
      {"meta-llama/Llama-3.3-70B-Instruct",
       "-tp, '2', --quantization=fp8, --gpu-memory-utilization=0.9", 32.0},
      {"Qwen/Qwen3-0.6B", "--gpu-memory-utilization=0.9", 64.45},
      {"openai/gpt-oss-20b", "--gpu-memory-utilization=0.9", 50.28},
      {"Qwen/Qwen3-32B", "--gpu-memory-utilization=0.9", 4.45},
      {"Qwen/Qwen3-32B", "-tp, '2', --gpu-memory-utilization=0.9", 34.49},
      {"openai/gpt-oss-120b", "--gpu-memory-utilization=0.95", 3.33},
  };
  for (const Row& row : rows) {
    INFO(row.model);
    const CheckResult result = check(row.model, row.arguments);
    REQUIRE(result.workloads.size() == 1);
    REQUIRE(result.workloads[0].memory != nullptr);
    const double kv = result.workloads[0].memory->memory.kv_room.in(units::GiB);
    INFO(kv);
    CHECK(std::fabs(kv - row.kv_gib) / row.kv_gib < 0.03);
  }
}

TEST_CASE("padded experts decide: gpt-oss-120b at the default 0.9 of one H100 has no room") {
  // As users report (github:vllm-project/vllm/issues/27508: it takes 0.95 and a small token
  // budget).
  const CheckResult nine = check("openai/gpt-oss-120b", "--gpu-memory-utilization=0.9");
  CHECK((found(nine, "GS101") || found(nine, "GS102")));
  const CheckResult more = check("openai/gpt-oss-120b", "--gpu-memory-utilization=0.95");
  CHECK_FALSE((found(more, "GS101") || found(more, "GS102")));
}
