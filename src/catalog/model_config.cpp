#include "gpusize/catalog/model_config.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "catalog/config_override.hpp"
#include "catalog/model_architectures.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// The language model's own map; multimodal files nest it.
Node language_map(Node config) {
  for (const std::string_view key : {"text_config", "language_config", "llm_config"}) {
    const Node inner = config.find(key);
    if (inner && inner.is_map() && inner.size() > 0) return inner;
  }
  return config;
}

std::vector<std::string> class_names(Node config) {
  std::vector<std::string> out;
  const Node list = config ? config.find("architectures") : Node{};
  if (!list || !list.is_sequence()) return out;
  for (const Node item : list) {
    if (item.is_scalar()) out.emplace_back(item.text());
  }
  return out;
}

std::string text_of(Node map, std::string_view key) {
  const Node node = map.find(key);
  return node && node.is_scalar() && !node.is_null() ? std::string(node.text()) : "";
}

/// Rough parameter total in floating point: a bound on absurd configs before anything is counted
/// in 64-bit integers.
double rough_parameters(const ModelSpec& m) {
  const auto d = [](std::int64_t v) { return static_cast<double>(v); };
  double total = 2.0 * d(m.vocab) * d(m.hidden) * (2.0 + d(m.mtp.layers)) +
                 d(m.learned_positions) * d(m.hidden);
  const double mtp_layers = d(m.mtp.layers);
  for (std::size_t i = 0; i < m.kinds.size(); ++i) {
    const AttentionSpec& a = m.kinds[i].attention;
    const FfnSpec& f = m.kinds[i].ffn;
    const double widths = d(a.heads + 2 * a.kv_heads + 1) * d(a.head_dim + a.v_head_dim + 1) +
                          d(a.indexer_heads + 1) * d(a.indexer_dim + 1) + d(a.q_lora_rank) +
                          d(a.kv_lora_rank) + d(a.o_groups) * d(a.o_lora_rank) +
                          d(2 * a.linear_key_heads) * d(a.linear_key_dim) +
                          d(3 * a.linear_value_heads) * d(a.linear_value_dim) + d(a.compress_ratio);
    const double depth = d(m.hidden) + d(a.q_lora_rank) + d(a.kv_lora_rank) + d(a.conv_kernel);
    const double ffn = 3.0 * d(m.hidden) *
                       (d(f.intermediate) + d(f.shared_intermediate) +
                        d(f.experts) * (d(f.expert_intermediate) + 2.0));
    const double layers = d(m.count_of(i)) + (i == m.mtp.kind ? mtp_layers : 0.0);
    total += layers * (2.0 * widths * depth + ffn + d(m.vocab) * d(f.hash_router ? f.top_k : 0));
  }
  return total;
}

void check_model(FamilyContext& c) {
  constexpr double kMostParameters = 1e15;
  const double total = rough_parameters(c.spec);
  if (total > kMostParameters) {
    c.config.error(
        "range",
        fmt::format("the config adds up to about {:.1e} parameters, more than 1e15", total));
  }
  for (const LayerKind& kind : c.spec.kinds) {
    if (kind.ffn.is_moe() && kind.ffn.top_k > kind.ffn.experts) {
      c.config.error("range",
                     fmt::format("{} experts per token of {}", kind.ffn.top_k, kind.ffn.experts),
                     c.config.language().find("num_experts_per_tok"));
      return;
    }
  }
}

/// Facts of the checkpoint file that a catalog entry states.
void read_checkpoint(Node map, FamilyContext& c, Diagnostics& out) {
  if (!map) return;
  MapReader reader(map, "checkpoint", "cat", out);
  c.mtp_copies = reader.boolean("mtp_embedding_copies").value_or(false);
  c.mtp_layers = reader.integer("mtp_layers", kSmallBounds).value_or(0);
  c.spec.stores_tied_head = reader.boolean("stores_tied_head").value_or(false);
  reader.reject_unknown();
}

/// What a reader made of a config's names.
struct FieldUse {
  std::vector<std::string> asked;
  std::vector<ShadowedField> shadowed;
};
FieldUse use_of(const ConfigFields& fields) { return {fields.asked(), fields.shadowed()}; }

FieldUse read_config(Node config, Node checkpoint, bool bare, ModelSpec& spec, Diagnostics& out) {
  if (!config.is_map()) {
    out.push_back(make_error("cat-model-type", "a model config must be a map", config.location()));
    return {};
  }
  const Node language = language_map(config);
  ConfigFields fields(language, config, out);
  FamilyContext c{fields, spec, text_of(language, "model_type"), bare, false, 0, 0};
  std::vector<std::string> classes = class_names(language);
  for (std::string& name : class_names(config)) classes.push_back(std::move(name));
  if (c.model_type.empty()) c.model_type = text_of(config, "model_type");
  const auto outer = class_names(config);
  spec.architecture = !outer.empty()     ? outer.front()
                      : !classes.empty() ? classes.front()
                                         : c.model_type;
  read_checkpoint(checkpoint, c, out);
  build_model(c, classes);
  if (has_errors(out)) return use_of(fields);
  check_model(c);
  read_quantisation(c);
  read_vision(c);
  list_unknown_fields(c);
  return use_of(fields);
}

void read_source(Node node, ModelSpec& spec, Diagnostics& out) {
  if (!node) return;
  MapReader reader(node, "source", "cat", out);
  spec.source.title = reader.required_text("title");
  spec.source.ref = reader.text("ref").value_or("");
  spec.source.as_of = reader.required_text("as_of");
  spec.confidence = read_confidence(reader);
  reader.text("how");
  reader.reject_unknown();
}

/// Everything of a catalog file but the config.
void read_entry(MapReader& reader, ModelSpec& spec, Diagnostics& out) {
  reader.text("schema");
  spec.id = reader.required_text("id");
  spec.name = reader.required_text("name");
  spec.family = reader.required_text("family");
  spec.hf_repo = reader.text("hf_repo").value_or("");
  spec.released = reader.text("released").value_or("");
  spec.aliases = reader.texts("aliases");
  spec.card_context = reader.integer("context_tokens_card", kContextBounds).value_or(0);
  spec.notes = reader.texts("notes");
  spec.not_assessed = reader.texts("not_modelled");
  read_source(reader.required("source"), spec, out);
}

bool is_catalog_file(const Document& document) {
  const Node root = document.root();
  return root.is_map() && text_of(root, "schema").starts_with("gpusize.model/");
}

/// Either form of file; `use` receives the config names that its reader knows.
Result<ModelSpec> read_any(const Document& document, std::string id, FieldUse* use) {
  Diagnostics out;
  ModelSpec spec;
  if (document.empty())
    return make_error("cat-model-type", "the document is empty", {document.file(), 0, 0});
  FieldUse names;
  if (is_catalog_file(document)) {
    MapReader reader(document.root(), "model", "cat", out);
    read_entry(reader, spec, out);
    const Node checkpoint = reader.node("checkpoint");
    if (const Node config = reader.required("config"))
      names = read_config(config, checkpoint, false, spec, out);
    reader.reject_unknown();
  } else {
    spec.id = spec.name = std::move(id);
    spec.source.title = document.file();
    names = read_config(document.root(), {}, true, spec, out);
  }
  if (use != nullptr) *use = std::move(names);
  if (!out.empty()) return out;
  return spec;
}

/// Reports an override that changes nothing.
void check_use(const std::string& name, const FieldUse& use, Diagnostics& out) {
  const auto shadowed = std::find_if(use.shadowed.begin(), use.shadowed.end(),
                                     [&](const ShadowedField& s) { return s.name == name; });
  if (shadowed != use.shadowed.end()) {
    out.push_back(make_error(
        "cat-model-unknown-override",
        fmt::format("\"{}\" changes nothing: the file sets \"{}\"", name, shadowed->winner), {},
        fmt::format("set \"{}\" instead", shadowed->winner)));
  } else if (std::find(use.asked.begin(), use.asked.end(), name) == use.asked.end()) {
    out.push_back(
        make_error("cat-model-unknown-override",
                   fmt::format("this model has no config field \"{}\" that changes anything here",
                               shown(name)),
                   {}, did_you_mean(name, use.asked)));
  }
}

}  // namespace

Result<ModelSpec> read_model(const Document& document) { return read_any(document, {}, nullptr); }

Result<ModelSpec> read_model_config(const Document& document, std::string id) {
  return read_any(document, std::move(id), nullptr);
}

Result<ModelSpec> read_model_with(const Document& document,
                                  const std::vector<ConfigOverride>& overrides, std::string id) {
  if (document.empty())
    return make_error("cat-model-type", "the document is empty", {document.file(), 0, 0});
  Result<Document> changed = apply_overrides(document, overrides);
  if (!changed) return changed.errors();
  FieldUse use;
  Result<ModelSpec> spec = read_any(*changed, std::move(id), &use);
  Diagnostics unknown;
  for (const ConfigOverride& o : overrides) {
    if (!use.asked.empty() && o.name.find('.') == std::string::npos)
      check_use(o.name, use, unknown);
  }
  if (!unknown.empty()) return unknown;
  return spec;
}

std::vector<std::string> model_names(const Document& document) {
  std::vector<std::string> names;
  const Node root = document.root();
  const auto add = [&](std::string_view name) {
    const std::string normal = normalise_name(name);
    if (!normal.empty() && std::find(names.begin(), names.end(), normal) == names.end())
      names.push_back(normal);
  };
  add(text_of(root, "id"));
  const std::string repo = text_of(root, "hf_repo");
  add(repo);
  if (const std::size_t slash = repo.find('/'); slash != std::string::npos)
    add(repo.substr(slash + 1));
  const Node aliases = root.find("aliases");
  if (aliases && aliases.is_sequence()) {
    for (const Node alias : aliases) {
      if (alias.is_scalar()) add(alias.text());
    }
  }
  return names;
}

}  // namespace gpusize
