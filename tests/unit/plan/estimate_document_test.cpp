// The document of `estimate`: names, sums, derivations, verdicts.

#include <fmt/format.h>

#include "gpusize/estimate/step.hpp"
#include "gpusize/plan/estimate_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace {

using namespace gpusize;
using gpusize::test::catalog;
using gpusize::test::contains;
using Json = nlohmann::ordered_json;

EstimateRequest request(std::string model, std::string gpu, Layout layout = {}) {
  EstimateRequest r;
  r.model = std::move(model);
  r.gpu = std::move(gpu);
  r.layout = layout;
  return r;
}

Result<ResultDocument> estimate(const EstimateRequest& r) {
  return estimate_document(catalog(), *catalog().find_model(r.model)->entry, r);
}

ResultDocument good(const EstimateRequest& r) {
  auto document = estimate(r);
  INFO((document.ok() ? "" : document.errors().front().message));
  REQUIRE(document.ok());
  return std::move(document).value();
}

std::string error_of(const EstimateRequest& r) {
  const auto document = estimate(r);
  return document.ok() ? "ok" : document.errors().front().code;
}

std::vector<EstimateRequest> cases() {
  std::vector<EstimateRequest> out;
  out.push_back(request("deepseek-7b", "H100-SXM5-80GB"));
  out.push_back(request("deepseek-7b", "T4"));
  out.push_back(request("deepseek-r1", "H200-SXM-141GB", {8, 1, 1, 1}));
  out.back().batch = 64;
  out.push_back(request("deepseek-r1", "H200-SXM-141GB", {1, 1, 16, 16}));
  out.back().batch = 1000;
  out.back().mtp = true;
  out.push_back(request("llama-3.1-70b", "A100-SXM4-80GB", {4, 2, 1, 1}));
  out.back().batch = 7;
  out.push_back(request("qwen3-next-80b-a3b", "H100-SXM5-80GB", {4, 1, 4, 1}));
  out.push_back(request("llama-3.1-8b", "L40S"));
  out.back().weights = "awq";
  out.back().kv = "fp8";
  out.back().engine = "sglang";
  out.back().memory_fraction = 0.7;
  out.back().max_sequences = 32;
  for (std::size_t i = 0; i < 4; ++i) {
    out.push_back(out[i]);
    out.back().phase = Phase::kPrefill;
    out.back().new_tokens = 300;
    out.back().context = 1000;
    out.back().engine = i == 0 ? "cuda-graph" : "auto";
  }
  return out;
}

std::string name(const EstimateRequest& r) {
  return fmt::format("{} on {} {} {}", r.model, r.gpu, describe(r.layout), name_of(r.phase));
}

double number(const Json& value) { return value.get<double>(); }

}  // namespace

TEST_CASE("every number of an estimate has a derivation that gives it") {
  for (const EstimateRequest& r : cases()) {
    const ResultDocument document = good(r);
    for (const std::string& path : document.numbers()) {
      INFO(name(r) << " " << path);
      const Why why = document.why(path);
      REQUIRE(why != nullptr);
      CHECK(first_mismatch(why) == "");
      const double shown = number(document.json()[Json::json_pointer(path)]);
      CHECK(why->value == Approx(shown).epsilon(1e-9));
    }
  }
}

TEST_CASE("the rows of an estimate add up exactly") {
  for (const EstimateRequest& r : cases()) {
    INFO(name(r));
    const ResultDocument document = good(r);
    const Json& doc = document.json();
    double ms = 0.0;
    double flops = 0.0;
    double bytes = 0.0;
    for (const Json& op : doc["operators"]) {
      ms += number(op["time_ms"]);
      flops += number(op["flops"]);
      bytes += number(op["weight_bytes"]) + number(op["activation_bytes"]) + number(op["kv_bytes"]);
    }
    const Json& step = doc["step"];
    CHECK(ms == number(step["time_ms"]["value"]));
    CHECK(flops == number(step["flops"]));
    CHECK(bytes == number(step["bytes"]));
    CHECK(number(step["kernels_ms"]) + number(step["host_ms"]) == number(step["time_ms"]["value"]));
    CHECK(doc["operators"].back()["name"] == "engine.host");
    CHECK(number(step["time_ms"]["low"]) < number(step["time_ms"]["value"]));
    CHECK(number(step["time_ms"]["value"]) < number(step["time_ms"]["high"]));

    const Json& memory = doc["memory_per_gpu_bytes"];
    double total = 0.0;
    for (const char* row : {"weights", "kv_cache", "activations", "runtime", "free"})
      total += number(memory[row]);
    CHECK(total == number(memory["capacity"]));
    double weights = 0.0;
    for (const auto& [role, value] : memory["weights_by_role"].items()) weights += number(value);
    CHECK(weights == number(memory["weights"]));
  }
}

TEST_CASE("the step is the estimator's") {
  for (const EstimateRequest& r : cases()) {
    INFO(name(r));
    const ResultDocument document = good(r);
    const Json& step = document.json()["step"];
    Deployment d = gpusize::test::deployment(
        {r.model, r.gpu, document.json()["deployment"]["engine"], r.weights, r.kv, r.layout});
    d.load_mtp = r.mtp;
    StepShape shape;
    shape.phase = r.phase;
    shape.sequences = number(step["sequences"]);
    shape.query_tokens = number(step["new_tokens"]);
    shape.context_tokens = number(step["context_tokens"]);
    shape.logit_rows = shape.sequences;
    CHECK(number(step["time_ms"]["value"]) ==
          Approx(StepEstimator(d).time(shape).in(units::ms)).epsilon(1e-12));
  }
}

TEST_CASE("the names of the document are fixed") {
  const ResultDocument document = good(request("deepseek-7b", "H100-SXM5-80GB"));
  const Json& doc = document.json();
  for (const char* path : {"/schema",
                           "/schema_version",
                           "/command",
                           "/fits",
                           "/inputs/model",
                           "/assumptions/0/id",
                           "/assumptions/0/value",
                           "/assumptions/0/unit",
                           "/assumptions/0/source",
                           "/assumptions/0/as_of",
                           "/assumptions/0/kind",
                           "/parameters/total",
                           "/parameters/active",
                           "/parameters/mtp",
                           "/parameters/checkpoint_elements",
                           "/parameters/checkpoint_bytes",
                           "/kv_bytes_per_token",
                           "/memory_per_gpu_bytes/capacity",
                           "/memory_per_gpu_bytes/usable",
                           "/memory_per_gpu_bytes/weights",
                           "/memory_per_gpu_bytes/kv_cache",
                           "/memory_per_gpu_bytes/activations",
                           "/memory_per_gpu_bytes/runtime",
                           "/memory_per_gpu_bytes/free",
                           "/memory_per_gpu_bytes/weights_by_role",
                           "/memory_per_gpu_bytes/kv_room",
                           "/kv_tokens_that_fit",
                           "/sequences_that_fit",
                           "/step/phase",
                           "/step/batch",
                           "/step/context_tokens",
                           "/step/new_tokens",
                           "/step/time_ms/value",
                           "/step/time_ms/low",
                           "/step/time_ms/high",
                           "/step/kernels_ms",
                           "/step/host_ms",
                           "/step/flops",
                           "/step/bytes",
                           "/step/bound",
                           "/step/evidence",
                           "/operators/0/name",
                           "/operators/0/count",
                           "/operators/0/flops",
                           "/operators/0/weight_bytes",
                           "/operators/0/activation_bytes",
                           "/operators/0/kv_bytes",
                           "/operators/0/comm_bytes",
                           "/operators/0/time_ms",
                           "/operators/0/bound",
                           "/not_assessed"}) {
    INFO(path);
    CHECK(doc.contains(Json::json_pointer(path)));
  }
}

TEST_CASE("DeepSeek-7B in fp16: weights of 12.87 GiB") {
  EstimateRequest r = request("deepseek-7b", "A100-SXM4-40GB");
  r.weights = "fp16";
  const ResultDocument a100 = good(r);
  CHECK(number(a100.json()["memory_per_gpu_bytes"]["weights"]) / 1073741824.0 ==
        Approx(12.87).margin(0.005));
  CHECK(a100.json()["fits"] == Json(true));
  CHECK(number(a100.json()["kv_bytes_per_token"]) == 2.0 * 30 * 32 * 128 * 2);
  r.gpu = "T4";
  const ResultDocument t4 = good(r);
  CHECK(t4.json()["fits"] == Json(false));
  CHECK(number(t4.json()["memory_per_gpu_bytes"]["kv_room"]) == 0.0);
}

TEST_CASE("DeepSeek-R1 in fp8 needs more than eight cards of 80 GB") {
  struct Fleet {
    const char* gpu;
    Layout layout;
    bool fits;
  };
  for (const Fleet& fleet :
       {Fleet{"H100-SXM5-80GB", {8, 1, 1, 1}, false}, Fleet{"H200-SXM-141GB", {8, 1, 1, 1}, true},
        Fleet{"H100-SXM5-80GB", {8, 2, 1, 1}, true}, Fleet{"H100-SXM5-80GB", {16, 1, 1, 1}, true},
        Fleet{"MI300X", {8, 1, 1, 1}, true}}) {
    INFO(fleet.gpu << " " << describe(fleet.layout));
    const ResultDocument document = good(request("deepseek-r1", fleet.gpu, fleet.layout));
    CHECK(document.json()["fits"] == Json(fleet.fits));
    // 61 layers of 576 latent numbers in 16 bits.
    CHECK(number(document.json()["kv_bytes_per_token"]) == 61.0 * 576 * 2);
    CHECK(number(document.json()["parameters"]["total"]) == Approx(671.03e9).epsilon(1e-4));
  }
}

TEST_CASE("requests that make no sense are refused with a code") {
  const EstimateRequest base = request("deepseek-7b", "H100-SXM5-80GB");
  const auto with = [&](auto change) {
    EstimateRequest r = base;
    change(r);
    return error_of(r);
  };
  CHECK(with([](EstimateRequest& r) { r.gpu = "H1000"; }) == "cat-unknown-gpu");
  CHECK(with([](EstimateRequest& r) { r.engine = "vlm"; }) == "cat-unknown-engine");
  CHECK(with([](EstimateRequest& r) { r.weights = "fp7"; }) == "ops-unknown-weights");
  CHECK(with([](EstimateRequest& r) { r.kv = "int3"; }) == "est-unknown-kv");
  CHECK(with([](EstimateRequest& r) { r.layout.tp = 3; }) == "est-layout");
  CHECK(with([](EstimateRequest& r) { r.layout.ep = 2; }) == "est-layout");
  CHECK(with([](EstimateRequest& r) { r.layout.tp = 0; }) == "est-range");
  CHECK(with([](EstimateRequest& r) { r.batch = -1; }) == "est-range");
  CHECK(with([](EstimateRequest& r) { r.batch = 2'000'000; }) == "est-range");
  CHECK(with([](EstimateRequest& r) { r.context = 200'000'000; }) == "est-range");
  CHECK(with([](EstimateRequest& r) { r.memory_fraction = 90.0; }) == "est-range");
  CHECK(with([](EstimateRequest& r) { r.images = 1; }) == "est-image-tokens");
  CHECK(with([](EstimateRequest& r) {
          r.gpu = "MI300X";
          r.engine = "tensorrt-llm";
        }) == "est-engine");
  CHECK(with([](EstimateRequest& r) {
          r.gpu = "A100-SXM4-80GB";
          r.weights = "fp8";
        }) == "est-format");
}

TEST_CASE("what the estimate leaves out is said") {
  EstimateRequest r = request("deepseek-7b", "T4");
  r.context = 100'000;
  const ResultDocument document = good(r);
  const std::string left_out = document.json()["not_assessed"].dump();
  CHECK_THAT(left_out, contains("beyond the model's maximum of 4096"));
  CHECK_THAT(document.json()["notes"].dump(), contains("does not compute in bf16"));
  const ResultDocument wide = good(request("deepseek-r1", "H100-SXM5-80GB", {16, 1, 1, 1}));
  CHECK_THAT(wide.json()["notes"].dump(), contains("wider than the 8 GPUs"));
}

TEST_CASE("a document can be made again from its own inputs") {
  for (const EstimateRequest& r : cases()) {
    INFO(name(r));
    const ResultDocument first = good(r);
    const std::string text = first.json().dump();
    const auto file = read_json("result.json", text);
    REQUIRE(file.ok());
    const auto again = read_estimate_request(file->root().find("inputs"));
    REQUIRE(again.ok());
    CHECK(good(*again).json().dump() == text);
  }
}

TEST_CASE("images lengthen the prompt and run the vision tower in prefill") {
  EstimateRequest r = request("deepseek-7b", "H100-SXM5-80GB");
  r.images = 2;
  r.image_tokens = 500;
  const ResultDocument decode = good(r);
  CHECK(number(decode.json()["step"]["context_tokens"]) == 3048.0);
  r.phase = Phase::kPrefill;
  const ResultDocument prefill = good(r);
  CHECK(number(prefill.json()["step"]["new_tokens"]) == 3048.0);
  CHECK_THAT(prefill.json()["not_assessed"].dump(), contains("vision tower"));
}
