// What compatibility forbids, neither plan nor levers propose.

#include <algorithm>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/fleet/levers_document.hpp"
#include "gpusize/plan/planner.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

PlanRequest everything_on(const std::string& gpu) {
  PlanRequest r;
  r.model = "deepseek-7b";
  r.qps = 1.0;
  r.workload = "custom";
  r.input_tokens = 500.0;
  r.output_tokens = 100.0;
  r.gpus = {gpu};
  r.weights = {"native", "bf16", "fp16", "fp8", "int8", "awq", "nvfp4"};
  r.kv = {"auto", "fp8"};
  r.engines = {"auto", "vllm", "sglang"};
  r.all_layouts = true;
  r.max_gpus = 4;
  r.top = 1000;
  return r;
}

PlanResult plan_of(const PlanRequest& request) {
  auto plan =
      make_plan(test::catalog(), *test::catalog().find_model(request.model)->entry, request);
  REQUIRE(plan.ok());
  return std::move(plan).value();
}

Support support(const GpuSpec& gpu, std::string_view subject) {
  return ask_compat(test::catalog().compat(), gpu, {std::string(subject), ""}).support;
}

bool rejected_because(const PlanResult& plan, std::string_view text) {
  return std::any_of(plan.rejected.begin(), plan.rejected.end(), [&](const PlanRejection& r) {
    return r.reason.find(text) != std::string::npos;
  });
}

TEST_CASE("no option uses an engine or a format that the compatibility data forbid") {
  for (const char* card : {"V100-SXM2-32GB", "T4", "A100-SXM4-80GB", "L40S", "H100-SXM5-80GB"}) {
    const PlanResult plan = plan_of(everything_on(card));
    REQUIRE(!plan.options.empty());
    for (const PlanOption& option : plan.options) {
      const Deployment& d = option.replica;
      INFO(card << " " << d.engine->id << " " << d.weights.name << " " << name_of(d.kv));
      CHECK(support(*d.gpu, d.engine->id) != Support::kNo);
      for (const WeightFormat& format : d.weights.formats) {
        const bool fp4 = format.storage == Dtype::kNvfp4;
        if (format.storage == Dtype::kInt4) continue;
        CHECK(support(*d.gpu, fp4 ? "fp4" : name_of(format.storage)) != Support::kNo);
      }
      if (d.kv == Dtype::kFp8) CHECK(support(*d.gpu, "fp8") != Support::kNo);
    }
  }
}

TEST_CASE("a V100 gets fp16 by an engine that still supports it, and says what it refuses") {
  const PlanResult plan = plan_of(everything_on("V100-SXM2-32GB"));
  REQUIRE(!plan.options.empty());
  CHECK(plan.options.front().replica.weights.of(TensorRole::kAttention).storage == Dtype::kFp16);
  CHECK(plan.options.front().replica.engine->id != "vllm");
  CHECK(rejected_because(plan, "vllm 0.21 no longer supports"));
  CHECK(rejected_because(plan, "does not compute in bf16"));
  CHECK(rejected_because(plan, "does not compute in fp8"));
  CHECK(rejected_because(plan, "awq does not work"));
  PlanRequest only = everything_on("V100-SXM2-32GB");
  only.engines = {"vllm"};
  CHECK(plan_of(only).options.empty());
}

TEST_CASE("an A100 is never given FP8, and the reason has a source") {
  PlanRequest request = everything_on("A100-SXM4-80GB");
  request.weights = {"fp8"};
  const PlanResult plan = plan_of(request);
  CHECK(plan.options.empty());
  CHECK(rejected_because(plan, "does not compute in fp8"));
  CHECK(rejected_because(plan, "TransformerEngine support matrix"));
}

/// deepseek-7b with weights of 8 bits that are widened to 16 before the product.
ModelSpec weights_of_8_bits(const std::string& type) {
  ModelSpec model = *test::catalog().find_model("deepseek-7b")->entry;
  const QuantMethod method = type == "int" ? QuantMethod::kInt8 : QuantMethod::kFp8Channel;
  for (TensorQuant& quant : model.quant.roles) {
    quant = default_quant(method);
    quant.weight_only = true;
  }
  return model;
}

TEST_CASE("weights that are widened need no arithmetic of their own") {
  const auto options = [](const std::string& type, const std::string& gpu) {
    PlanRequest request = everything_on(gpu);
    request.weights = {"native"};
    request.kv = {"auto"};
    const auto plan = make_plan(test::catalog(), weights_of_8_bits(type), request);
    REQUIRE(plan.ok());
    return plan->options.size();
  };
  CHECK(options("int", "V100-SXM2-32GB") > 0);     // GPTQ kernels take 8 bits and 7.0
  CHECK(options("float", "A100-SXM4-80GB") > 0);   // Marlin
  CHECK(options("float", "V100-SXM2-32GB") == 0);  // Marlin needs 7.5
}

TEST_CASE("a KV cache of int8 is read and widened: no card refuses it") {
  for (const char* gpu : {"V100-SXM2-32GB", "T4", "A100-SXM4-80GB"}) {
    INFO(gpu);
    PlanRequest request = everything_on(gpu);
    request.weights = {"native"};
    request.kv = {"int8"};
    CHECK(!plan_of(request).options.empty());
    LeversRequest levers;
    levers.model = "llama-3.1-8b";
    levers.gpu = gpu;
    levers.workload = "custom";
    levers.input_tokens = 500.0;
    levers.output_tokens = 100.0;
    levers.batch = 1;
    const auto document =
        levers_document(test::catalog(), *test::catalog().find_model(levers.model)->entry, levers);
    REQUIRE(document.ok());
    const auto& rows = document->json()["levers"];
    CHECK(std::any_of(rows.begin(), rows.end(),
                      [](const auto& row) { return row["name"] == "kv-int8"; }));
  }
}

}  // namespace
}  // namespace gpusize
