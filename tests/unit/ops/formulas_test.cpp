// The text of every published formula, evaluated, against the code's value.

#include "gpusize/ops/formulas.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "gpusize/ops/attention.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

namespace gpusize {
namespace {

using Inputs = std::map<std::string, double, std::less<>>;

struct FormulaCase {
  std::string_view id;
  Inputs inputs;
  double code;
};

struct Pass {
  const char* model;
  StepShape shape;
  Layout layout;
  const char* weights = "bf16";
  Dtype kv = Dtype::kBf16;
};

/// The last operator of this name: of models with several layer kinds, the last kind's.
Operator op(const Pass& pass, std::string_view name) {
  const ModelSpec& m = test::model(pass.model);
  const WeightPlan plan = plan_weights(m, pass.weights).value();
  GraphInput input;
  input.model = &m;
  input.weights = &plan;
  input.layout = pass.layout;
  input.kv = pass.kv;
  input.shape = pass.shape;
  std::vector<Operator> graph;
  build_graph(input, graph);
  const auto found =
      std::find_if(graph.rbegin(), graph.rend(), [&](const Operator& o) { return o.name == name; });
  REQUIRE(found != graph.rend());
  return *found;
}
double flops(const Operator& o) { return o.work.flops.in(units::FLOP); }

/// Layer of a model by its attention.
const AttentionSpec& attention(const char* model, AttentionKind kind, std::int64_t ratio = 0) {
  for (const LayerKind& k : test::model(model).kinds) {
    if (k.attention.kind == kind && (ratio == 0 || k.attention.compress_ratio == ratio))
      return k.attention;
  }
  FAIL("no such layer");
  return test::model(model).kinds.front().attention;
}
KvFootprint footprint(const AttentionSpec& a, Dtype kv = Dtype::kBf16) {
  return attention_variant(a.kind).kv(a, 1, kv);
}

/// Core of one attention block in a decode step of 3 sequences with `context` cached tokens.
Operator core(const char* model, const AttentionSpec& a, double context, std::string_view name) {
  const ModelSpec& m = test::model(model);
  const WeightPlan plan = plan_weights(m, "bf16").value();
  AttentionContext c;
  c.spec = &a;
  c.hidden = m.hidden;
  c.weights = &plan;
  c.shape = {Phase::kDecode, 3, 1, context, 3};
  std::vector<Operator> out;
  attention_variant(a.kind).operators(c, out);
  const auto found =
      std::find_if(out.begin(), out.end(), [&](const Operator& o) { return o.name == name; });
  REQUIRE(found != out.end());
  return *found;
}

constexpr StepShape kDecode{Phase::kDecode, 3, 1, 1000, 3};
constexpr StepShape kPrefill{Phase::kPrefill, 2, 300, 500, 2};

std::vector<FormulaCase> weight_cases() {
  const WeightPlan fp8 = plan_weights(test::model("llama-3.1-8b"), "fp8").value();
  const WeightPlan awq = plan_weights(test::model("llama-3.1-8b"), "awq").value();
  const WeightFormat& block = fp8.of(TensorRole::kDenseFfn);
  TensorGroup whole;
  whole.sharding = Sharding::kTensorParallel;
  TensorGroup experts;
  experts.sharding = Sharding::kExpert;
  experts.count = 60;
  const Operator head = op({"llama-3.1-8b", kDecode, {}}, "lm_head");
  const Operator gate = op({"mixtral-8x7b", kDecode, {}}, "moe.gate_up");
  return {
      {"gemm.flops", {{"m", 3}, {"n", 128256}, {"k", 4096}}, flops(head)},
      {"gemm.weight_bytes",
       {{"groups", gate.work.gemm.groups}, {"n", 2 * 14336}, {"k", 4096}, {"bytes_per_element", 2}},
       gate.work.weight_bytes.in(units::B)},
      {"weights.fp8_block.bytes",
       {{"rows", 300}, {"cols", 500}, {"scale_bytes", 4}, {"block_rows", 128}, {"block_cols", 128}},
       block.bytes(300, 500)},
      {"weights.group.bytes_per_element",
       {{"bits", 4}, {"scale_bytes", 2.5}, {"group", 128}},
       awq.of(TensorRole::kDenseFfn).bytes_per_element()},
      {"weights.tensor_parallel.bytes",
       {{"bytes", 1e9}, {"tp", 8}},
       1e9 * share_per_gpu(whole, {8, 1, 1, 1})},
      {"weights.expert_parallel.bytes",
       {{"bytes", 1e9}, {"experts", 60}, {"ep", 8}, {"tp", 4}, {"dp", 4}},
       1e9 * share_per_gpu(experts, {4, 1, 8, 4})},
  };
}

std::vector<FormulaCase> softmax_cases() {
  const Operator prefill = op({"llama-3.1-8b", kPrefill, {}}, "attention.core");
  const Operator decode = op({"llama-3.1-8b", kDecode, {}}, "attention.core");
  const AttentionSpec& sliding = attention("mistral-7b-v0.1", AttentionKind::kGqa);
  const AttentionSpec& blocks = attention("minimax-m3", AttentionKind::kBlockSparse);
  const double block_tokens = static_cast<double>(blocks.block);
  return {
      {"attn.causal.mean_attended", {{"c", 500}, {"q", 300}}, prefill.work.attention.kv_tokens},
      {"attn.prefill.flops",
       {{"sequences", 2},
        {"q", 300},
        {"heads", 32},
        {"attended", 500 + 301 / 2.0},
        {"qk_dim", 128},
        {"v_dim", 128}},
       flops(prefill)},
      {"attn.decode.kv_bytes",
       {{"sequences", 3}, {"read_tokens", 1001}, {"bytes_per_token", 2 * 8 * 128 * 2}},
       decode.work.kv_bytes.in(units::B)},
      {"attn.gqa.kv_bytes_per_token",
       {{"layers", 32}, {"kv_heads", 8}, {"head_dim", 128}, {"dtype_bytes", 2}},
       kv_bytes_per_token(test::model("llama-3.1-8b"), Dtype::kBf16).in(units::B_per_token)},
      {"attn.window.kv_bytes",
       {{"kv_heads", 8},
        {"head_dim", 128},
        {"dtype_bytes", 2},
        {"tokens", 10000},
        {"window", 4096}},
       footprint(sliding).of(10000.0 * units::token).in(units::B)},
      {"attn.window.kv_bytes",
       {{"kv_heads", 8}, {"head_dim", 128}, {"dtype_bytes", 1}, {"tokens", 100}, {"window", 4096}},
       footprint(sliding, Dtype::kFp8).of(100.0 * units::token).in(units::B)},
      {"attn.block_sparse.attended",
       {{"blocks", 16}, {"block", block_tokens}, {"c", 100}},
       core("minimax-m3", blocks, 100, "attention.core").work.attention.kv_tokens},
      {"attn.block_sparse.attended",
       {{"blocks", 16}, {"block", block_tokens}, {"c", 50000}},
       core("minimax-m3", blocks, 50000, "attention.core").work.attention.kv_tokens},
  };
}

std::vector<FormulaCase> latent_cases() {
  const Inputs one{{"sequences", 3},      {"q", 1},        {"heads", 128}, {"attended", 1001},
                   {"kv_lora_rank", 512}, {"rope_dim", 64}};
  const AttentionSpec& sparse = attention("deepseek-v3.2", AttentionKind::kSparseMla);
  const AttentionSpec& ratio4 = attention("deepseek-v4-flash", AttentionKind::kCompressed, 4);
  const auto attended = [](const char* model, const AttentionSpec& a, double c) {
    return core(model, a, c, "attention.core").work.attention.kv_tokens;
  };
  const double window = static_cast<double>(ratio4.window);
  const double top = static_cast<double>(ratio4.top_k);
  return {
      {"attn.mla.kv_bytes_per_token",
       {{"layers", 61}, {"kv_lora_rank", 512}, {"rope_dim", 64}, {"dtype_bytes", 2}},
       kv_bytes_per_token(test::model("deepseek-v3"), Dtype::kBf16).in(units::B_per_token)},
      {"attn.mla.decode.flops", one, flops(op({"deepseek-v3", kDecode, {}}, "attention.core"))},
      {"attn.mla.prefill.flops",
       {{"sequences", 2},
        {"q", 300},
        {"heads", 128},
        {"attended", 500 + 301 / 2.0},
        {"nope_dim", 128},
        {"rope_dim", 64},
        {"v_dim", 128}},
       flops(op({"deepseek-v3", kPrefill, {}}, "attention.core"))},
      {"attn.sparse_mla.kv_bytes_per_token_fp8",
       {{"layers", 61},
        {"indexers", 61},
        {"kv_lora_rank", 512},
        {"rope_dim", 64},
        {"indexer_dim", 128}},
       kv_bytes_per_token(test::model("deepseek-v3.2"), Dtype::kFp8).in(units::B_per_token)},
      {"attn.indexer.flops",
       {{"sequences", 3},
        {"q", 1},
        {"attended", 1001},
        {"indexer_heads", 64},
        {"indexer_dim", 128}},
       flops(core("deepseek-v3.2", sparse, 1000, "indexer.scores"))},
      {"attn.sparse.attended",
       {{"top_k", 2048}, {"c", 1000}},
       attended("deepseek-v3.2", sparse, 1000)},
      {"attn.sparse.attended",
       {{"top_k", 2048}, {"c", 9000}},
       attended("deepseek-v3.2", sparse, 9000)},
      {"attn.compressed.kv_bytes_per_token",
       {{"head_dim", 512}, {"indexer_dim", 128}, {"ratio", 4}, {"dtype_bytes", 2}},
       footprint(ratio4).growing.in(units::B_per_token)},
      {"attn.compressed.attended",
       {{"window", window}, {"top_k", top}, {"ratio", 4}, {"c", 99}},
       attended("deepseek-v4-flash", ratio4, 99)},
      {"attn.compressed.attended",
       {{"window", window}, {"top_k", top}, {"ratio", 4}, {"c", 99999}},
       attended("deepseek-v4-flash", ratio4, 99999)},
  };
}

std::vector<FormulaCase> linear_cases() {
  const AttentionSpec& delta = attention("qwen3-next-80b-a3b", AttentionKind::kGatedDelta);
  const AttentionSpec& lightning = attention("minimax-m1", AttentionKind::kLightning);
  return {
      {"attn.gated_delta.state_bytes",
       {{"value_heads", 32},
        {"key_heads", 16},
        {"key_dim", 128},
        {"value_dim", 128},
        {"state_bytes", 4},
        {"conv_kernel", 4}},
       footprint(delta).fixed.in(units::B)},
      {"attn.gated_delta.decode.flops",
       {{"tokens", 3}, {"value_heads", 32}, {"key_dim", 128}, {"value_dim", 128}},
       flops(core("qwen3-next-80b-a3b", delta, 1000, "linear.core"))},
      {"attn.lightning.state_bytes",
       {{"heads", 64}, {"head_dim", 128}, {"state_bytes", 4}},
       footprint(lightning).fixed.in(units::B)},
  };
}

std::vector<FormulaCase> expert_cases() {
  const Layout wide{1, 1, 8, 8};
  const Pass pass{"deepseek-v3", kDecode, wide};
  const Operator reduce = op({"llama-3.1-8b", kDecode, {8, 1, 1, 1}}, "ffn.allreduce");
  return {
      {"moe.distinct_experts",
       {{"experts", 256}, {"top_k", 8}, {"tokens", 24}},
       distinct_experts(256, 8, 24)},
      {"moe.rows_per_rank",
       {{"tokens", 3}, {"dp", 8}, {"top_k", 8}, {"ep", 8}},
       op(pass, "moe.gate_up").work.gemm.m},
      {"moe.dispatch.message",
       {{"tokens", 3}, {"tp", 1}, {"copies", 8}, {"h", 7168}, {"dtype_bytes", 2}},
       op(pass, "moe.dispatch").work.collective.message.in(units::B)},
      {"collective.all_reduce.wire_bytes",
       {{"ranks", 8}, {"message", 3.0 * 4096 * 2}},
       reduce.work.comm_bytes.in(units::B)},
  };
}

std::vector<FormulaCase> all_cases() {
  std::vector<FormulaCase> all;
  for (auto* part : {weight_cases, softmax_cases, latent_cases, linear_cases, expert_cases}) {
    for (FormulaCase& c : part()) all.push_back(std::move(c));
  }
  return all;
}

TEST_CASE("every formula's text gives the code's value") {
  const auto cases = all_cases();
  for (const Formula& formula : ops_formulas()) {
    CAPTURE(std::string(formula.id));
    bool tested = false;
    for (const FormulaCase& c : cases) {
      if (c.id != formula.id) continue;
      tested = true;
      std::size_t used = 0;
      const Result<double> value =
          evaluate(formula.text, [&](std::string_view name) -> std::optional<double> {
            const auto found = c.inputs.find(name);
            if (found == c.inputs.end()) return {};
            ++used;
            return found->second;
          });
      REQUIRE(value.ok());
      CHECK(used >= c.inputs.size());
      CHECK(*value == Approx(c.code).epsilon(1e-12));
      CHECK(*value > 0.0);
    }
    CHECK(tested);
    CHECK_FALSE(formula.unit.empty());
    CHECK_FALSE(formula.source.empty());
  }
  for (const FormulaCase& c : cases) {
    const auto all = ops_formulas();
    CAPTURE(std::string(c.id));
    CHECK(std::any_of(all.begin(), all.end(), [&](const Formula& f) { return f.id == c.id; }));
  }
}

TEST_CASE("variants name formulas that are published") {
  const auto all = ops_formulas();
  for (const AttentionVariant& variant : attention_variants()) {
    CAPTURE(std::string(variant.name));
    CHECK_FALSE(variant.formulas.empty());
    for (const Formula& formula : variant.formulas) {
      CHECK(std::any_of(all.begin(), all.end(),
                        [&](const Formula& f) { return f.id == formula.id; }));
    }
  }
}

}  // namespace
}  // namespace gpusize
