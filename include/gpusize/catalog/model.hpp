#pragma once
// What a model is, as far as memory and time depend on it. Built from Hugging Face config fields
// (catalog/model_config.hpp), for catalog models and users' files alike.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/core/dtype.hpp"
#include "gpusize/core/provenance.hpp"

namespace gpusize {

enum class AttentionKind : std::uint8_t {
  kGqa,         ///< MHA, GQA and MQA: separate K and V per kv head
  kMla,         ///< multi-head latent attention (DeepSeek-V2, arXiv:2405.04434)
  kSparseMla,   ///< MLA with DeepSeek sparse attention's indexer (DeepSeek-V3.2)
  kCompressed,  ///< DeepSeek-V4: sliding window plus compressed entries, shared K = V
  kBlockSparse, ///< GQA with block selection (MiniMax-M3)
  kGatedDelta,  ///< gated DeltaNet (Qwen3-Next): constant state per sequence
  kLightning,   ///< lightning linear attention (MiniMax-M1): constant state per sequence
};

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
  std::int64_t top_k = 0;        ///< tokens (or compressed entries, or blocks) attended to
  std::int64_t block = 0;        ///< block size of block-sparse selection

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
  bool shared_gate = false;              ///< a learned scalar gate on the shared expert
  bool router_bias = false;              ///< learned per-expert correction
  bool hash_router = false;              ///< experts by token id (V4's first layers)
  bool expert_bias = false;

  [[nodiscard]] bool is_moe() const { return experts > 0; }
  bool operator==(const FfnSpec&) const = default;
};

/// Layers that are alike share one kind.
struct LayerKind {
  AttentionSpec attention;
  FfnSpec ffn;
  bool operator==(const LayerKind&) const = default;
};

/// How a checkpoint's weights are stored when it is quantised.
enum class QuantMethod : std::uint8_t { kNone, kFp8Block, kFp8Tensor, kFp8Channel, kInt8, kAwq, kGptq, kMxfp4, kNvfp4, kInt4Group };

/// Tensors that a quantised checkpoint keeps wide, by role.
struct QuantSpec {
  QuantMethod method = QuantMethod::kNone;
  std::int64_t block_rows = 128;   ///< fp8 block scales
  std::int64_t block_cols = 128;
  std::int64_t group = 128;        ///< int4/fp4 group along the input dimension
  bool zero_points = false;        ///< AWQ
  bool attention = true;           ///< attention projections are quantised
  bool attention_output = true;    ///< o_proj too, when attention is not
  bool dense_ffn = true;
  bool shared_experts = true;
  bool experts = true;
  bool indexer = true;
  bool mtp = true;
  std::optional<QuantMethod> expert_method;  ///< experts in another format (V4: mxfp4)
  std::optional<Dtype> kv_dtype;             ///< KV cache format that the checkpoint asks for
};

/// Multi-token-prediction module: extra layers and what they carry.
struct MtpSpec {
  std::int64_t layers = 0;
  std::size_t kind = 0;              ///< index into ModelSpec::kinds of its layer
  bool own_embedding_copies = false; ///< checkpoint repeats embedding and head
  bool split_projection = false;     ///< V4: e_proj and h_proj apart, own hc_head
  bool in_checkpoint = true;
};

/// A vision tower and its projector, when the config states their sizes.
struct VisionSpec {
  std::string model_type;
  std::int64_t layers = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t intermediate = 0;
  std::int64_t patch = 0;
  std::int64_t image_size = 0;
  bool gated = false;
};

struct ModelSpec {
  std::string id;
  std::string name;
  std::string family;
  std::string architecture;  ///< first of `architectures`, or model_type
  std::vector<std::string> aliases;
  Source source;
  Confidence confidence = Confidence::kRead;
  std::vector<std::string> notes;

  std::int64_t hidden = 0;
  std::int64_t vocab = 0;
  std::int64_t max_context = 0;
  bool tied_embeddings = false;
  std::int64_t learned_positions = 0;  ///< rows of a learned position table (GPT)
  std::int64_t norms_per_layer = 2;    ///< full-width norms in each layer
  bool norm_bias = false;              ///< LayerNorm (weight and bias) instead of RMSNorm
  std::int64_t hyper_connections = 0;  ///< parallel residual streams (V4), 0: plain residual
  bool lm_head_bias = false;

  std::vector<LayerKind> kinds;
  std::vector<std::uint8_t> layers;  ///< kind of each layer, in order

  Dtype native = Dtype::kBf16;  ///< format of unquantised tensors
  QuantSpec quant;
  MtpSpec mtp;
  std::optional<VisionSpec> vision;
  std::vector<std::string> not_assessed;  ///< what the config says that this model leaves out

  [[nodiscard]] std::int64_t layer_count() const { return static_cast<std::int64_t>(layers.size()); }
  /// Layers of kind `index`.
  [[nodiscard]] std::int64_t count_of(std::size_t index) const;
  [[nodiscard]] bool has_experts() const;
};

}  // namespace gpusize
