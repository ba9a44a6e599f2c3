// Which config fields change neither memory nor time as modelled here.

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "catalog/model_architectures.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

// Tokeniser ids, generation defaults, training settings, rotary details, router arithmetic.
constexpr auto kWithoutEffect = std::to_array<std::string_view>({"_attn_implementation",
                                                                 "_name_or_path",
                                                                 "activation",
                                                                 "activation_function",
                                                                 "add_cross_attention",
                                                                 "alibi",
                                                                 "architectures",
                                                                 "attention_sink_size",
                                                                 "attention_softmax_in_fp32",
                                                                 "attn_implementation",
                                                                 "attn_pdrop",
                                                                 "auto_map",
                                                                 "aux_loss_alpha",
                                                                 "bad_words_ids",
                                                                 "beam_size",
                                                                 "begin_suppress_tokens",
                                                                 "bos_token_id",
                                                                 "cache_implementation",
                                                                 "chunk_size_feed_forward",
                                                                 "clip_qkv",
                                                                 "compression_ratio",
                                                                 "cross_attention_hidden_size",
                                                                 "custom_generation",
                                                                 "decoder_start_token_id",
                                                                 "diversity_penalty",
                                                                 "do_sample",
                                                                 "dtype",
                                                                 "early_stopping",
                                                                 "embd_pdrop",
                                                                 "embedding_multiplier",
                                                                 "encoder_no_repeat_ngram_size",
                                                                 "eos_token_id",
                                                                 "ep_size",
                                                                 "exponential_decay_length_penalty",
                                                                 "finetuning_task",
                                                                 "first_k_dense_replace",
                                                                 "full_attn_mod",
                                                                 "gradient_checkpointing",
                                                                 "hidden_act",
                                                                 "hidden_activation",
                                                                 "hidden_dropout_prob",
                                                                 "id2label",
                                                                 "ignore_index",
                                                                 "image_token_id",
                                                                 "image_token_index",
                                                                 "indexer_rope_interleave",
                                                                 "initializer_range",
                                                                 "interpolate_factor",
                                                                 "is_decoder",
                                                                 "is_encoder_decoder",
                                                                 "label2id",
                                                                 "language",
                                                                 "layer_norm_eps",
                                                                 "layer_norm_epsilon",
                                                                 "length_penalty",
                                                                 "lm_head",
                                                                 "logits_scaling",
                                                                 "masked_softmax_fusion",
                                                                 "max_length",
                                                                 "max_window_layers",
                                                                 "min_length",
                                                                 "mlp_hidden_act",
                                                                 "mlp_only_layers",
                                                                 "model_size",
                                                                 "model_type",
                                                                 "moe_layer_freq",
                                                                 "moe_router_dtype",
                                                                 "mscale",
                                                                 "n_group",
                                                                 "neftune_noise_alpha",
                                                                 "no_repeat_ngram_size",
                                                                 "norm_topk_prob",
                                                                 "num_beam_groups",
                                                                 "num_beams",
                                                                 "num_experts_per_token",
                                                                 "num_labels",
                                                                 "num_return_sequences",
                                                                 "offset_alibi",
                                                                 "original_max_position_embeddings",
                                                                 "output_attentions",
                                                                 "output_hidden_states",
                                                                 "output_router_logits",
                                                                 "output_scores",
                                                                 "pad_token_id",
                                                                 "partial_rotary_factor",
                                                                 "prefill_chunk_size",
                                                                 "prefix",
                                                                 "pretraining_tp",
                                                                 "problem_type",
                                                                 "pruned_heads",
                                                                 "remove_invalid_values",
                                                                 "repetition_penalty",
                                                                 "resid_pdrop",
                                                                 "residual_multiplier",
                                                                 "return_dict",
                                                                 "return_dict_in_generate",
                                                                 "rm_head",
                                                                 "rms_norm_eps",
                                                                 "rope_interleave",
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
                                                                 "sliding_window_size",
                                                                 "slow_but_exact",
                                                                 "summary_type",
                                                                 "suppress_tokens",
                                                                 "task_specific_params",
                                                                 "temperature",
                                                                 "tf_legacy_loss",
                                                                 "tie_encoder_decoder",
                                                                 "tokenizer_class",
                                                                 "top_k",
                                                                 "top_p",
                                                                 "topk_group",
                                                                 "topk_method",
                                                                 "torch_dtype",
                                                                 "torchscript",
                                                                 "transformers_version",
                                                                 "typical_p",
                                                                 "unk_token_id",
                                                                 "use_bfloat16",
                                                                 "use_cache",
                                                                 "use_mrope",
                                                                 "use_return_dict",
                                                                 "use_sliding_window",
                                                                 "use_unified_vision_chunk",
                                                                 "video_placeholder",
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
    if (is_set(field) && has_effect(field.key()))
      mention(fmt::format("{}: not a field that this model reads", printable(field.key())));
  }
  const bool wrapped = c.config.outer().location().line != c.config.language().location().line ||
                       c.config.outer().size() != c.config.language().size();
  if (wrapped) {
    const auto& asked = c.config.asked();
    for (const Node field : c.config.outer()) {
      const std::string_view key = field.key();
      if (!is_set(field) || !has_effect(key) ||
          std::find(kWrapper.begin(), kWrapper.end(), key) != kWrapper.end())
        continue;
      if (std::find(asked.begin(), asked.end(), key) != asked.end()) continue;
      mention(fmt::format("{}: part of the multimodal wrapper, not counted", printable(key)));
    }
  }
  if (left > kMostListed) c.leave_out(fmt::format("and {} more fields", left - kMostListed));
}

}  // namespace gpusize
