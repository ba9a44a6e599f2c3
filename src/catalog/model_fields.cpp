// Which config fields change neither memory nor time as modelled here.

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "model_architectures.hpp"

namespace gpusize {
namespace {

// Sorted. Tokeniser ids, training settings, rotary details, router arithmetic.
constexpr auto kWithoutEffect = std::to_array<std::string_view>({"_attn_implementation",
                                                                 "_name_or_path",
                                                                 "activation",
                                                                 "activation_function",
                                                                 "alibi",
                                                                 "architectures",
                                                                 "attention_softmax_in_fp32",
                                                                 "attn_implementation",
                                                                 "attn_pdrop",
                                                                 "auto_map",
                                                                 "aux_loss_alpha",
                                                                 "beam_size",
                                                                 "bos_token_id",
                                                                 "chunk_size_feed_forward",
                                                                 "clip_qkv",
                                                                 "compression_ratio",
                                                                 "custom_generation",
                                                                 "decoder_start_token_id",
                                                                 "do_sample",
                                                                 "dtype",
                                                                 "embd_pdrop",
                                                                 "embedding_multiplier",
                                                                 "eos_token_id",
                                                                 "ep_size",
                                                                 "first_k_dense_replace",
                                                                 "full_attn_mod",
                                                                 "gradient_checkpointing",
                                                                 "hidden_act",
                                                                 "hidden_activation",
                                                                 "hidden_dropout_prob",
                                                                 "id2label",
                                                                 "image_token_id",
                                                                 "image_token_index",
                                                                 "initializer_range",
                                                                 "is_decoder",
                                                                 "label2id",
                                                                 "language",
                                                                 "layer_norm_epsilon",
                                                                 "layer_norm_eps",
                                                                 "logits_scaling",
                                                                 "masked_softmax_fusion",
                                                                 "max_length",
                                                                 "max_window_layers",
                                                                 "mlp_hidden_act",
                                                                 "mlp_only_layers",
                                                                 "model_type",
                                                                 "moe_layer_freq",
                                                                 "moe_router_dtype",
                                                                 "mscale",
                                                                 "n_group",
                                                                 "neftune_noise_alpha",
                                                                 "norm_topk_prob",
                                                                 "num_experts_per_token",
                                                                 "num_labels",
                                                                 "offset_alibi",
                                                                 "output_attentions",
                                                                 "output_hidden_states",
                                                                 "output_router_logits",
                                                                 "pad_token_id",
                                                                 "partial_rotary_factor",
                                                                 "pretraining_tp",
                                                                 "problem_type",
                                                                 "residual_multiplier",
                                                                 "resid_pdrop",
                                                                 "rms_norm_eps",
                                                                 "rope_local_base_freq",
                                                                 "rope_parameters",
                                                                 "rope_scaling",
                                                                 "rope_theta",
                                                                 "rotary",
                                                                 "rotary_base",
                                                                 "rotary_dim",
                                                                 "rotary_pct",
                                                                 "routed_scaling_factor",
                                                                 "router_aux_loss_coef",
                                                                 "router_jitter_noise",
                                                                 "router_z_loss_coef",
                                                                 "scale_attn_weights",
                                                                 "scoring_func",
                                                                 "seq_aux",
                                                                 "slow_but_exact",
                                                                 "summary_type",
                                                                 "task_specific_params",
                                                                 "tokenizer_class",
                                                                 "topk_group",
                                                                 "topk_method",
                                                                 "torch_dtype",
                                                                 "transformers_version",
                                                                 "unk_token_id",
                                                                 "use_cache",
                                                                 "use_return_dict",
                                                                 "use_sliding_window",
                                                                 "video_token_id",
                                                                 "vision_end_token_id",
                                                                 "vision_start_token_id",
                                                                 "vision_token_id"});

// Wrapper fields of multimodal configs that carry no weights of the language model.
constexpr auto kWrapper = std::to_array<std::string_view>(
    {"text_config", "language_config", "vision_config", "quantization_config",
     "tie_word_embeddings", "candidate_resolutions", "tile_tag", "global_view_pos"});

bool has_effect(std::string_view key) {
  const auto ends = [&](std::string_view end) { return key.ends_with(end); };
  if (ends("_token_id") || ends("_token_index") || ends("dropout") || ends("_pdrop") ||
      ends("_eps") || ends("_token") || ends("_token_ids") || ends("_init_std") ||
      key.starts_with("initializer") || ends("_loss_coef")) {
    return false;
  }
  return std::find(kWithoutEffect.begin(), kWithoutEffect.end(), key) == kWithoutEffect.end();
}

}  // namespace

void list_unknown_fields(FamilyContext& c) {
  constexpr std::size_t kMostListed = 40;
  std::size_t left = 0;
  const auto mention = [&](const std::string& what) {
    if (left++ < kMostListed) c.leave_out(what);
  };
  for (const Node field : c.config.unknown()) {
    if (has_effect(field.key()))
      mention(fmt::format("{}: not a field that this model reads", printable(field.key())));
  }
  const bool wrapped = c.config.outer().location().line != c.config.language().location().line ||
                       c.config.outer().size() != c.config.language().size();
  if (wrapped) {
    const auto& asked = c.config.asked();
    for (const Node field : c.config.outer()) {
      const std::string_view key = field.key();
      if (!has_effect(key) || std::find(kWrapper.begin(), kWrapper.end(), key) != kWrapper.end())
        continue;
      if (std::find(asked.begin(), asked.end(), key) != asked.end()) continue;
      mention(fmt::format("{}: part of the multimodal wrapper, not counted", printable(key)));
    }
  }
  if (left > kMostListed) c.leave_out(fmt::format("and {} more fields", left - kMostListed));
}

}  // namespace gpusize
