#include "plan/shape_book.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// A field of the model's config as a symbol.
struct ConfigSymbol {
  std::string_view name;
  double (*get)(const ModelSpec& model, const LayerKind& kind);
};

constexpr auto kConfig = std::to_array<ConfigSymbol>({
    {"hidden", [](const ModelSpec& m, const LayerKind&) { return dbl(m.hidden); }},
    {"vocab", [](const ModelSpec& m, const LayerKind&) { return dbl(m.vocab); }},
    {"streams", [](const ModelSpec& m, const LayerKind&) { return dbl(m.hyper_connections); }},
    {"norms", [](const ModelSpec& m, const LayerKind&) { return dbl(m.norms_per_layer); }},
    {"norm_parts", [](const ModelSpec& m, const LayerKind&) { return m.norm_bias ? 2.0 : 1.0; }},
    {"positions", [](const ModelSpec& m, const LayerKind&) { return dbl(m.learned_positions); }},
    {"mtp_layers", [](const ModelSpec& m, const LayerKind&) { return dbl(m.mtp.layers); }},
    {"heads", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.heads); }},
    {"kv_heads", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.kv_heads); }},
    {"head_dim", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.head_dim); }},
    {"v_head_dim",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.v_head_dim); }},
    {"window", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.window); }},
    {"chunk", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.chunk); }},
    {"q_lora_rank",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.q_lora_rank); }},
    {"kv_lora_rank",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.kv_lora_rank); }},
    {"nope_dim", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.nope_dim); }},
    {"rope_dim", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.rope_dim); }},
    {"indexer_heads",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.indexer_heads); }},
    {"indexer_dim",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.indexer_dim); }},
    {"top_k", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.top_k); }},
    {"block", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.block); }},
    {"compress_ratio",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.compress_ratio); }},
    {"o_groups", [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.o_groups); }},
    {"o_lora_rank",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.o_lora_rank); }},
    {"linear_key_heads",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.linear_key_heads); }},
    {"linear_value_heads",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.linear_value_heads); }},
    {"linear_key_dim",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.linear_key_dim); }},
    {"linear_value_dim",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.linear_value_dim); }},
    {"conv_kernel",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.conv_kernel); }},
    {"state_bytes",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.attention.state_element_bytes); }},
    {"intermediate", [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.intermediate); }},
    {"matrices_in", [](const ModelSpec&, const LayerKind& k) { return k.ffn.gated ? 2.0 : 1.0; }},
    {"experts", [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.experts); }},
    {"top_k_experts", [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.top_k); }},
    {"expert_groups",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.expert_groups); }},
    {"group_limit", [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.group_limit); }},
    {"expert_intermediate",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.expert_intermediate); }},
    {"shared_intermediate",
     [](const ModelSpec&, const LayerKind& k) { return dbl(k.ffn.shared_intermediate); }},
});

bool same(double a, double b) {
  return std::fabs(a - b) <= 1e-10 * std::max(std::fabs(a), std::fabs(b));
}

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Names in a formula text, functions left out, each once.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_name_start(text[i])) {
      const bool number = is_name_char(text[i]);
      ++i;
      while (number && i < text.size() && is_name_char(text[i])) ++i;  // 1e9 holds no name
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_name_char(text[end])) ++end;
    std::string name(text.substr(i, end - i));
    const bool function = end < text.size() && text[end] == '(';
    if (!function && std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(std::move(name));
    i = end;
  }
  return out;
}

bool belongs(const ShapeText& text, std::string_view owner, std::string_view symbol) {
  return text.owner == owner && text.symbol == symbol;
}

/// A config field that the architecture does not have: a text that multiplies with it is another
/// architecture's. One residual stream is written as none.
bool is_absent(std::string_view name, const Derivation& symbol) {
  const bool field = std::any_of(kConfig.begin(), kConfig.end(),
                                 [&](const ConfigSymbol& c) { return c.name == name; });
  return field && symbol.value == 0.0 && name != "streams";
}

Why option(const Why& chosen, std::string_view label, double value, std::string_view name) {
  if (chosen != nullptr) return chosen;
  return why_input(std::string(label), value, "", std::string(name));
}

}  // namespace

const std::vector<ShapeText>& all_shape_texts() {
  static const std::vector<ShapeText> kAll = [] {
    std::vector<ShapeText> out;
    for (const auto texts : {attention_texts(), block_texts(), tensor_texts()}) {
      out.insert(out.end(), texts.begin(), texts.end());
    }
    return out;
  }();
  return kAll;
}

ShapeBook::ShapeBook(const Deployment& deployment, const StepShape& shape, const Chosen& chosen)
    : deployment_(deployment), shape_(shape), chosen_(chosen) {}

std::optional<Why> ShapeBook::chosen_symbol(std::string_view name) const {
  const Layout& l = deployment_.layout;
  if (name == "tp") return option(chosen_.tp, "tp", dbl(l.tp), "--tp");
  if (name == "pp") return option(chosen_.pp, "pp", dbl(l.pp), "--pp");
  if (name == "ep") return option(chosen_.ep, "ep", dbl(l.ep), "--ep");
  if (name == "dp") return option(chosen_.dp, "dp", dbl(l.dp), "--dp");
  if (name == "sequences")
    return option(chosen_.sequences, "sequences", shape_.sequences, "--batch");
  if (name == "q")
    return option(chosen_.query_tokens, "new tokens", shape_.query_tokens, "--new-tokens");
  if (name == "c")
    return option(chosen_.context_tokens, "cached tokens", shape_.context_tokens, "--context");
  if (name == "logit_rows") {
    return same(shape_.logit_rows, shape_.sequences)
               ? chosen_symbol("sequences")
               : why_count("logit rows", shape_.logit_rows, "rows with logits");
  }
  return {};
}

std::optional<Why> ShapeBook::config_symbol(std::string_view name, std::size_t kind) const {
  const ModelSpec& model = *deployment_.model;
  if (kind >= model.kinds.size()) return {};
  if (name == "layers") {
    const std::string label =
        model.kinds.size() == 1 ? "layers" : fmt::format("layers of kind {}", kind + 1);
    return config_why(model, label, dbl(model.count_of(kind)));
  }
  for (const ConfigSymbol& symbol : kConfig) {
    if (symbol.name == name)
      return config_why(model, std::string(name), symbol.get(model, model.kinds[kind]));
  }
  return {};
}

std::optional<Why> ShapeBook::format_symbol(std::string_view name) const {
  const Dtype kv = deployment_.kv;
  if (name == "node_gpus") {
    const GpuSpec& gpu = *deployment_.gpu;
    const bool domain = gpu.link_domain_gpus > gpu.node_gpus;
    const std::string_view key = domain ? "scaleup_domain_gpus" : "node_gpus";
    if (gpu.fact(key) != nullptr) return gpu_fact_why(gpu, key);
    return why_count("node_gpus", dbl(domain ? gpu.link_domain_gpus : gpu.node_gpus),
                     "GPUs of a node");
  }
  if (name == "kv_bytes") {
    return constant_why("kv_bytes", bytes_of(kv), "B",
                        fmt::format("one cached number in {}", name_of(kv)));
  }
  if (name == "kv_scale") {
    const bool scaled = kv == Dtype::kInt8 || kv == Dtype::kInt4;
    return constant_why(
        "kv_scale", scaled ? 4.0 : 0.0, "B",
        scaled ? "16-bit scale and zero point per vector (LMDeploy)" : "no scale is stored");
  }
  return {};
}

std::optional<Why> ShapeBook::find_symbol(std::string_view name, std::size_t kind) {
  const auto key = std::make_pair(std::string(name), kind);
  if (const auto known = symbols_.find(key); known != symbols_.end()) return known->second;
  std::optional<Why> found = chosen_symbol(name);
  if (!found) found = config_symbol(name, kind);
  if (!found) found = format_symbol(name);
  if (!found) {
    for (const ShapeText& text : all_shape_texts()) {
      if (belongs(text, "", name)) found = evaluate_text(text, std::string(name), kind);
      if (found) break;
    }
  }
  symbols_[key] = found;
  return found;
}

std::optional<Why> ShapeBook::evaluate_text(const ShapeText& text, std::string label,
                                            std::size_t kind) {
  WhyInputs inputs;
  for (const std::string& name : names_in(text.text)) {
    auto symbol = find_symbol(name, kind);
    if (!symbol || is_absent(name, **symbol)) return {};
    inputs.emplace_back(name, std::move(*symbol));
  }
  const auto value = evaluate(text.text, [&](std::string_view name) -> std::optional<double> {
    for (const auto& [symbol, why] : inputs) {
      if (symbol == name) return why->value;
    }
    return {};
  });
  if (!value.ok() || !std::isfinite(*value)) return {};
  const std::string id = text.owner.empty() ? fmt::format("shape.{}", text.symbol)
                                            : fmt::format("shape.{}.{}", text.owner, text.symbol);
  const Formula formula{id, text.text, "", "operator graph"};
  return why_formula(formula, std::move(label), *value, std::move(inputs));
}

Why ShapeBook::symbol(std::string_view name, std::size_t kind) {
  auto found = find_symbol(name, kind);
  GPUSIZE_CHECK(found.has_value(), fmt::format("no symbol {}", name));
  return *found;
}

std::optional<Why> ShapeBook::explain(std::string_view owner, std::string_view symbol, double value,
                                      std::size_t kind) {
  if (value == 0.0) return why_count(std::string(symbol), 0.0, fmt::format("{} has none", owner));
  for (const std::string_view place : {owner, std::string_view("*")}) {
    for (const ShapeText& text : all_shape_texts()) {
      if (!belongs(text, place, symbol)) continue;
      auto why = evaluate_text(text, std::string(symbol), kind);
      if (!why || !same((*why)->value, value)) continue;
      // A text that only names one symbol or number adds nothing to it.
      if (text.text == "0" || text.text == "1" || text.text == "2") {
        return why_count(std::string(symbol), value, fmt::format("{} of {}", symbol, owner));
      }
      if ((*why)->inputs.size() == 1 && (*why)->inputs.front().first == text.text)
        return (*why)->inputs.front().second;
      return why;
    }
  }
  return {};
}

Why ShapeBook::explain_any(std::string_view owner, std::string_view symbol, double value,
                           double layers) {
  const ModelSpec& model = *deployment_.model;
  for (const bool exact : {true, false}) {
    for (std::size_t kind = 0; kind < model.kinds.size(); ++kind) {
      if (exact && dbl(model.count_of(kind)) != layers) continue;
      if (auto why = explain(owner, symbol, value, kind)) return *why;
    }
  }
  return why_fact(fmt::format("{} of {}", symbol, owner), value, "", NumberKind::kEstimated,
                  model.source, model.confidence,
                  fmt::format("as the operator graph of {} has it", model.id));
}

}  // namespace gpusize
