// Configs that no model has: each gives a placed diagnostic, none a crash or an overflow. The
// sanitizer build runs this too.

#include <array>
#include <cmath>

#include "gpusize/ops/graph.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/ops/tensors.hpp"
#include "support/catch.hpp"
#include "support/configs.hpp"
#include "support/document.hpp"

namespace gpusize {
namespace {

using test::read_config;
using test::repeat;
using test::with;

/// The base configs that are then spoilt field by field.
std::vector<test::Fields> bases() {
  const test::Fields delta{{"linear_num_key_heads", "8"},
                           {"linear_num_value_heads", "16"},
                           {"linear_key_head_dim", "64"},
                           {"linear_value_head_dim", "64"},
                           {"full_attention_interval", "4"}};
  const test::Fields minimax{
      {"num_local_experts", "32"},
      {"num_experts_per_tok", "2"},
      {"sparse_attention_config",
       R"({"sparse_attention_freq": [1, 1, 1, 1, 1, 1, 1, 1], "sparse_num_index_heads": 4,
           "sparse_index_dim": 128, "sparse_topk_blocks": 16, "sparse_block_size": 128})"}};
  return {with(test::llama_fields(), {{"head_dim", "64"}, {"sliding_window", "128"}}),
          test::deepseek_v3_fields(),
          test::deepseek_v4_fields(),
          test::fields_of("qwen3_next", "Qwen3NextForCausalLM", delta),
          test::fields_of("minimax_m3", "MiniMaxM3ForCausalLM", minimax),
          test::fields_of("minimax_m1", "MiniMaxM1ForCausalLM",
                          {{"num_local_experts", "32"},
                           {"num_experts_per_tok", "2"},
                           {"attn_type_list", "[0, 0, 0, 1, 0, 0, 0, 1]"}}),
          test::fields_of("gpt_oss", "GptOssForCausalLM",
                          {{"num_local_experts", "32"}, {"num_experts_per_tok", "4"}}),
          test::fields_of("opt", "OPTForCausalLM")};
}

/// Reads a config and, when it is read, counts and builds everything from it.
std::string digest(const test::Fields& fields) {
  const Result<ModelSpec> spec = read_config(fields);
  if (!spec.ok()) {
    for (const Diagnostic& d : spec.errors()) {
      CHECK(d.code.starts_with("cat-model-"));
      CHECK(d.where.str().starts_with("config.json:"));
      CHECK(d.message.size() < 1000);
    }
    return "refused";
  }
  const ParameterCounts counts = count_parameters(*spec);
  CHECK(counts.total > 0);
  CHECK(counts.active > 0);
  CHECK(counts.checkpoint_bytes > Bytes{});
  for (const Dtype kv : {Dtype::kBf16, Dtype::kFp8}) {
    CHECK(kv_bytes_per_sequence(*spec, {}, kv, 1'000'000, 64) >= Bytes{});
  }
  const WeightPlan plan = plan_weights(*spec, "native").value();
  std::vector<Operator> graph;
  GraphInput input;
  input.model = &*spec;
  input.weights = &plan;
  input.shape = {Phase::kPrefill, 2.0, 300.0, 100.0, 2.0};
  build_graph(input, graph);
  for (const Operator& op : graph) {
    CHECK(std::isfinite(op.work.flops.in(units::FLOP)));
    CHECK(op.work.flops >= Flops{});
    CHECK(op.work.kv_bytes >= Bytes{});
    CHECK(op.work.weight_bytes >= Bytes{});
    CHECK(op.work.activation_bytes >= Bytes{});
  }
  return "read";
}

TEST_CASE("every field with every bad value") {
  const std::array<const char*, 17> bad{"null",
                                        "0",
                                        "-1",
                                        "1e300",
                                        "-1e300",
                                        "9223372036854775807",
                                        "1.5",
                                        "\"32\"",
                                        "\"nan\"",
                                        "true",
                                        "[]",
                                        "[1, 2]",
                                        "{}",
                                        "\"\"",
                                        "[null, \"x\", -1]",
                                        "\"\\u001b[2J\"",
                                        "1000000"};
  std::size_t refused = 0;
  for (const test::Fields& base : bases()) {
    REQUIRE(digest(base) == "read");
    for (const auto& [name, value] : base) {
      for (const char* text : bad) {
        CAPTURE(base.at("model_type"), name, text);
        if (digest(with(base, {{name, text}})) == "refused") ++refused;
      }
      CAPTURE(base.at("model_type"), name);
      digest(with(base, {{name, ""}}));
    }
  }
  CHECK(refused > 800);
}

TEST_CASE("sizes that are needed are missed by name") {
  for (const char* name : {"hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
                           "intermediate_size", "max_position_embeddings"}) {
    const auto spec = read_config(with(test::llama_fields(), {{name, ""}}));
    REQUIRE_FALSE(spec.ok());
    CHECK(spec.errors().front().code == "cat-model-missing");
    CHECK_THAT(spec.errors().front().message, test::contains(name));
  }
  // All of them in one go.
  CHECK(read_config({{"model_type", "\"llama\""}}).errors().size() >= 5);
}

TEST_CASE("a wrong value is reported where it stands") {
  const auto place = [](const std::string& name, const std::string& value) {
    return test::outcome(read_config(with(test::llama_fields(), {{name, value}})));
  };
  // Fields are in alphabetical order, one a line, the first on line 2.
  CHECK(place("hidden_size", "0") == "cat-model-range at config.json:3:16");
  CHECK(place("num_hidden_layers", "1e300") == "cat-model-type at config.json:8:22");
  CHECK(place("num_attention_heads", "-16") == "cat-model-range at config.json:7:24");
  CHECK(place("vocab_size", "\"NaN\"") == "cat-model-type at config.json:10:15");
  CHECK_THAT(place("tie_word_embeddings", "\"yes\""),
             test::contains("cat-model-type at config.json"));
}

TEST_CASE("absurd products are refused before they overflow") {
  for (const test::Fields& changes :
       {test::Fields{{"hidden_size", "1000000"}, {"num_hidden_layers", "10000"}},
        test::Fields{{"head_dim", "1000000"}, {"num_attention_heads", "100000"}},
        test::Fields{{"vocab_size", "100000000"},
                     {"hidden_size", "1000000"},
                     {"n_layer", ""},
                     {"intermediate_size", "1000000"},
                     {"num_hidden_layers", "1000"}}}) {
    const auto spec = read_config(with(test::llama_fields(), changes));
    REQUIRE_FALSE(spec.ok());
    CHECK(spec.errors().front().code == "cat-model-range");
  }
}

TEST_CASE("a vision tower cannot overflow either") {
  const std::string text = test::json_of(test::llama_fields());
  for (const char* tower :
       {R"({"depth": 10000, "hidden_size": 1000000, "num_heads": 1, "intermediate_size": 1000000,
            "patch_size": 1024, "spatial_merge_size": 64, "in_channels": 1024, "temporal_patch_size": 1024,
            "num_position_embeddings": 1000000000, "out_hidden_size": 1000000})",
        R"({"vt_num_hidden_layers": 10000, "vt_hidden_size": 1000000, "vt_num_attention_heads": 1,
            "vt_intermediate_size": 1000000, "patch_size": 1024, "init_pos_emb_height": 10000,
            "init_pos_emb_width": 10000, "merge_kernel_size": [64, 64], "mm_hidden_size": 1000000,
            "text_hidden_size": 1000000})",
        R"({"num_hidden_layers": 10000, "hidden_size": 1000000, "intermediate_size": 1000000,
            "patch_size": 1, "image_size": 65536, "num_channels": 1024})"}) {
    const auto spec = read_config({{"text_config", text}, {"vision_config", tower}});
    REQUIRE(spec.ok());
    CHECK_FALSE(spec->vision);
    CHECK(test::mentions(*spec, "vision_config"));
    CHECK(count_parameters(*spec).vision == 0);
  }
}

TEST_CASE("parts that do not fit into each other are refused") {
  const auto code = [](const test::Fields& fields) {
    const auto spec = read_config(fields);
    return spec.ok() ? "ok" : spec.errors().front().code;
  };
  CHECK(code(with(test::llama_fields(), {{"num_key_value_heads", "17"}})) == "cat-model-heads");
  CHECK(code(with(test::deepseek_v4_fields(), {{"qk_rope_head_dim", "129"}})) == "cat-model-heads");
  CHECK(code(with(test::deepseek_v4_fields(), {{"o_groups", "3"}})) == "cat-model-heads");
  CHECK(code(with(test::deepseek_v3_fields(), {{"num_experts_per_tok", "65"}})) ==
        "cat-model-range");
  CHECK(code(with(test::deepseek_v4_fields(), {{"compress_ratios", "[4]"}})) == "cat-model-list");
}

TEST_CASE("gigantic lists and texts cost little and say little") {
  const std::string many = "[" + repeat("1,", 200'000) + "1]";
  const std::string names = "[" + repeat("\"model.layers.0.mlp\",", 50'000) + "\"lm_head\"]";
  const std::string groups = "[" + repeat("\"re:(a|a)*b\",", 2'000) + "\"lm_head\"]";
  digest(with(test::deepseek_v4_fields(), {{"compress_ratios", many}}));
  digest(with(test::deepseek_v3_fields(), {{"moe_layer_freq", many}}));
  digest(with(test::llama_fields(), {{"layer_types", names}}));
  digest(with(test::llama_fields(), {{"architectures", names}}));
  digest(with(test::llama_fields(),
              {{"quantization_config", R"({"quant_method": "fp8", "ignore": )" + names + "}"}}));
  digest(with(test::llama_fields(),
              {{"quantization_config", R"({"quant_method": "fp8", "ignore": )" + groups + "}"}}));
  const auto wide = read_config(
      with(test::llama_fields(), {{"model_type", "\"" + repeat("x", 1'000'000) + "\""},
                                  {"architectures", "[\"" + repeat("y", 1'000'000) + "\"]"},
                                  {"torch_dtype", "\"" + repeat("z", 1'000'000) + "\""}}));
  REQUIRE(wide.ok());
  for (const std::string& what : wide->not_assessed) CHECK(what.size() < 1000);
  test::Fields crowded = test::llama_fields();
  for (int i = 0; i < 5000; ++i) crowded["odd_" + std::to_string(i)] = "1";
  CHECK(read_config(crowded)->not_assessed.size() <= 41);
}

TEST_CASE("what is no map at all") {
  for (const char* text : {"[]", "1", "\"llama\"", "null", "[{}]", "{}"}) {
    CAPTURE(text);
    const auto document = read_json("config.json", text);
    REQUIRE(document.ok());
    const auto spec = read_model_config(*document, "mine");
    REQUIRE_FALSE(spec.ok());
    CHECK(spec.errors().front().where.str().starts_with("config.json"));
  }
}

}  // namespace
}  // namespace gpusize
