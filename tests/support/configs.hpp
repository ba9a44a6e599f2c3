#pragma once
// config.json texts put together from fields, so that a test says only what it is about.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/model_config.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::test {

/// Field name to JSON text of its value.
using Fields = std::map<std::string, std::string>;

/// `base` with fields replaced or added; an empty text removes one.
inline Fields with(Fields base, const Fields& changes) {
  for (const auto& [name, value] : changes) {
    if (value.empty()) {
      base.erase(name);
    } else {
      base[name] = value;
    }
  }
  return base;
}

/// One field a line: the first is on line 2.
inline std::string json_of(const Fields& fields) {
  std::string out = "{";
  for (const auto& [name, value] : fields) {
    out += (out.size() > 1 ? ",\n\"" : "\n\"") + name + "\": " + value;
  }
  return out + "\n}";
}

inline Document config_document(const Fields& fields) {
  return read_json("config.json", json_of(fields)).value();
}
inline Result<ModelSpec> read_config(const Fields& fields) {
  return read_model_config(config_document(fields), "mine");
}
inline Result<ModelSpec> read_config_with(const Fields& fields,
                                          const std::vector<ConfigOverride>& overrides) {
  return read_model_with(config_document(fields), overrides, "mine");
}

inline bool mentions(const ModelSpec& model, std::string_view text) {
  for (const std::string& what : model.not_assessed) {
    if (what.find(text) != std::string::npos) return true;
  }
  return false;
}

/// A small Llama.
inline Fields llama_fields() {
  return {{"architectures", "[\"LlamaForCausalLM\"]"},
          {"model_type", "\"llama\""},
          {"hidden_size", "1024"},
          {"intermediate_size", "4096"},
          {"num_hidden_layers", "8"},
          {"num_attention_heads", "16"},
          {"num_key_value_heads", "4"},
          {"vocab_size", "32000"},
          {"max_position_embeddings", "8192"}};
}

/// The same sizes under another type and class.
inline Fields fields_of(const std::string& model_type, const std::string& architecture,
                        const Fields& changes = {}) {
  const Fields named{{"model_type", "\"" + model_type + "\""},
                     {"architectures", "[\"" + architecture + "\"]"}};
  return with(with(llama_fields(), named), changes);
}

/// Expert fields in the spelling of DeepSeek.
inline Fields deepseek_moe() {
  return {{"n_routed_experts", "64"},
          {"num_experts_per_tok", "6"},
          {"n_shared_experts", "2"},
          {"moe_intermediate_size", "512"},
          {"first_k_dense_replace", "1"}};
}
/// Latent attention.
inline Fields latent() {
  return {{"q_lora_rank", "384"},
          {"kv_lora_rank", "128"},
          {"qk_nope_head_dim", "64"},
          {"qk_rope_head_dim", "32"},
          {"v_head_dim", "64"}};
}
/// A small DeepSeek-V3.
inline Fields deepseek_v3_fields() {
  return fields_of("deepseek_v3", "DeepseekV3ForCausalLM",
                   with(with(deepseek_moe(), latent()),
                        {{"topk_method", "\"noaux_tc\""}, {"num_nextn_predict_layers", "1"}}));
}
/// A small DeepSeek-V4.
inline Fields deepseek_v4_fields() {
  return fields_of("deepseek_v4", "DeepseekV4ForCausalLM",
                   with(deepseek_moe(), {{"q_lora_rank", "256"},
                                         {"head_dim", "128"},
                                         {"qk_rope_head_dim", "32"},
                                         {"o_groups", "4"},
                                         {"o_lora_rank", "128"},
                                         {"sliding_window", "128"},
                                         {"hc_mult", "4"},
                                         {"index_n_heads", "16"},
                                         {"index_head_dim", "64"},
                                         {"index_topk", "256"},
                                         {"num_hash_layers", "2"},
                                         {"compress_ratios", "[0, 0, 4, 128, 4, 128, 4, 128]"}}));
}

}  // namespace gpusize::test
