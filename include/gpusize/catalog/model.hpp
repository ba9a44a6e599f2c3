#pragma once
// What a model is, as far as memory and time depend on it. Built from Hugging Face config fields
// (catalog/model_config.hpp), for catalog models and users' files alike.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/quantisation.hpp"
#include "gpusize/core/dtype.hpp"
#include "gpusize/core/provenance.hpp"

namespace gpusize {

enum class AttentionKind : std::uint8_t {
  kGqa,          ///< MHA, GQA and MQA: separate K and V per kv head
  kMla,          ///< multi-head latent attention (DeepSeek-V2, arXiv:2405.04434)
  kSparseMla,    ///< MLA with DeepSeek sparse attention's indexer (DeepSeek-V3.2)
  kCompressed,   ///< DeepSeek-V4: sliding window plus compressed entries, shared K = V
  kBlockSparse,  ///< GQA with block selection (MiniMax-M3)
  kGatedDelta,   ///< gated DeltaNet (Qwen3-Next): constant state per sequence
  kLightning,    ///< lightning linear attention (MiniMax-M1): constant state per sequence
};
inline constexpr std::size_t kAttentionKinds = 7;

enum class QkNorm : std::uint8_t { kNone, kPerHead, kFull };

/// One attention block. Fields not used by the kind stay zero.
struct AttentionSpec {
  AttentionKind kind = AttentionKind::kGqa;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;    ///< of Q and K
  std::int64_t v_head_dim = 0;  ///< of V and of the output per head
  bool qkv_bias = false;
  bool o_bias = false;
  bool output_gate = false;  ///< Q projection twice as wide, the second half gates the output
  bool sinks = false;        ///< one learned sink per head
  QkNorm qk_norm = QkNorm::kNone;
  std::int64_t window = 0;  ///< sliding window in tokens, 0: none
  std::int64_t chunk = 0;   ///< chunked attention in tokens, 0: none

  // Multi-head latent attention.
  std::int64_t q_lora_rank = 0;  ///< 0: Q comes straight from the hidden state
  std::int64_t kv_lora_rank = 0;
  std::int64_t nope_dim = 0;
  std::int64_t rope_dim = 0;

  // Sparse selection (DSA indexer, V4 indexer, block-sparse index).
  bool has_indexer = false;  ///< false where the layer reuses another layer's selection
  std::int64_t indexer_heads = 0;
  std::int64_t indexer_dim = 0;
  std::int64_t top_k = 0;  ///< tokens (or compressed entries, or blocks) attended to
  std::int64_t block = 0;  ///< block size of block-sparse selection

  // DeepSeek-V4.
  std::int64_t compress_ratio = 0;  ///< tokens per compressed entry; 0: window only
  std::int64_t o_groups = 0;
  std::int64_t o_lora_rank = 0;

  // Linear attention.
  std::int64_t linear_key_heads = 0;
  std::int64_t linear_value_heads = 0;
  std::int64_t linear_key_dim = 0;
  std::int64_t linear_value_dim = 0;
  std::int64_t conv_kernel = 0;
  std::int64_t state_element_bytes = 0;  ///< of the recurrent state

  bool operator==(const AttentionSpec&) const = default;
};

/// One feed-forward block: dense when `experts` is 0.
struct FfnSpec {
  std::int64_t intermediate = 0;  ///< dense width (0 when the layer has experts only)
  bool gated = true;              ///< SwiGLU-like: gate, up, down; else up, down
  bool bias = false;
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  std::int64_t expert_intermediate = 0;
  std::int64_t shared_intermediate = 0;  ///< all shared experts fused to one width
  std::int64_t expert_groups = 0;  ///< group-limited routing (DeepSeek): experts lie in groups
  std::int64_t group_limit = 0;    ///< groups whose experts one token may take; 0: all
  bool shared_gate = false;        ///< a learned scalar gate on the shared expert
  bool router_bias = false;        ///< learned fp32 correction per expert
  bool hash_router = false;        ///< experts by token id (V4's first layers)
  bool expert_bias = false;        ///< biases on router and experts (gpt-oss)

  [[nodiscard]] bool is_moe() const { return experts > 0; }
  bool operator==(const FfnSpec&) const = default;
};

/// Layers that are alike share one kind.
struct LayerKind {
  AttentionSpec attention;
  FfnSpec ffn;
  bool operator==(const LayerKind&) const = default;
};

/// What joins a multi-token-prediction module to the main model.
enum class MtpStyle : std::uint8_t {
  kWideProjection,   ///< eh_proj [h, 2h], never quantised (DeepSeek-V3, GLM)
  kQuantisable,      ///< fc [h, 2h] (Qwen3-Next)
  kSplitProjection,  ///< e_proj and h_proj [h, h], own hyper-connection head (DeepSeek-V4)
};

/// Multi-token-prediction module: extra layers and what they carry.
struct MtpSpec {
  std::int64_t layers = 0;
  std::size_t kind = 0;  ///< index into ModelSpec::kinds of its layer
  MtpStyle style = MtpStyle::kWideProjection;
  bool own_embedding_copies = false;  ///< checkpoint repeats embedding and head
};

/// A vision transformer and its projector, when the config states their sizes.
struct VisionSpec {
  std::string model_type;
  std::int64_t layers = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t intermediate = 0;
  std::int64_t patch_inputs = 0;    ///< numbers in one patch: channels x frames x height x width
  std::int64_t position_rows = 0;   ///< rows of the learned position table
  std::int64_t merged_patches = 1;  ///< patches that become one language token
  bool final_norm = false;          ///< a norm after the last block
  std::int64_t projector_in = 0;    ///< hidden x merged patches; 0: no projector counted
  std::int64_t projector_out = 0;   ///< width of the language model
};

struct ModelSpec {
  std::string id;
  std::string name;
  std::string family;
  std::string hf_repo;
  std::string released;      ///< year and month, where known
  std::string architecture;  ///< first of `architectures`, or model_type
  std::vector<std::string> aliases;
  Source source;
  Confidence confidence = Confidence::kRead;
  std::vector<std::string> notes;

  std::int64_t hidden = 0;
  std::int64_t vocab = 0;
  std::int64_t max_context = 0;   ///< the config's
  std::int64_t card_context = 0;  ///< the model card's, where it differs; else 0
  bool tied_embeddings = false;
  bool stores_tied_head = false;       ///< the file repeats a tied head
  std::int64_t learned_positions = 0;  ///< rows of a learned position table (GPT)
  bool embedding_norm = false;         ///< LayerNorm after the embedding (BLOOM)
  std::int64_t norms_per_layer = 2;    ///< full-width norms in each layer
  bool norm_bias = false;              ///< LayerNorm (weight and bias) instead of RMSNorm
  bool parallel_block = false;         ///< attention and FFN read the same input (GPT-J, Falcon)
  std::int64_t hyper_connections = 0;  ///< parallel residual streams (V4), 0: plain residual
  bool lm_head_bias = false;

  std::vector<LayerKind> kinds;
  std::vector<std::uint8_t> layers;  ///< kind of each layer, in order

  Dtype native = Dtype::kBf16;  ///< format of unquantised tensors
  QuantSpec quant;
  MtpSpec mtp;
  std::optional<VisionSpec> vision;
  std::vector<std::string> not_assessed;  ///< what the config says that this model leaves out

  [[nodiscard]] std::int64_t layer_count() const {
    return static_cast<std::int64_t>(layers.size());
  }
  /// Main layers of kind `index`.
  [[nodiscard]] std::int64_t count_of(std::size_t index) const;
  [[nodiscard]] bool has_experts() const;
};

}  // namespace gpusize
