#pragma once
// Builders of a ModelSpec, one per family of architectures, and what they share.

#include <functional>
#include <string>
#include <string_view>

#include "catalog/config_fields.hpp"
#include "gpusize/catalog/model.hpp"

namespace gpusize {

/// What a family builder works on. Facts about the checkpoint file that no config field carries
/// come from a catalog file's `checkpoint` map; a bare config gets the habit of its architecture.
struct FamilyContext {
  ConfigFields& config;
  ModelSpec& spec;
  std::string model_type;       ///< of the language model
  bool bare_config = false;     ///< no catalog file around it
  bool mtp_copies = false;      ///< checkpoint.mtp_embedding_copies
  std::int64_t mtp_layers = 0;  ///< checkpoint.mtp_layers
  std::int64_t layers = 0;      ///< filled by read_sizes

  [[nodiscard]] bool is(std::string_view type) const { return model_type == type; }
  /// The text may hold words of the file: it is made printable and cut.
  void leave_out(std::string_view what) { spec.not_assessed.push_back(shown(what)); }
};

using FamilyBuilder = void (*)(FamilyContext&);

// model_llama.cpp
void build_llama(FamilyContext& c);
void build_gemma(FamilyContext& c);
// model_moe.cpp
void build_mixtral(FamilyContext& c);
void build_qwen_moe(FamilyContext& c);
void build_gpt_oss(FamilyContext& c);
void build_llama4(FamilyContext& c);
// model_minimax.cpp
void build_minimax_lightning(FamilyContext& c);
void build_minimax(FamilyContext& c);
// model_deepseek.cpp
void build_deepseek(FamilyContext& c);
void build_glm4_moe(FamilyContext& c);
// model_deepseek_v4.cpp
void build_deepseek_v4(FamilyContext& c);
// model_qwen_hybrid.cpp
void build_qwen_hybrid(FamilyContext& c);
// model_gpt.cpp
void build_gpt(FamilyContext& c);
void build_gptj(FamilyContext& c);
void build_opt(FamilyContext& c);
void build_bloom(FamilyContext& c);
void build_mpt(FamilyContext& c);
void build_falcon(FamilyContext& c);

// model_common.cpp

/// hidden, vocab, context, layers, tied head, native format.
void read_sizes(FamilyContext& c, bool tied_by_default = false);

/// Heads and head sizes of grouped-query attention, without flags.
AttentionSpec read_heads(FamilyContext& c);

/// Adds `kind` if it is new; gives its index.
std::size_t kind_index(FamilyContext& c, const LayerKind& kind);

/// One kind per layer.
void set_layers(FamilyContext& c, const std::function<LayerKind(std::int64_t)>& kind_of);

void report_short_list(FamilyContext& c, std::string_view name);

/// An entry of a per-layer list; reports a list that is too short once.
template <typename T>
T entry_of(FamilyContext& c, std::string_view name, const std::vector<T>& list,
           std::int64_t layer) {
  const auto index = static_cast<std::size_t>(layer);
  if (index < list.size()) return list[index];
  if (index == list.size()) report_short_list(c, name);
  return T{};
}

/// `layer_types`, when all of them are softmax attention; else reports it and gives nothing.
std::vector<std::string> read_layer_types(FamilyContext& c);

/// Sliding and chunked layers from `layer_types`, with `window` and `chunk` as their sizes.
void apply_layer_type(AttentionSpec& attention, std::string_view layer_type, std::int64_t window,
                      std::int64_t chunk);

/// MTP of the DeepSeek and GLM kind: `num_nextn_predict_layers` layers like `kind`.
void read_nextn(FamilyContext& c, const LayerKind& kind, bool copies_by_habit);

// model_quantisation.cpp

/// quantization_config, resolved to roles with the names that the architecture's modules have.
void read_quantisation(FamilyContext& c);

// model_vision.cpp

/// vision_config, as far as its sizes are stated.
void read_vision(FamilyContext& c);

}  // namespace gpusize
