// Formats of weights meet the formats of cards.

#include <algorithm>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/estimate/step.hpp"
#include "gpusize/estimate/support.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

StepBreakdown step(const char* model, const char* card, const char* weights = "native",
                   Layout layout = {}) {
  const GpuSpec& gpu = *shipped().find_gpu(card)->entry;
  Deployment d;
  d.model = shipped().find_model(model)->entry;
  d.gpu = &gpu;
  d.rates = &shipped().rates_for(gpu);
  d.engine = shipped().find_engine("cuda-graph")->entry;
  d.weights = plan_weights(*d.model, weights).value();
  d.layout = layout;
  StepEstimator estimator(d);
  return estimator.breakdown({Phase::kDecode, 64, 1, 1000, 64});
}

const OperatorTime* find(const StepBreakdown& b, std::string_view name) {
  const auto found = std::find_if(b.operators.begin(), b.operators.end(),
                                  [&](const OperatorTime& o) { return o.op.name == name; });
  return found == b.operators.end() ? nullptr : &*found;
}

TEST_CASE("FP8 weights on a card without FP8 are widened in the GEMM") {
  const StepBreakdown with = step("deepseek-7b", "H100-SXM5-80GB", "fp8");
  const StepBreakdown without = step("deepseek-7b", "A100-SXM4-80GB", "fp8");
  CHECK(find(with, "ffn.quantise") != nullptr);
  CHECK(find(without, "ffn.quantise") == nullptr);
  const OperatorTime* gemm = find(without, "ffn.gate_up");
  REQUIRE(gemm != nullptr);
  CHECK(gemm->op.work.compute == Dtype::kBf16);
  CHECK(gemm->op.work.weight == Dtype::kFp8);
  // 64 rows of 4096 16-bit inputs, and 2 x 11008 outputs.
  CHECK(gemm->op.work.activation_bytes.in(units::B) == 64.0 * (4096.0 + 2.0 * 11008.0) * 2.0);
}

TEST_CASE("tokens travel as wide as their experts take them") {
  // One byte and an fp32 scale per 128 numbers, or two bytes.
  const Layout layout{1, 1, 8, 8};
  const auto message = [&](const char* card) {
    return find(step("deepseek-v3", card, "native", layout), "moe.dispatch")
        ->op.work.collective.message.in(units::B);
  };
  CHECK(message("A100-SXM4-80GB") == Approx(message("H100-SXM5-80GB") * 2.0 / (1.0 + 4.0 / 128.0)));
}

TEST_CASE("MXFP4 experts take 16-bit activations where there is no FP4, FP8 ones where there is") {
  const auto compute = [](const char* card) {
    return find(step("gpt-oss-20b", card), "moe.gate_up")->op.work.compute;
  };
  CHECK(compute("H100-SXM5-80GB") == Dtype::kBf16);
  CHECK(compute("A100-SXM4-80GB") == Dtype::kBf16);
  CHECK(compute("B200-SXM-180GB") == Dtype::kFp8);
  const ModelSpec& model = *shipped().find_model("gpt-oss-20b")->entry;
  const auto note = [&](const char* card) {
    return resolve_weights(model, "native", *shipped().find_gpu(card)->entry, nullptr)->note;
  };
  CHECK(note("H100-SXM5-80GB").empty());
  CHECK_THAT(note("B200-SXM-180GB"), test::contains("fp8 activations"));
}

}  // namespace
}  // namespace gpusize
