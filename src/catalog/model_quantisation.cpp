// quantization_config to storage schemes per role.

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "catalog/model_families.hpp"
#include "catalog/module_patterns.hpp"
#include "catalog/quantisation_names.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// A recipe before it is applied to modules.
struct Recipe {
  TensorQuant standard;  ///< of every linear layer not named otherwise
  std::vector<std::pair<ModulePatterns, TensorQuant>> named;  ///< quantized_layers
  bool only_named = false;
  bool experts_only = false;
  ModulePatterns excluded;
  bool fp4_experts = false;  ///< V4: experts apart from the rest
  TensorQuant main_experts;
  TensorQuant mtp_experts;
};

std::int64_t whole(Node map, std::string_view key, std::int64_t otherwise) {
  const Node node = map.find(key);
  const auto value = node ? node.integer() : std::nullopt;
  return value && *value > 0 && *value <= 1'000'000 ? *value : otherwise;
}

std::string word(Node map, std::string_view key) {
  const Node node = map.find(key);
  return node && node.is_scalar() && !node.is_null() ? to_lower(node.text()) : "";
}

std::optional<TensorQuant> quant_of_algo(std::string_view algo) {
  const std::string name = to_lower(algo);
  if (name == "nvfp4") return default_quant(QuantMethod::kNvfp4);
  if (name == "w4a16_nvfp4" || name == "nvfp4_awq") {
    TensorQuant q = default_quant(QuantMethod::kNvfp4);
    q.weight_only = name.starts_with("w4a16");
    return q;
  }
  if (name == "fp8") return default_quant(QuantMethod::kFp8Tensor);
  if (name == "fp8_pb_wo" || name == "fp8_block_scales")
    return default_quant(QuantMethod::kFp8Block);
  if (name == "mxfp8") return default_quant(QuantMethod::kMxfp8);
  if (name == "w4a16_awq" || name == "w4a8_awq") return default_quant(QuantMethod::kAwq);
  if (name == "int8_sq" || name == "w8a8_sq_per_channel") return default_quant(QuantMethod::kInt8);
  return {};
}

TensorQuant fp8_of(Node map, bool byte_scales) {
  const Node block = map.find("weight_block_size");
  if (!block || !block.is_sequence() || block.size() != 2)
    return default_quant(QuantMethod::kFp8Tensor);
  TensorQuant q = default_quant(QuantMethod::kFp8Block);
  std::array<std::int64_t, 2> sizes{128, 128};
  std::size_t i = 0;
  for (const Node item : block) {
    const std::int64_t size = item.integer().value_or(128);
    sizes.at(i++) = size > 0 && size <= 1'000'000 ? size : 128;
  }
  q.block_rows = sizes[0];
  q.block_cols = sizes[1];
  if (byte_scales) q.scale_bytes = 1.0;
  return q;
}

/// compressed-tensors: the first group's weights (github.com/neuralmagic/compressed-tensors).
std::optional<TensorQuant> compressed_of(Node map) {
  const Node groups = map.find("config_groups");
  if (!groups || !groups.is_map() || groups.size() == 0) return {};
  const Node first = *groups.begin();
  const Node weights = first.find("weights");
  if (!weights || !weights.is_map()) return {};
  const std::int64_t bits = whole(weights, "num_bits", 0);
  const bool is_float = word(weights, "type") == "float";
  const Node activations = first.find("input_activations");
  const bool weight_only = !activations || activations.is_null();
  const std::string strategy = word(weights, "strategy");
  TensorQuant q;
  if (bits == 4) {
    q = default_quant(is_float ? QuantMethod::kNvfp4 : QuantMethod::kInt4Group);
    q.group = whole(weights, "group_size", is_float ? 16 : 128);
  } else if (bits == 8) {
    const QuantMethod fp8 = strategy == "tensor"  ? QuantMethod::kFp8Tensor
                            : strategy == "block" ? QuantMethod::kFp8Block
                                                  : QuantMethod::kFp8Channel;
    q = default_quant(is_float ? fp8 : QuantMethod::kInt8);
  } else {
    return {};
  }
  q.weight_only = weight_only;
  return q;
}

std::optional<TensorQuant> grouped_of(Node map, QuantMethod method) {
  if (whole(map, "bits", whole(map, "w_bit", 4)) != 4) return {};
  TensorQuant q = default_quant(method);
  q.group = whole(map, "group_size", whole(map, "q_group_size", 128));
  return q;
}

std::optional<TensorQuant> standard_of(FamilyContext& c, Node map) {
  const std::string method = word(map, "quant_method");
  const std::string algo = word(map, "quant_algo");
  if (method == "fp8") return fp8_of(map, c.spec.mtp.style == MtpStyle::kSplitProjection);
  if (method == "fbgemm_fp8") return default_quant(QuantMethod::kFp8Channel);
  if (method == "awq" || method == "awq_marlin") return grouped_of(map, QuantMethod::kAwq);
  if (method == "gptq" || method == "gptq_marlin") return grouped_of(map, QuantMethod::kGptq);
  if (method == "mxfp4") return default_quant(QuantMethod::kMxfp4);
  if (method == "compressed-tensors") return compressed_of(map);
  if (method.starts_with("modelopt")) {
    if (algo == "mixed_precision") return default_quant(QuantMethod::kNone);
    auto q = quant_of_algo(algo.empty() && method == "modelopt_fp4" ? "nvfp4" : algo);
    if (q && q->method == QuantMethod::kNvfp4) q->group = whole(map, "group_size", q->group);
    return q;
  }
  return {};
}

void read_exclusions(FamilyContext& c, Node map, Recipe& recipe) {
  for (const std::string_view key :
       {"modules_to_not_convert", "ignore", "exclude_modules", "ignored_layers"}) {
    const Node list = map.find(key);
    if (!list || !list.is_sequence()) continue;
    for (const Node item : list) {
      if (item.is_scalar()) recipe.excluded.add(item.text());
    }
  }
  for (const std::string& text : recipe.excluded.not_understood()) {
    c.leave_out(fmt::format(
        "quantization_config: the expression \"{}\" was not understood and excludes nothing",
        text));
  }
}

void read_named(FamilyContext& c, Node map, Recipe& recipe) {
  const Node named = map.find("quantized_layers");
  if (!named || !named.is_map() || named.size() == 0) return;
  recipe.only_named = true;
  std::map<std::string, std::size_t> index;
  for (const Node entry : named) {
    const Node inner = entry.is_map() ? entry.find("quant_algo") : entry;
    const std::string algo = inner && inner.is_scalar() ? std::string(inner.text()) : "";
    const auto quant = quant_of_algo(algo);
    if (!quant) {
      c.leave_out(
          fmt::format("quantized_layers: \"{}\" is not a known scheme; read as unquantised", algo));
      continue;
    }
    const auto [found, is_new] = index.emplace(algo, recipe.named.size());
    if (is_new) recipe.named.emplace_back(ModulePatterns{}, *quant);
    recipe.named[found->second].first.add(entry.key());
  }
}

/// V4 stores experts apart from the rest: FP4 by `expert_dtype`, or NVFP4 by the vendor's recipe.
void read_v4_experts(FamilyContext& c, Node map, Recipe& recipe) {
  recipe.excluded = {};  // the vendor's list names what stays FP8
  recipe.named.clear();
  recipe.only_named = false;
  recipe.fp4_experts = true;
  TensorQuant fp4 = default_quant(QuantMethod::kMxfp4);
  fp4.weight_only = false;
  fp4.fp8_activations = true;
  const bool fp4_experts = c.config.word("expert_dtype") == "fp4";
  recipe.main_experts = recipe.mtp_experts = fp4_experts ? fp4 : recipe.standard;
  if (word(map, "moe_quant_algo") == "nvfp4")
    recipe.main_experts = default_quant(QuantMethod::kNvfp4);
}

TensorQuant scheme_of(const Recipe& r, TensorRole role, const std::string& module, bool mtp) {
  if (r.fp4_experts)
    return role == TensorRole::kExpert ? (mtp ? r.mtp_experts : r.main_experts) : r.standard;
  if (r.experts_only && role != TensorRole::kExpert) return {};
  if (r.excluded.matches(module)) return {};
  for (const auto& [patterns, quant] : r.named) {
    if (patterns.matches(module)) return quant;
  }
  return r.only_named ? TensorQuant{} : r.standard;
}

/// How many modules of one role each scheme has.
using Tally = std::vector<std::pair<TensorQuant, std::int64_t>>;

void count(Tally& tally, const TensorQuant& quant) {
  const auto found =
      std::find_if(tally.begin(), tally.end(), [&](const auto& t) { return t.first == quant; });
  if (found == tally.end()) {
    tally.emplace_back(quant, 1);
  } else {
    ++found->second;
  }
}

/// One scheme per role: the one that most of its modules have.
TensorQuant choose(FamilyContext& c, TensorRole role, const Tally& tally) {
  if (tally.empty()) return {};
  const auto most = std::max_element(
      tally.begin(), tally.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  if (tally.size() > 1) {
    std::int64_t all = 0;
    for (const auto& t : tally) all += t.second;
    c.leave_out(fmt::format(
        "quantization_config: {} of {} {} modules are stored otherwise; all are taken as {}",
        all - most->second, all, name_of(role), name_of(most->first.method)));
  }
  return most->first;
}

void apply(FamilyContext& c, const Recipe& recipe) {
  std::array<Tally, kTensorRoles> main;
  std::array<Tally, kTensorRoles> mtp;
  const auto visit = [&](auto& tallies, std::int64_t layer, bool is_mtp) {
    visit_modules(c.spec, layer, is_mtp, [&](TensorRole role, const std::string& module) {
      count(tallies.at(static_cast<std::size_t>(role)), scheme_of(recipe, role, module, is_mtp));
    });
  };
  for (std::int64_t i = 0; i < c.spec.layer_count(); ++i) visit(main, i, false);
  if (c.spec.mtp.layers > 0) visit(mtp, 0, true);
  for (std::size_t r = 0; r < kTensorRoles; ++r) {
    c.spec.quant.roles.at(r) = choose(c, static_cast<TensorRole>(r), main.at(r));
    c.spec.quant.mtp_roles.at(r) = choose(c, static_cast<TensorRole>(r), mtp.at(r));
  }
  // e_proj and h_proj of V4 are FP8; a head is quantised only where a recipe names it.
  if (c.spec.mtp.style == MtpStyle::kSplitProjection) {
    c.spec.quant.mtp_roles.at(static_cast<std::size_t>(TensorRole::kMtp)) = recipe.standard;
  }
  for (const auto& [patterns, quant] : recipe.named) {
    if (patterns.matches("lm_head"))
      c.spec.quant.roles.at(static_cast<std::size_t>(TensorRole::kLmHead)) = quant;
  }
}

void read_kv_format(FamilyContext& c, Node map) {
  const std::string algo = word(map, "kv_cache_quant_algo");
  const Node scheme = map.find("kv_cache_scheme");
  const bool eight_bits = scheme && scheme.is_map() && whole(scheme, "num_bits", 0) == 8;
  if (algo == "fp8" || (eight_bits && word(scheme, "type") == "float"))
    c.spec.quant.kv_dtype = Dtype::kFp8;
  if (algo == "nvfp4") c.spec.quant.kv_dtype = Dtype::kNvfp4;
}

QuantMethod headline(const QuantSpec& quant) {
  for (const TensorRole role :
       {TensorRole::kExpert, TensorRole::kDenseFfn, TensorRole::kAttention}) {
    if (quant.of(role).method != QuantMethod::kNone) return quant.of(role).method;
  }
  return QuantMethod::kNone;
}

}  // namespace

void read_quantisation(FamilyContext& c) {
  const Node map = c.config.node_or_outer("quantization_config");
  if (!map) return;
  if (!map.is_map()) {
    c.config.error("type", "\"quantization_config\" must be a map", map);
    return;
  }
  const auto standard = standard_of(c, map);
  if (!standard) {
    c.leave_out(
        fmt::format("quantization_config: method \"{}\" is not known in this form; weights are "
                    "taken as unquantised",
                    word(map, "quant_method")));
    return;
  }
  Recipe recipe;
  recipe.standard = *standard;
  recipe.experts_only = standard->method == QuantMethod::kMxfp4;
  read_exclusions(c, map, recipe);
  read_named(c, map, recipe);
  if (c.spec.mtp.style == MtpStyle::kSplitProjection) read_v4_experts(c, map, recipe);
  apply(c, recipe);
  read_kv_format(c, map);
  c.spec.quant.method = headline(c.spec.quant);
}

}  // namespace gpusize
