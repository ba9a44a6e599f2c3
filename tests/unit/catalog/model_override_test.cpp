// `--set name=value` on model files.

#include "support/catch.hpp"
#include "support/configs.hpp"
#include "support/models.hpp"

namespace gpusize {
namespace {

using test::read_config_with;

/// `code: hint` of the first error, or `ok`.
std::string refusal(const Result<ModelSpec>& spec) {
  if (spec.ok()) return "ok";
  return spec.errors().front().code + ": " + spec.errors().front().hint;
}

test::Fields wrapped() {
  return {{"model_type", "\"some_vl\""},
          {"text_config", test::json_of(test::llama_fields())},
          {"vision_config", R"({"hidden_size": 64, "num_hidden_layers": 2, "intermediate_size": 128,
                                "patch_size": 14})"}};
}

TEST_CASE("a known field is replaced, added or removed") {
  const auto llama = test::llama_fields();
  CHECK(read_config_with(llama, {{"num_hidden_layers", "3"}})->layer_count() == 3);
  CHECK(read_config_with(llama, {{"head_dim", "128"}})->kinds[0].attention.head_dim == 128);
  CHECK(read_config_with(llama, {{"num_key_value_heads", "null"}})->kinds[0].attention.kv_heads ==
        16);
  CHECK(read_config_with(llama, {{"tie_word_embeddings", "true"}})->tied_embeddings);
  // The last of several settings wins.
  CHECK(read_config_with(llama, {{"num_hidden_layers", "3"}, {"num_hidden_layers", "5"}})
            ->layer_count() == 5);
}

TEST_CASE("catalog files and wrapped configs are set where the language model is") {
  const std::string path = std::string(GPUSIZE_SOURCE_DIR) + "/data/models/deepseek-v3.yaml";
  const Document catalog = read_document(path).value();
  const auto smaller = read_model_with(catalog, {{"num_hidden_layers", "10"}});
  REQUIRE(smaller.ok());
  CHECK(smaller->layer_count() == 10);
  CHECK(smaller->id == "deepseek-v3");
  CHECK(read_config_with(wrapped(), {{"num_hidden_layers", "3"}})->layer_count() == 3);
  CHECK(read_config_with(wrapped(), {{"vision_config.num_hidden_layers", "7"}})->vision->layers ==
        7);
}

TEST_CASE("an unknown name is refused with near matches") {
  const auto llama = test::llama_fields();
  CHECK_THAT(refusal(read_config_with(llama, {{"num_hiden_layers", "3"}})),
             test::contains("cat-model-unknown-override: did you mean \"num_hidden_layers\""));
  CHECK_THAT(refusal(read_config_with(llama, {{"zzz", "3"}})),
             test::contains("cat-model-unknown-override"));
  CHECK_THAT(refusal(read_config_with(llama, {{"", "3"}})),
             test::contains("cat-model-unknown-override"));
  // A field of another architecture changes nothing here.
  CHECK_THAT(refusal(read_config_with(llama, {{"kv_lora_rank", "0"}})),
             test::contains("cat-model-unknown-override"));
  // Another spelling of a field that the file already sets would be without effect.
  CHECK_THAT(refusal(read_config_with(llama, {{"n_layer", "3"}})),
             test::contains("set \"num_hidden_layers\" instead"));
}

TEST_CASE("a nested name that lands nowhere is refused") {
  for (const char* name : {"vision_config.dpeth", "vison_config.depth", "a.b.c", ".", "..",
                           "text_config.", "layer_types.0", "architectures.0"}) {
    CAPTURE(name);
    CHECK_THAT(refusal(read_config_with(wrapped(), {{name, "3"}})),
               test::contains("cat-model-unknown-override"));
  }
  CHECK_THAT(refusal(read_config_with(wrapped(), {{"vision_config.num_hidden_layer", "3"}})),
             test::contains("did you mean \"vision_config.num_hidden_layers\""));
}

TEST_CASE("lists and maps cannot be set") {
  const auto fields = test::fields_of("llama4_text", "Llama4ForCausalLM", {{"moe_layers", "[1]"}});
  CHECK(refusal(read_config_with(fields, {{"moe_layers", "2"}})) == "cat-model-override: ");
  CHECK(refusal(read_config_with(wrapped(), {{"vision_config", "2"}})) == "cat-model-override: ");
  CHECK_THAT(refusal(read_config_with(fields, {{"moe_layers[0]", "2"}})),
             test::contains("cat-model-unknown-override"));
}

TEST_CASE("a value of the wrong type is a diagnostic at the field") {
  for (const char* value : {"many", "1.5", "-1", "0", "1e300", "nan", "inf", "true", "[1]", "",
                            " 3", "99999999999999999999"}) {
    CAPTURE(value);
    const auto spec = read_config_with(test::llama_fields(), {{"num_hidden_layers", value}});
    REQUIRE_FALSE(spec.ok());
    CHECK_THAT(spec.errors().front().message, test::contains("num_hidden_layers"));
    CHECK(spec.errors().front().where.str().starts_with("config.json:"));
  }
  CHECK_FALSE(read_config_with(test::llama_fields(), {{"tie_word_embeddings", "maybe"}}).ok());
}

}  // namespace
}  // namespace gpusize
