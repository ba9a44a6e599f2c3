// What a config reader must never do: read a model as something that it is not, silently.

#include "support/catch.hpp"
#include "support/configs.hpp"
#include "support/document.hpp"

namespace gpusize {
namespace {

using test::fields_of;
using test::mentions;
using test::read_config;
using test::with;

std::string code_of(const test::Fields& fields) {
  const Result<ModelSpec> spec = read_config(fields);
  return spec.ok() ? "ok" : spec.errors().front().code;
}

TEST_CASE("a DeepSeek config is never read as a dense model") {
  const test::Fields real = test::deepseek_v3_fields();
  SECTION("under another model's type, its class wins") {
    for (const char* type : {"\"llama\"", "\"mistral\"", "\"qwen2\"", "\"unheard_of\"", ""}) {
      CAPTURE(type);
      const auto spec = read_config(with(real, {{"model_type", type}}));
      REQUIRE(spec.ok());
      CHECK(spec->kinds.at(spec->layers.at(1)).ffn.experts == 64);
      CHECK(spec->kinds.at(spec->layers.at(1)).attention.kind == AttentionKind::kMla);
      CHECK(spec->mtp.own_embedding_copies);  // the habit of a V3 checkpoint
    }
  }
  SECTION("with neither name, or a Llama's, it is refused") {
    for (const char* type : {"\"llama\"", "\"unheard_of\"", ""}) {
      CAPTURE(type);
      CHECK(code_of(with(real, {{"model_type", type}, {"architectures", ""}})) ==
            "cat-model-unsupported");
      CHECK(code_of(
                with(real, {{"model_type", type}, {"architectures", "[\"LlamaForCausalLM\"]"}})) ==
            "cat-model-unsupported");
    }
  }
  SECTION("one telling field is enough") {
    for (const char* field : {"n_routed_experts", "kv_lora_rank", "q_lora_rank", "index_topk",
                              "moe_intermediate_size", "num_experts_per_tok"}) {
      CAPTURE(field);
      const auto spec = read_config(with(test::llama_fields(), {{field, "64"}}));
      REQUIRE_FALSE(spec.ok());
      CHECK(spec.errors().front().code == "cat-model-unsupported");
      CHECK_THAT(spec.errors().front().message, test::contains(field));
      CHECK(spec.errors().front().where.line > 1);
      CHECK(code_of(with(test::llama_fields(), {{field, "null"}})) == "ok");
      CHECK(code_of(with(test::llama_fields(), {{field, "0"}})) == "ok");
    }
  }
}

TEST_CASE("DeepSeek-V4 under V3's type is told by its class") {
  const auto spec =
      read_config(with(test::deepseek_v4_fields(), {{"model_type", "\"deepseek_ref\""}}));
  REQUIRE(spec.ok());
  CHECK(spec->kinds[0].attention.kind == AttentionKind::kCompressed);
}

TEST_CASE("an unknown architecture with a Llama's fields is read, loudly") {
  const auto spec = read_config(fields_of("novel", "NovelForCausalLM"));
  REQUIRE(spec.ok());
  CHECK(spec->hidden == 1024);
  REQUIRE_FALSE(spec->not_assessed.empty());
  CHECK_THAT(spec->not_assessed.front(), test::contains("READ AS A LLAMA"));
  CHECK_THAT(spec->not_assessed.front(), test::contains("NovelForCausalLM"));
  CHECK(code_of(fields_of("novel", "NovelForCausalLM", {{"intermediate_size", ""}})) ==
        "cat-model-unsupported");
}

TEST_CASE("architectures that are not modelled are refused by name") {
  for (const auto& [type, name] : {std::pair{"nemotron_h", "NemotronHForCausalLM"},
                                   {"mamba", "MambaForCausalLM"},
                                   {"mamba2", "Mamba2ForCausalLM"},
                                   {"jamba", "JambaForCausalLM"},
                                   {"rwkv", "RwkvForCausalLM"},
                                   {"kimi_linear", "KimiLinearForCausalLM"},
                                   {"t5", "T5ForConditionalGeneration"},
                                   {"bert", "BertModel"},
                                   {"falcon_h1", "FalconH1ForCausalLM"},
                                   {"gemma3n_text", "Gemma3nForCausalLM"}}) {
    CAPTURE(type);
    CHECK(code_of(fields_of(type, name)) == "cat-model-unsupported");
    CHECK(code_of(fields_of(type, name, {{"model_type", ""}})) == "cat-model-unsupported");
    CHECK(code_of(fields_of(type, name, {{"architectures", ""}})) == "cat-model-unsupported");
  }
  // Unknown by name, known by what its layers hold.
  CHECK(code_of(fields_of("novel", "NovelForCausalLM", {{"ssm_state_size", "128"}})) ==
        "cat-model-unsupported");
  CHECK(code_of(fields_of("novel", "NovelForCausalLM",
                          {{"hybrid_override_pattern", "\"M-M*\""}})) == "cat-model-unsupported");
}

TEST_CASE("layers of another kind are refused, not read as full attention") {
  const std::string linear = R"(["linear_attention", "full_attention"])";
  CHECK(code_of(fields_of("qwen3", "Qwen3ForCausalLM",
                          {{"num_hidden_layers", "2"}, {"layer_types", linear}})) ==
        "cat-model-unsupported");
  CHECK(code_of(with(test::deepseek_v3_fields(),
                     {{"num_hidden_layers", "2"}, {"layer_types", linear}})) ==
        "cat-model-unsupported");
  CHECK(code_of(fields_of("qwen3_next", "Qwen3NextForCausalLM",
                          {{"linear_num_key_heads", "8"},
                           {"linear_num_value_heads", "16"},
                           {"linear_key_head_dim", "64"},
                           {"linear_value_head_dim", "64"},
                           {"num_hidden_layers", "2"},
                           {"layer_types", R"(["mamba", "full_attention"])"}})) ==
        "cat-model-unsupported");
}

TEST_CASE("unknown keys are named, known and harmless ones are not") {
  const auto spec = read_config(with(test::llama_fields(), {{"rope_theta", "10000"},
                                                            {"bos_token_id", "1"},
                                                            {"attention_dropout", "0.1"},
                                                            {"novel_block_size", "16"},
                                                            {"novel_off", "false"},
                                                            {"novel_none", "null"}}));
  REQUIRE(spec.ok());
  REQUIRE(spec->not_assessed.size() == 1);
  CHECK(mentions(*spec, "novel_block_size"));
}

TEST_CASE("a quantisation that is not known is said to be left out") {
  const auto spec = read_config(with(
      test::llama_fields(), {{"quantization_config", R"({"quant_method": "hqq", "bits": 3})"}}));
  REQUIRE(spec.ok());
  CHECK(spec->quant.method == QuantMethod::kNone);
  CHECK(mentions(*spec, "hqq"));
}

TEST_CASE("what not_assessed repeats from the file is printable") {
  const std::string evil = "\"\\u001b[31mred\\u202e\"";
  for (const test::Fields& changes :
       {test::Fields{{"torch_dtype", evil}},
        test::Fields{{"architectures", "[" + evil + "]"}, {"model_type", evil}},
        test::Fields{{"quantization_config", "{\"quant_method\": " + evil + "}"}},
        test::Fields{{"quantization_config",
                      "{\"quant_method\": \"modelopt\", \"quant_algo\": "
                      "\"MIXED_PRECISION\", \"quantized_layers\": {\"a\": " +
                          evil + "}}"}},
        test::Fields{{"quantization_config",
                      "{\"quant_method\": \"fp8\", \"ignore\": [\"re:(\\u001b[31m\"]}"}},
        test::Fields{{"\\u001b[31m", "1"}}}) {
    const auto spec = read_config(with(test::llama_fields(), changes));
    REQUIRE(spec.ok());
    CHECK_FALSE(spec->not_assessed.empty());
    for (const std::string& what : spec->not_assessed) {
      CAPTURE(what);
      CHECK(what.find('\x1b') == std::string::npos);
      CHECK(what.find("\u202e") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace gpusize
