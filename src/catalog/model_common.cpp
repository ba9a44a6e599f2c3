#include <algorithm>

#include <fmt/format.h>

#include "catalog/model_families.hpp"

namespace gpusize {

void read_sizes(FamilyContext& c, bool tied_by_default) {
  ConfigFields& f = c.config;
  c.spec.hidden = f.required({"hidden_size", "n_embd", "d_model"}, kWidthBounds);
  c.spec.vocab = f.required({"vocab_size", "padded_vocab_size"}, kVocabBounds);
  c.layers = f.required({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, kLayerBounds);
  c.spec.max_context =
      f.required({"max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx"},
                 kContextBounds);
  const Node tied = f.node_or_outer("tie_word_embeddings");
  if (tied && !tied.boolean())
    f.error("type", "\"tie_word_embeddings\" must be true or false", tied);
  c.spec.tied_embeddings = tied ? tied.boolean().value_or(tied_by_default) : tied_by_default;
  for (const std::string_view key : {"torch_dtype", "dtype"}) {
    const Node node = f.node_or_outer(key);
    if (!node || !node.is_scalar()) continue;
    const auto dtype = dtype_from(node.text());
    if (dtype) c.spec.native = *dtype;
    if (!dtype)
      c.leave_out(
          fmt::format("{}: \"{}\" is not a format known here; read as bf16", key, node.text()));
  }
}

AttentionSpec read_heads(FamilyContext& c) {
  ConfigFields& f = c.config;
  AttentionSpec a;
  a.heads = f.required({"num_attention_heads", "n_head", "n_heads"}, kHeadBounds);
  a.kv_heads = f.integer_or({"num_key_value_heads", "num_kv_heads"}, kHeadBounds, a.heads);
  a.head_dim =
      f.integer_or({"head_dim"}, kWidthBounds, std::max<std::int64_t>(1, c.spec.hidden / a.heads));
  if (!f.has("head_dim") && c.spec.hidden % a.heads != 0) {
    f.error("heads",
            fmt::format("hidden size {} is not divisible by {} heads, and no head_dim is stated",
                        c.spec.hidden, a.heads));
  }
  a.v_head_dim = a.head_dim;
  if (a.kv_heads > a.heads) {
    f.error("heads", fmt::format("{} key-value heads for {} query heads", a.kv_heads, a.heads));
    a.kv_heads = a.heads;
  }
  return a;
}

std::size_t kind_index(FamilyContext& c, const LayerKind& kind) {
  auto& kinds = c.spec.kinds;
  const auto found = std::find(kinds.begin(), kinds.end(), kind);
  if (found != kinds.end()) return static_cast<std::size_t>(found - kinds.begin());
  constexpr std::size_t kMostKinds = 64;
  if (kinds.size() == kMostKinds) {
    c.config.error("unsupported", "more than 64 different kinds of layer");
  }
  if (kinds.size() >= kMostKinds) return 0;
  kinds.push_back(kind);
  return kinds.size() - 1;
}

void set_layers(FamilyContext& c, const std::function<LayerKind(std::int64_t)>& kind_of) {
  c.spec.layers.clear();
  for (std::int64_t i = 0; i < c.layers; ++i) {
    c.spec.layers.push_back(static_cast<std::uint8_t>(kind_index(c, kind_of(i))));
  }
}

void report_short_list(FamilyContext& c, std::string_view name) {
  c.config.error("list", fmt::format("\"{}\" has fewer entries than there are layers", name),
                 c.config.node(name));
}

std::vector<std::string> read_layer_types(FamilyContext& c) {
  auto types = c.config.words("layer_types");
  for (const std::string& type : types) {
    if (type == "full_attention" || type == "sliding_attention" || type == "chunked_attention")
      continue;
    c.config.error(
        "unsupported",
        fmt::format("layers of type \"{}\" are not modelled for this architecture", type),
        c.config.node("layer_types"));
    return {};
  }
  return types;
}

void apply_layer_type(AttentionSpec& attention, std::string_view layer_type, std::int64_t window,
                      std::int64_t chunk) {
  if (layer_type == "sliding_attention") attention.window = window;
  if (layer_type == "chunked_attention") attention.chunk = chunk;
}

void read_nextn(FamilyContext& c, const LayerKind& kind, bool copies_by_habit) {
  c.spec.mtp.layers = c.config.integer_or({"num_nextn_predict_layers"}, kSmallBounds, 0);
  if (c.spec.mtp.layers == 0) return;
  c.spec.mtp.kind = kind_index(c, kind);
  c.spec.mtp.style = MtpStyle::kWideProjection;
  c.spec.mtp.own_embedding_copies = c.bare_config ? copies_by_habit : c.mtp_copies;
}

}  // namespace gpusize
