// Every family is recognised from the least that its config.json says.

#include <algorithm>

#include "gpusize/ops/tensors.hpp"
#include "support/catch.hpp"
#include "support/configs.hpp"

namespace gpusize {
namespace {

using test::deepseek_moe;
using test::fields_of;
using test::latent;
using test::with;

ModelSpec read(const test::Fields& fields) {
  const Result<ModelSpec> spec = test::read_config(fields);
  if (!spec.ok()) FAIL(spec.errors().front().message);
  return *spec;
}

const LayerKind& layer(const ModelSpec& model, std::size_t index) {
  return model.kinds.at(model.layers.at(index));
}

TEST_CASE("Llama") {
  const ModelSpec model = read(test::llama_fields());
  REQUIRE(model.kinds.size() == 1);
  const AttentionSpec& a = model.kinds[0].attention;
  CHECK(model.layer_count() == 8);
  CHECK(a.kind == AttentionKind::kGqa);
  CHECK(a.head_dim == 64);
  CHECK(a.kv_heads == 4);
  CHECK_FALSE(a.qkv_bias);
  CHECK(model.kinds[0].ffn.gated);
  CHECK(model.not_assessed.empty());
  // By hand: two embeddings, final norm, and per layer q, k, v, o, three FFN matrices, two norms.
  const std::int64_t per_layer = 2 * 1024 * 1024 + 2 * 256 * 1024 + 3 * 1024 * 4096 + 2 * 1024;
  CHECK(count_parameters(model).total == 2 * 32000 * 1024 + 1024 + 8 * per_layer);
}

TEST_CASE("a class name is enough") {
  for (const char* name : {"LlamaForCausalLM", "MistralForCausalLM", "Phi3ForCausalLM"}) {
    CAPTURE(name);
    CHECK(read(fields_of("", name, {{"model_type", ""}})).not_assessed.empty());
  }
  // Qwen2 has biases that no field of its config says.
  const ModelSpec qwen = read(fields_of("", "Qwen2ForCausalLM", {{"model_type", ""}}));
  CHECK(qwen.kinds[0].attention.qkv_bias);
  // A first DeepSeek-MoE has plain attention, which only its name tells.
  const ModelSpec moe =
      read(fields_of("", "DeepseekForCausalLM", with(deepseek_moe(), {{"model_type", ""}})));
  CHECK(layer(moe, 7).attention.kind == AttentionKind::kGqa);
}

TEST_CASE("Mistral slides only where the window is shorter than the context") {
  const auto window = [](const char* text) {
    return read(fields_of("mistral", "MistralForCausalLM", {{"sliding_window", text}}))
        .kinds[0]
        .attention.window;
  };
  CHECK(window("4096") == 4096);
  CHECK(window("null") == 0);
  CHECK(window("8192") == 0);
}

TEST_CASE("Qwen2, Qwen3 and Phi-3") {
  const auto attention = [](const char* type, const char* name) {
    return read(fields_of(type, name)).kinds[0].attention;
  };
  const AttentionSpec second = attention("qwen2", "Qwen2ForCausalLM");
  CHECK(second.qkv_bias);
  CHECK_FALSE(second.o_bias);
  const AttentionSpec third = attention("qwen3", "Qwen3ForCausalLM");
  CHECK_FALSE(third.qkv_bias);
  CHECK(third.qk_norm == QkNorm::kPerHead);
  CHECK_FALSE(attention("phi3", "Phi3ForCausalLM").qkv_bias);
}

TEST_CASE("Gemma ties its head and alternates windows") {
  const ModelSpec first = read(fields_of("gemma", "GemmaForCausalLM", {{"head_dim", "256"}}));
  CHECK(first.tied_embeddings);
  CHECK(first.kinds[0].attention.head_dim == 256);
  const ModelSpec second =
      read(fields_of("gemma2", "Gemma2ForCausalLM", {{"sliding_window", "4096"}}));
  CHECK(second.norms_per_layer == 4);
  CHECK(layer(second, 0).attention.window == 4096);
  CHECK(layer(second, 1).attention.window == 0);
  const ModelSpec third =
      read(fields_of("gemma3_text", "Gemma3ForCausalLM", {{"sliding_window", "512"}}));
  CHECK(layer(third, 4).attention.window == 512);
  CHECK(layer(third, 5).attention.window == 0);
  CHECK(third.kinds[0].attention.qk_norm == QkNorm::kPerHead);
}

TEST_CASE("Mixtral") {
  const ModelSpec model = read(fields_of(
      "mixtral", "MixtralForCausalLM", {{"num_local_experts", "8"}, {"num_experts_per_tok", "2"}}));
  const FfnSpec& ffn = model.kinds.at(0).ffn;
  CHECK(ffn.experts == 8);
  CHECK(ffn.top_k == 2);
  CHECK(ffn.expert_intermediate == 4096);
  CHECK(ffn.intermediate == 0);
}

TEST_CASE("Qwen mixture of experts") {
  const test::Fields experts{
      {"num_experts", "64"}, {"num_experts_per_tok", "8"}, {"moe_intermediate_size", "768"}};
  const ModelSpec third = read(fields_of("qwen3_moe", "Qwen3MoeForCausalLM", experts));
  REQUIRE(third.kinds.size() == 1);
  CHECK(third.kinds[0].ffn.experts == 64);
  CHECK(third.kinds[0].ffn.shared_intermediate == 0);
  const ModelSpec second =
      read(fields_of("qwen2_moe", "Qwen2MoeForCausalLM",
                     with(experts, {{"shared_expert_intermediate_size", "2048"}})));
  CHECK(second.kinds[0].ffn.shared_intermediate == 2048);
  CHECK(second.kinds[0].ffn.shared_gate);
  CHECK(second.kinds[0].attention.qkv_bias);
  const ModelSpec mixed = read(
      fields_of("qwen3_moe", "Qwen3MoeForCausalLM", with(experts, {{"mlp_only_layers", "[3]"}})));
  CHECK_FALSE(layer(mixed, 3).ffn.is_moe());
  CHECK(layer(mixed, 4).ffn.is_moe());
}

TEST_CASE("gpt-oss") {
  const ModelSpec model =
      read(fields_of("gpt_oss", "GptOssForCausalLM",
                     {{"num_local_experts", "32"},
                      {"num_experts_per_tok", "4"},
                      {"sliding_window", "128"},
                      {"quantization_config", "{\"quant_method\": \"mxfp4\"}"}}));
  CHECK(model.kinds[0].attention.sinks);
  CHECK(layer(model, 0).attention.window == 128);
  CHECK(layer(model, 1).attention.window == 0);
  CHECK(model.kinds[0].ffn.expert_bias);
  CHECK(model.quant.of(TensorRole::kExpert).method == QuantMethod::kMxfp4);
  CHECK(model.quant.of(TensorRole::kAttention).method == QuantMethod::kNone);
}

TEST_CASE("GLM-4.5") {
  const ModelSpec model =
      read(fields_of("glm4_moe", "Glm4MoeForCausalLM",
                     with(deepseek_moe(), {{"attention_bias", "true"}, {"use_qk_norm", "true"}})));
  CHECK_FALSE(layer(model, 0).ffn.is_moe());
  CHECK(layer(model, 1).ffn.is_moe());
  CHECK(layer(model, 1).attention.kind == AttentionKind::kGqa);
  CHECK(layer(model, 1).attention.qkv_bias);
  CHECK_FALSE(layer(model, 1).attention.o_bias);
  CHECK(layer(model, 1).attention.qk_norm == QkNorm::kPerHead);
}

TEST_CASE("the first DeepSeek is a Llama, DeepSeek-MoE is not") {
  CHECK(read(test::llama_fields()).kinds.size() == 1);
  const ModelSpec moe = read(fields_of("deepseek", "DeepseekForCausalLM", deepseek_moe()));
  CHECK(layer(moe, 1).attention.kind == AttentionKind::kGqa);
  CHECK(layer(moe, 1).ffn.experts == 64);
  CHECK(layer(moe, 1).ffn.shared_intermediate == 2 * 512);
  CHECK_FALSE(layer(moe, 0).ffn.is_moe());
}

TEST_CASE("DeepSeek-V2, V3 and Kimi K2 have latent attention") {
  for (const auto& [type, name] : {std::pair{"deepseek_v2", "DeepseekV2ForCausalLM"},
                                   {"deepseek_v3", "DeepseekV3ForCausalLM"},
                                   {"kimi_k2", "DeepseekV3ForCausalLM"},
                                   {"glm4_moe_lite", "Glm4MoeLiteForCausalLM"}}) {
    CAPTURE(type);
    const ModelSpec model = read(fields_of(type, name, with(deepseek_moe(), latent())));
    const AttentionSpec& a = layer(model, 1).attention;
    CHECK(a.kind == AttentionKind::kMla);
    CHECK(a.q_lora_rank == 384);
    CHECK(a.kv_lora_rank == 128);
    CHECK(a.head_dim == 96);
    CHECK(layer(model, 1).ffn.experts == 64);
  }
  // V2-Lite says q_lora_rank: null and means none; a silent config means the class default.
  const auto rank = [](const char* text) {
    const auto fields = with(with(deepseek_moe(), latent()), {{"q_lora_rank", text}});
    return read(fields_of("deepseek_v2", "DeepseekV2ForCausalLM", fields));
  };
  CHECK(rank("null").kinds[0].attention.q_lora_rank == 0);
  CHECK(rank("").kinds[0].attention.q_lora_rank == 1536);
  CHECK(test::mentions(rank(""), "q_lora_rank"));
}

TEST_CASE("DeepSeek-V3 has a multi-token-prediction module") {
  const ModelSpec model = read(test::deepseek_v3_fields());
  CHECK(model.mtp.layers == 1);
  CHECK(model.mtp.own_embedding_copies);
  CHECK(model.kinds.at(model.mtp.kind).ffn.is_moe());
  CHECK(layer(model, 1).ffn.router_bias);
}

TEST_CASE("DeepSeek-V3.2 selects tokens") {
  const ModelSpec model = read(with(test::deepseek_v3_fields(), {{"model_type", "\"deepseek_v32\""},
                                                                 {"index_topk", "2048"},
                                                                 {"index_n_heads", "64"},
                                                                 {"index_head_dim", "128"}}));
  const AttentionSpec& a = layer(model, 1).attention;
  CHECK(a.kind == AttentionKind::kSparseMla);
  CHECK(a.has_indexer);
  CHECK(a.top_k == 2048);
  CHECK(a.indexer_heads == 64);
}

TEST_CASE("DeepSeek-V4") {
  const ModelSpec model = read(test::deepseek_v4_fields());
  CHECK(model.hyper_connections == 4);
  CHECK(layer(model, 0).attention.kind == AttentionKind::kCompressed);
  CHECK(layer(model, 0).attention.compress_ratio == 0);
  CHECK(layer(model, 0).ffn.hash_router);
  CHECK(layer(model, 2).attention.has_indexer);
  CHECK_FALSE(layer(model, 2).ffn.hash_router);
  CHECK(layer(model, 3).attention.compress_ratio == 128);
  CHECK_FALSE(layer(model, 3).attention.has_indexer);
}

TEST_CASE("MiniMax") {
  const test::Fields experts{{"num_local_experts", "32"}, {"num_experts_per_tok", "2"}};
  const ModelSpec first =
      read(fields_of("minimax_m1", "MiniMaxM1ForCausalLM",
                     with(experts, {{"attn_type_list", "[0, 0, 0, 0, 0, 0, 0, 1]"}})));
  CHECK(layer(first, 0).attention.kind == AttentionKind::kLightning);
  CHECK(layer(first, 7).attention.kind == AttentionKind::kGqa);
  const ModelSpec second = read(
      fields_of("minimax_m2", "MiniMaxM2ForCausalLM", with(experts, {{"use_qk_norm", "true"}})));
  CHECK(second.kinds[0].attention.qk_norm == QkNorm::kFull);
  const ModelSpec third = read(fields_of(
      "minimax_m3", "MiniMaxM3ForCausalLM",
      with(experts,
           {{"sparse_attention_config",
             R"({"sparse_attention_freq": [0, 1, 1, 1, 1, 1, 1, 1], "sparse_num_index_heads": 4,
                 "sparse_index_dim": 128, "sparse_topk_blocks": 16, "sparse_block_size": 128})"}})));
  CHECK(layer(third, 0).attention.kind == AttentionKind::kGqa);
  CHECK(layer(third, 1).attention.kind == AttentionKind::kBlockSparse);
  CHECK(layer(third, 1).attention.top_k == 16);
}

TEST_CASE("Qwen3-Next") {
  const ModelSpec model = read(fields_of("qwen3_next", "Qwen3NextForCausalLM",
                                         {{"linear_num_key_heads", "8"},
                                          {"linear_num_value_heads", "16"},
                                          {"linear_key_head_dim", "64"},
                                          {"linear_value_head_dim", "64"},
                                          {"num_experts", "64"},
                                          {"num_experts_per_tok", "8"},
                                          {"moe_intermediate_size", "256"},
                                          {"shared_expert_intermediate_size", "256"}}));
  CHECK(layer(model, 0).attention.kind == AttentionKind::kGatedDelta);
  CHECK(layer(model, 3).attention.kind == AttentionKind::kGqa);
  CHECK(layer(model, 3).attention.output_gate);
  CHECK(layer(model, 0).ffn.shared_gate);
  CHECK(model.mtp.layers == 1);  // the checkpoint has one although its config is silent
}

TEST_CASE("Llama 4") {
  const ModelSpec model = read(fields_of("llama4_text", "Llama4ForCausalLM",
                                         {{"num_local_experts", "16"},
                                          {"num_experts_per_tok", "1"},
                                          {"intermediate_size_mlp", "8192"}}));
  CHECK(layer(model, 0).attention.chunk == 8192);
  CHECK(layer(model, 3).attention.chunk == 0);
  CHECK(layer(model, 0).ffn.shared_intermediate == 4096);
}

TEST_CASE("GPT-2 and its descendants") {
  const ModelSpec gpt2 = read({{"architectures", "[\"GPT2LMHeadModel\"]"},
                               {"model_type", "\"gpt2\""},
                               {"n_embd", "768"},
                               {"n_head", "12"},
                               {"n_layer", "12"},
                               {"n_positions", "1024"},
                               {"n_ctx", "1024"},
                               {"vocab_size", "50257"}});
  CHECK(gpt2.tied_embeddings);
  CHECK_FALSE(gpt2.kinds[0].ffn.gated);
  CHECK(gpt2.kinds[0].ffn.intermediate == 3072);
  CHECK(count_parameters(gpt2).total == 124'439'808);  // the released checkpoint
  const ModelSpec bloom = read({{"model_type", "\"bloom\""},
                                {"n_embed", "64"},
                                {"hidden_size", "64"},
                                {"n_head", "8"},
                                {"n_layer", "2"},
                                {"seq_length", "2048"},
                                {"vocab_size", "1000"}});
  CHECK(bloom.embedding_norm);
  const ModelSpec falcon = read({{"model_type", "\"falcon\""},
                                 {"hidden_size", "64"},
                                 {"num_attention_heads", "8"},
                                 {"num_hidden_layers", "2"},
                                 {"max_position_embeddings", "2048"},
                                 {"vocab_size", "1000"}});
  CHECK(falcon.parallel_block);
  CHECK(falcon.kinds[0].attention.kv_heads == 1);
}

TEST_CASE("a multimodal wrapper is read through to its language model") {
  const std::string inner = test::json_of(test::fields_of("qwen3", "Qwen3ForCausalLM"));
  for (const char* key : {"text_config", "language_config", "llm_config"}) {
    CAPTURE(key);
    const ModelSpec model = read({{"architectures", "[\"SomeVLForConditionalGeneration\"]"},
                                  {"model_type", "\"some_vl\""},
                                  {key, inner},
                                  {"vision_config", "{\"hidden_size\": 1152, \"odd\": 1}"},
                                  {"projector_hidden_act", "\"gelu\""}});
    CHECK(model.hidden == 1024);
    CHECK(model.kinds[0].attention.qk_norm == QkNorm::kPerHead);
    CHECK_FALSE(model.vision);
    CHECK(test::mentions(model, "vision_config"));
    CHECK(test::mentions(model, "projector_hidden_act"));
  }
}

TEST_CASE("a tower with stated sizes is counted") {
  const std::string inner = test::json_of(test::fields_of("qwen3", "Qwen3ForCausalLM"));
  const ModelSpec model = read(
      {{"text_config", inner},
       {"vision_config",
        R"({"depth": 2, "hidden_size": 64, "num_heads": 4, "intermediate_size": 256, "patch_size": 16,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 100,
            "out_hidden_size": 1024})"}});
  REQUIRE(model.vision);
  CHECK(model.vision->patch_inputs == 3 * 2 * 16 * 16);
  CHECK(count_parameters(model).vision > 0);
}

}  // namespace
}  // namespace gpusize
