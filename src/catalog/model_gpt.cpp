// GPT-2 descendants: LayerNorm, ungated feed-forward blocks, learned or linear positions. Paper
// shapes without a config.json are written in the names `gated_mlp`, `norm_type` and
// `learned_position_embeddings`.

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

/// Attention and FFN of one GPT block.
LayerKind read_block(FamilyContext& c, bool attention_bias, bool ffn_bias) {
  LayerKind kind;
  kind.attention = read_heads(c);
  kind.attention.qkv_bias = kind.attention.o_bias = attention_bias;
  kind.ffn.gated = c.config.flag_or("gated_mlp", false);
  kind.ffn.intermediate =
      c.config.integer_or({"intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size"},
                          kWidthBounds, 4 * c.spec.hidden);
  kind.ffn.bias = ffn_bias;
  return kind;
}

void build(FamilyContext& c, const LayerKind& kind) {
  set_layers(c, [&](std::int64_t) { return kind; });
}

}  // namespace

void build_gpt(FamilyContext& c) {
  read_sizes(c, true);
  c.spec.norm_bias = c.config.word("norm_type") != "rmsnorm";
  // OpenAI's own config.json says none of this: GPT-2 has biases and a learned position table.
  if (c.config.flag_or("learned_position_embeddings", true))
    c.spec.learned_positions = c.spec.max_context;
  const bool attention_bias = c.config.flag_or("attention_bias", true);
  build(c, read_block(c, attention_bias, c.config.flag_or("mlp_bias", true)));
}

void build_gptj(FamilyContext& c) {
  read_sizes(c);
  c.spec.norm_bias = true;
  c.spec.norms_per_layer = 1;
  c.spec.parallel_block = true;
  c.spec.lm_head_bias = true;
  build(c, read_block(c, false, true));
}

void build_opt(FamilyContext& c) {
  read_sizes(c, true);
  c.spec.norm_bias = true;
  c.spec.learned_positions = c.spec.max_context + 2;  // OPT's table starts at offset 2
  const std::int64_t embedding =
      c.config.integer_or({"word_embed_proj_dim"}, kWidthBounds, c.spec.hidden);
  if (embedding != c.spec.hidden)
    c.config.error("unsupported", "word_embed_proj_dim differs from hidden_size");
  if (!c.config.flag_or("do_layer_norm_before", true)) c.leave_out("do_layer_norm_before: false");
  const bool bias = c.config.flag_or("enable_bias", true);
  build(c, read_block(c, bias, bias));
}

void build_bloom(FamilyContext& c) {
  c.spec.norm_bias = true;
  c.spec.embedding_norm = true;
  read_sizes(c, true);
  build(c, read_block(c, true, true));
}

void build_mpt(FamilyContext& c) {
  read_sizes(c, true);
  const bool biased = !c.config.flag_or("no_bias", true);
  c.spec.norm_bias = biased;
  if (c.config.flag_or("learned_pos_emb", true)) {
    const Node attention = c.config.node("attn_config");
    const Node alibi = attention ? attention.find("alibi") : Node{};
    if (!alibi || !alibi.boolean().value_or(false)) c.spec.learned_positions = c.spec.max_context;
  }
  build(c, read_block(c, biased, biased));
}

void build_falcon(FamilyContext& c) {
  read_sizes(c, true);
  c.spec.norm_bias = true;
  c.spec.parallel_block = true;
  const bool second = c.config.flag_or("new_decoder_architecture", false);
  if (!second) c.spec.norms_per_layer = 1;
  const bool bias = c.config.flag_or("bias", false);
  LayerKind kind = read_block(c, bias, bias);
  const bool multi_query = c.config.flag_or("multi_query", true);
  if (!second && multi_query) kind.attention.kv_heads = 1;
  c.config.ignore({"alibi", "parallel_attn"});
  build(c, kind);
}

}  // namespace gpusize
