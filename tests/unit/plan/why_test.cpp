// Derivations: every tree replays, and ends in facts, inputs and counts.

#include <fmt/format.h>

#include "gpusize/plan/why.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace {

using namespace gpusize;
using gpusize::test::contains;
using gpusize::test::deployment;
using gpusize::test::DeploymentNames;

StepShape step(Phase phase, double sequences, double tokens, double context) {
  StepShape shape;
  shape.phase = phase;
  shape.sequences = sequences;
  shape.query_tokens = tokens;
  shape.context_tokens = context;
  shape.logit_rows = sequences;
  return shape;
}

/// Numbers that no text explains, and so are told as the graph's own.
void collect_untold(const Why& why, std::vector<std::string>& out) {
  if (why->note.find("operator graph") != std::string::npos) out.push_back(why->label);
  for (const auto& [symbol, input] : why->inputs) collect_untold(input, out);
}

std::string untold(const Why& why) {
  std::vector<std::string> found;
  collect_untold(why, found);
  return found.empty() ? "" : found.front();
}

/// A leaf says where it is from.
void require_told(const Why& why) {
  if (why->inputs.empty() && why->formula_text.empty()) {
    INFO(why->label);
    CHECK_FALSE((why->source.title.empty() && why->note.empty()));
  }
  for (const auto& [symbol, input] : why->inputs) require_told(input);
}

const std::vector<DeploymentNames>& cases() {
  static const std::vector<DeploymentNames> kCases{
      {"deepseek-llm-7b", "H100-SXM5-80GB"},
      {"deepseek-llm-7b", "T4", "transformers"},
      {"deepseek-r1-distill-qwen-14b", "H200-SXM-141GB", "cuda-graph", "fp8"},
      {"qwen3-30b-a3b", "H100-SXM5-80GB", "cuda-graph", "bf16", "auto", {2, 1, 1, 1}},
      {"llama-3.1-70b", "A100-SXM4-80GB", "vllm", "native", "auto", {8, 1, 1, 1}},
      {"llama-3.1-8b", "L40S", "vllm", "awq", "fp8"},
      {"llama-3.1-8b", "A100-SXM4-80GB", "lmdeploy", "int8", "int8", {2, 2, 1, 1}},
      {"deepseek-r1", "H200-SXM-141GB", "sglang", "native", "auto", {8, 1, 1, 1}},
      {"deepseek-r1", "H100-SXM5-80GB", "vllm", "native", "fp8", {8, 2, 1, 1}},
      {"deepseek-r1", "H200-SXM-141GB", "sglang", "native", "auto", {1, 1, 16, 16}},
      {"deepseek-r1", "MI300X", "vllm", "native", "auto", {8, 1, 8, 1}},
      {"deepseek-v2-lite", "H20-96GB", "vllm", "bf16", "auto", {2, 1, 4, 2}},
      {"deepseek-v3.2", "B200-SXM-180GB", "sglang", "native", "fp8", {8, 1, 1, 1}},
      {"deepseek-v4-flash", "H200-SXM-141GB", "sglang", "native", "fp8", {4, 1, 1, 1}},
      {"gpt-oss-120b", "H100-SXM5-80GB", "vllm", "native", "auto", {2, 1, 1, 1}},
      {"qwen3-next-80b-a3b", "H100-SXM5-80GB", "vllm", "native", "auto", {4, 1, 4, 1}},
      {"minimax-m1", "H100-SXM5-80GB", "vllm", "bf16", "auto", {16, 1, 1, 1}},
      {"minimax-m3", "B200-SXM-180GB", "vllm", "native", "auto", {4, 1, 1, 1}},
      {"llama-4-scout", "B200-SXM-180GB", "vllm", "native", "auto", {4, 1, 1, 1}},
      {"gemma-3-27b", "H100-SXM5-80GB", "vllm", "native", "auto", {2, 1, 1, 1}},
      {"bloom-176b", "A100-SXM4-80GB", "fastertransformer", "fp16", "auto", {8, 1, 1, 1}},
      {"qwen3-8b-nvfp4", "B200-SXM-180GB", "tensorrt-llm"},
  };
  return kCases;
}

std::string name(const DeploymentNames& c) {
  return fmt::format("{} on {} {} weights {} kv {}", c.model, c.gpu, describe(c.layout), c.weights,
                     c.kv);
}

}  // namespace

TEST_CASE("every operator of a step replays and is told from config fields") {
  for (const DeploymentNames& c : cases()) {
    StepEstimator estimator(deployment(c));
    for (const StepShape& shape :
         {step(Phase::kDecode, 5, 1, 3000), step(Phase::kPrefill, 2, 700, 0),
          step(Phase::kPrefill, 1, 512, 4096), step(Phase::kPrefill, 1, 5000, 9000),
          step(Phase::kDecode, 64, 2, 100), step(Phase::kDecode, 3, 1, 20000)}) {
      INFO(name(c) << (shape.phase == Phase::kDecode ? " decode" : " prefill") << " context "
                   << shape.context_tokens);
      const StepBreakdown breakdown = estimator.breakdown(shape);
      for (const OperatorTime& op : breakdown.operators) {
        INFO(op.op.name);
        const OperatorWhys row = why_operator_row(estimator, shape, op);
        for (const Why& why : {row.count, row.flops, row.weight_bytes, row.activation_bytes,
                               row.kv_bytes, row.comm_bytes, row.time_ms}) {
          CHECK(first_mismatch(why) == "");
          CHECK(untold(why) == "");
          require_told(why);
        }
        CHECK(row.time_ms->value == op.time.in(units::ms));
      }
    }
  }
}

TEST_CASE("a step is its operators and the host") {
  for (const DeploymentNames& c : cases()) {
    INFO(name(c));
    StepEstimator estimator(deployment(c));
    const StepShape shape = step(Phase::kPrefill, 1, 256, 0);
    const Why why = why_step(estimator, shape);
    CHECK(first_mismatch(why) == "");
    CHECK(why->value == Approx(estimator.time(shape).in(units::ms)));
    const Why high = why_band(estimator.deployment(), why, true);
    const TimeBand band = with_band(estimator.time(shape), band_of(estimator.deployment()));
    CHECK(high->value == Approx(band.high.in(units::ms)));
    CHECK(why_band(estimator.deployment(), why, false)->value == Approx(band.low.in(units::ms)));
    CHECK(first_mismatch(high) == "");
  }
}

TEST_CASE("memory rows replay") {
  for (const DeploymentNames& c : cases()) {
    INFO(name(c));
    Deployment d = deployment(c);
    d.load_mtp = d.model->mtp.layers > 0;
    const Why tokens = why_input("tokens", 3000, "tokens", "test");
    const Why one = why_kv_per_sequence(d, tokens);
    CHECK(first_mismatch(one) == "");
    CHECK(untold(one) == "");
    const ActivationPeak peak{512, 16};
    const MemoryPerGpu memory = memory_per_gpu(d, peak, Bytes::from_base(one->value));
    CHECK(sequences_that_fit(d, 10.0 * Bytes::from_base(one->value), 3000) == 10);
    const MemoryWhys why =
        why_memory(d, memory, one, why_input("tokens", peak.tokens, "tokens", "test"),
                   why_input("rows", peak.logit_rows, "rows", "test"));
    for (const Why& row : {why.capacity, why.usable, why.weights, why.activations, why.runtime,
                           why.free, why.kv_room}) {
      INFO(row->label);
      CHECK(first_mismatch(row) == "");
      require_told(row);
    }
    CHECK(why.capacity->value == memory.capacity.in(units::B));
    CHECK(why.weights->value == Approx(memory.weights.in(units::B)).epsilon(1e-12));
    CHECK(why.activations->value == memory.activations.in(units::B));
    const Why per_token = why_kv_per_token(d);
    CHECK(first_mismatch(per_token) == "");
    CHECK(untold(per_token) == "");
    CHECK(first_mismatch(why_kv_per_token_per_gpu(d)) == "");
  }
}

TEST_CASE("the cache of one sequence is the estimator's") {
  for (const DeploymentNames& c : cases()) {
    INFO(name(c));
    const Deployment d = deployment(c);
    for (const double tokens : {1.0, 100.0, 5000.0}) {
      const Why why = why_kv_per_sequence(d, why_input("tokens", tokens, "tokens", "test"));
      const double fits = static_cast<double>(sequences_that_fit(
          d, 1000.5 * Bytes::from_base(why->value), static_cast<std::int64_t>(tokens)));
      CHECK(fits == 1000.0);
    }
  }
}

TEST_CASE("parameter totals of every catalog model replay") {
  for (const std::string& id : gpusize::test::catalog().model_ids()) {
    const auto found = gpusize::test::catalog().find_model(id);
    if (!found.ok()) continue;  // architectures that are listed but not modelled
    INFO(id);
    const ParameterWhys why = why_parameters(*found->entry);
    const ParameterCounts counts = count_parameters(*found->entry);
    CHECK(why.total->value == static_cast<double>(counts.total));
    CHECK(why.checkpoint_bytes->value == counts.checkpoint_bytes.in(units::B));
    for (const Why& row :
         {why.total, why.active, why.mtp, why.checkpoint_elements, why.checkpoint_bytes}) {
      CHECK(first_mismatch(row) == "");
    }
  }
}

TEST_CASE("serving points replay in steady state and as static batches") {
  for (const DeploymentNames& c : cases()) {
    INFO(name(c));
    StepEstimator estimator(deployment(c));
    const RequestShape request{1500, 200};
    for (const double in_flight : {1.0, 40.0}) {
      const ServingPoint point = serving_point(estimator, request, in_flight);
      const ServingWhys why =
          why_serving(estimator, request, point, why_input("input", 1500, "tokens", "test"),
                      why_input("output", 200, "tokens", "test"),
                      why_input("in flight", in_flight, "requests", "test"));
      for (const Why& row : {why.prefill_step_ms, why.decode_step_ms, why.ttft_ms, why.tpot_ms,
                             why.e2e_ms, why.requests_per_s}) {
        INFO(row->label);
        CHECK(first_mismatch(row) == "");
      }
      CHECK(why.ttft_ms->value == Approx(point.ttft.in(units::ms)));
      CHECK(why.tpot_ms->value == Approx(point.tpot.in(units::ms)));
      CHECK(why.e2e_ms->value == Approx(point.e2e.in(units::ms)));
      CHECK(why.requests_per_s->value == point.requests_per_s);
    }
  }
}

TEST_CASE("a derivation ends in sources that a reader can look up") {
  StepEstimator estimator(deployment({"deepseek-llm-7b", "H100-SXM5-80GB", "vllm"}));
  const StepShape shape = step(Phase::kDecode, 1, 1, 2048);
  const std::string text = render(why_step(estimator, shape), 20);
  CHECK_THAT(text, contains("hw.gemm.time"));
  CHECK_THAT(text, contains("memory_bandwidth_gb_s) = 3350"));
  CHECK_THAT(text, contains("fit over own H100 kernels, bf16 (297 rows)"));
  CHECK_THAT(text, contains("config of deepseek-llm-7b"));
  CHECK_THAT(text, contains("vllm host_per_step_us"));
  CHECK_THAT(text, contains("input: --context"));
}
