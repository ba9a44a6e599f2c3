#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/ops/attention.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/ops/tensors.hpp"
#include "gpusize/plan/catalog_documents.hpp"
#include "plan/catalog_parts.hpp"

namespace gpusize {
namespace {

/// A number of the model's config.
Why why_field(const ModelSpec& model, std::string_view name, std::int64_t value,
              std::string unit = {}) {
  return why_fact(fmt::format("{}.{}", model.id, name), static_cast<double>(value), std::move(unit),
                  NumberKind::kFact, model.source, model.confidence);
}

void put_field(ObjectWriter& out, const ModelSpec& model, std::string_view name, std::int64_t value,
               std::string unit = {}) {
  out.integer(name, value, why_field(model, name, value, std::move(unit)));
}

/// A total of the architecture: what it was computed from, not every tensor.
Why why_total(const ModelSpec& model, std::string_view name, double value, std::string unit,
              std::string note) {
  return why_search(fmt::format("{}.{}", model.id, name), value, std::move(unit), std::move(note),
                    {{"hidden", why_field(model, "hidden", model.hidden)},
                     {"layers", why_field(model, "layers", model.layer_count())},
                     {"vocab", why_field(model, "vocab", model.vocab)}});
}

/// The sum over the main model's weight tensors, each from the shape that the fields give.
Why why_parameters(const ModelSpec& model, std::int64_t total) {
  std::vector<std::pair<std::string, Why>> parts;
  for (const TensorGroup& group : tensors_of(model)) {
    if (group.part != TensorPart::kMain) continue;
    const auto factor = [&](std::string_view name, std::int64_t value) {
      return std::pair<std::string, Why>(
          name, why_field(model, fmt::format("{}.{}", group.name, name), value));
    };
    parts.emplace_back(
        group.name, why_formula(listing_formula("model.tensor_elements"), std::string(group.name),
                                static_cast<double>(group.elements()),
                                {factor("rows", group.rows), factor("cols", group.cols),
                                 factor("count", group.count), factor("layers", group.layers)}));
  }
  return why_sum(fmt::format("{}.parameters", model.id), static_cast<double>(total), "parameters",
                 std::move(parts));
}

void put_parameters(ObjectWriter& out, const ModelSpec& model) {
  const ParameterCounts counts = count_parameters(model);
  out.integer("parameters", counts.total, why_parameters(model, counts.total));
  out.integer(
      "active_parameters", counts.active,
      why_total(model, "active_parameters", static_cast<double>(counts.active), "parameters",
                "those that one token passes through, without an untied input embedding"));
}

/// Attention kinds of the main layers with how many layers each has.
std::vector<std::pair<std::string_view, std::int64_t>> attention_kinds(const ModelSpec& model) {
  std::vector<std::pair<std::string_view, std::int64_t>> out;
  for (std::size_t k = 0; k < model.kinds.size(); ++k) {
    const std::int64_t layers = model.count_of(k);
    if (layers == 0) continue;
    const std::string_view name = attention_variant(model.kinds[k].attention.kind).name;
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const auto& entry) { return entry.first == name; });
    if (same == out.end()) {
      out.emplace_back(name, layers);
    } else {
      same->second += layers;
    }
  }
  return out;
}

void put_summary(ObjectWriter& out, const ModelSpec& model) {
  out.text("id", model.id);
  out.text("name", model.name);
  out.text("family", model.family);
  put_parameters(out, model);
  std::vector<std::string_view> kinds;
  for (const auto& [name, layers] : attention_kinds(model)) kinds.push_back(name);
  out.text("attention", fmt::format("{}", fmt::join(kinds, "+")));
  out.text("weights", model.quant.method == QuantMethod::kNone ? name_of(model.native)
                                                               : name_of(model.quant.method));
  const Dtype kv = model.quant.kv_dtype.value_or(Dtype::kBf16);
  const double bytes = kv_bytes_per_token(model, kv).in(units::B_per_token);
  out.number(
      "kv_bytes_per_token", bytes,
      why_total(model, "kv_bytes_per_token", bytes, "B/token",
                fmt::format("all layers of one copy of the model, cache in {}", name_of(kv))));
  out.text("kv_dtype", name_of(kv));
  put_field(out, model, "max_context", model.max_context, "tokens");
  out.flag("moe", model.has_experts());
}

void put_attention(ObjectWriter& out, const ModelSpec& model, const AttentionSpec& a) {
  out.text("attention", attention_variant(a.kind).name);
  const auto put = [&](std::string_view name, std::int64_t value) {
    if (value != 0) put_field(out, model, name, value);
  };
  put("heads", a.heads);
  put("kv_heads", a.kv_heads);
  put("head_dim", a.head_dim);
  put("v_head_dim", a.v_head_dim);
  put("window", a.window);
  put("chunk", a.chunk);
  put("q_lora_rank", a.q_lora_rank);
  put("kv_lora_rank", a.kv_lora_rank);
  put("nope_dim", a.nope_dim);
  put("rope_dim", a.rope_dim);
  put("indexer_heads", a.indexer_heads);
  put("indexer_dim", a.indexer_dim);
  put("selected", a.top_k);
  put("block", a.block);
  put("compress_ratio", a.compress_ratio);
  put("linear_key_heads", a.linear_key_heads);
  put("linear_value_heads", a.linear_value_heads);
  put("linear_key_dim", a.linear_key_dim);
  put("linear_value_dim", a.linear_value_dim);
}

void put_ffn(ObjectWriter& out, const ModelSpec& model, const FfnSpec& f) {
  out.text("ffn", f.is_moe() ? "experts" : "dense");
  const auto put = [&](std::string_view name, std::int64_t value) {
    if (value != 0) put_field(out, model, name, value);
  };
  put("intermediate", f.intermediate);
  put("experts", f.experts);
  put("experts_per_token", f.top_k);
  put("expert_intermediate", f.expert_intermediate);
  put("shared_intermediate", f.shared_intermediate);
}

void put_texts(ObjectWriter& out, std::string_view key, const std::vector<std::string>& texts) {
  out.list(key);
  for (const std::string& text : texts) out.append_text(key, text);
}

Result<const ModelSpec*> read_one(const Catalog& catalog, const std::string& id) {
  const auto found = catalog.find_model(id);
  if (!found.ok()) return found.errors();
  return found->entry;
}

}  // namespace

Result<std::vector<const ModelSpec*>> select_models(const Catalog& catalog,
                                                    const ModelQuery& query) {
  std::vector<const ModelSpec*> out;
  Diagnostics problems;
  for (const std::string& id : catalog.model_ids()) {
    const auto model = read_one(catalog, id);
    if (!model.ok()) {
      problems.insert(problems.end(), model.errors().begin(), model.errors().end());
      continue;
    }
    const ModelSpec& m = **model;
    std::vector<std::string> names{m.id, m.name};
    names.insert(names.end(), m.aliases.begin(), m.aliases.end());
    if (!matches(query.names, names) || !same_or_any(query.family, m.family)) continue;
    if (query.moe_only && !m.has_experts()) continue;
    if (query.max_parameters &&
        static_cast<double>(count_parameters(m).total) > *query.max_parameters)
      continue;
    out.push_back(*model);
  }
  if (has_errors(problems)) return problems;
  return out;
}

ResultDocument model_list_document(const Catalog& catalog,
                                   const std::vector<const ModelSpec*>& models) {
  ResultDocument document = listing(catalog, "models", "list", catalog.as_of());
  ObjectWriter root = document.root();
  root.list("models");
  for (const ModelSpec* model : models) {
    ObjectWriter entry = root.append("models");
    put_summary(entry, *model);
  }
  return document;
}

ResultDocument model_card_document(const Catalog& catalog, const ModelSpec& model,
                                   std::string_view note) {
  ResultDocument document = listing(catalog, "models", "card", catalog.as_of());
  ObjectWriter root = document.root();
  if (!note.empty()) root.text("note", note);
  ObjectWriter card = root.object("model");
  put_summary(card, model);
  card.text("architecture", model.architecture);
  put_field(card, model, "hidden", model.hidden);
  put_field(card, model, "vocab", model.vocab);
  put_field(card, model, "layers", model.layer_count());
  if (model.mtp.layers > 0) put_field(card, model, "mtp_layers", model.mtp.layers);
  card.flag("tied_embeddings", model.tied_embeddings);
  put_texts(card, "aliases", model.aliases);
  put_source(card, model.source, model.confidence, "");
  put_texts(card, "notes", model.notes);
  root.list("layer_kinds");
  for (std::size_t k = 0; k < model.kinds.size(); ++k) {
    if (model.count_of(k) == 0) continue;
    ObjectWriter kind = root.append("layer_kinds");
    put_field(kind, model, "layers", model.count_of(k));
    put_attention(kind, model, model.kinds[k].attention);
    put_ffn(kind, model, model.kinds[k].ffn);
  }
  put_texts(root, "not_assessed", model.not_assessed);
  return document;
}

}  // namespace gpusize
