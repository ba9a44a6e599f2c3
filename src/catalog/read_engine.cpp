#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "catalog/profile_facts.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// One number of a profile: its key (unit in the name) and where it goes.
struct Field {
  std::string_view key;
  std::string_view unit;
  void (*set)(EngineProfile&, double);
};

constexpr std::array<Field, 40> kFields{{
    {"host_per_step_us", "us", [](EngineProfile& e, double v) { e.host_per_step = v * units::us; }},
    {"host_per_sequence_us", "us",
     [](EngineProfile& e, double v) { e.host_per_sequence = v * units::us; }},
    {"host_per_prefill_step_us", "us",
     [](EngineProfile& e, double v) { e.host_per_prefill_step = v * units::us; }},
    {"collective_wait_us", "us",
     [](EngineProfile& e, double v) { e.collective_wait = v * units::us; }},
    {"one_shot_limit_kib", "KiB",
     [](EngineProfile& e, double v) { e.one_shot_limit = v * units::KiB; }},
    {"request_overhead_ms", "ms",
     [](EngineProfile& e, double v) { e.request_overhead = v * units::ms; }},
    // Read from the facts where they are needed: by few formulas, and outside the search's loop.
    {"request_per_token_us", "us", [](EngineProfile&, double) {}},
    {"two_batch_overlap", "", [](EngineProfile&, double) {}},
    {"communication_units", "units", [](EngineProfile&, double) {}},
    {"front_end_ms", "ms", [](EngineProfile&, double) {}},
    {"library_overhead_ms", "ms", [](EngineProfile&, double) {}},
    {"prompts_ahead", "prompts", [](EngineProfile&, double) {}},
    {"train_tokens", "tokens", [](EngineProfile&, double) {}},
    {"attention_dp_wait_steps", "steps", [](EngineProfile&, double) {}},
    {"versions_to_year", "year", [](EngineProfile&, double) {}},
    {"rush_share", "ratio", [](EngineProfile&, double) {}},
    {"stream_token_us", "us", [](EngineProfile&, double) {}},
    {"stream_wait", "ratio", [](EngineProfile&, double) {}},
    {"eager_launch_us", "us", [](EngineProfile& e, double v) { e.eager_launch = v * units::us; }},
    {"latent_eager_launch_us", "us",
     [](EngineProfile& e, double v) { e.latent_eager_launch = v * units::us; }},
    {"elementwise_traffic", "ratio", [](EngineProfile& e, double v) { e.elementwise_traffic = v; }},
    {"elementwise_launches", "ratio",
     [](EngineProfile& e, double v) { e.elementwise_launches = v; }},
    {"quantise_launches", "ratio", [](EngineProfile& e, double v) { e.quantise_launches = v; }},
    {"routing_launches", "kernels", [](EngineProfile& e, double v) { e.routing_launches = v; }},
    {"row_reduction", "ratio", [](EngineProfile& e, double v) { e.row_reduction = v; }},
    {"gemm_rate", "ratio", [](EngineProfile& e, double v) { e.gemm_rate = v; }},
    {"score_bytes", "B", [](EngineProfile& e, double v) { e.score_bytes = v * units::B; }},
    {"packed_heads", "heads", [](EngineProfile& e, double v) { e.packed_heads = v; }},
    {"lone_token_ns", "ns",
     [](EngineProfile& e, double v) { e.lone_token = 1e-3 * v * units::us; }},
    {"memory_fraction", "ratio", [](EngineProfile& e, double v) { e.memory_fraction = v; }},
    {"kv_block_tokens", "tokens",
     [](EngineProfile& e, double v) { e.kv_block_tokens = static_cast<std::int64_t>(v); }},
    {"context_gib", "GiB", [](EngineProfile& e, double v) { e.context_bytes = v * units::GiB; }},
    {"graph_gib", "GiB", [](EngineProfile& e, double v) { e.graph_bytes = v * units::GiB; }},
    {"communication_gib", "GiB",
     [](EngineProfile& e, double v) { e.communication_bytes = v * units::GiB; }},
    {"communication_per_peer_gib", "GiB",
     [](EngineProfile& e, double v) { e.communication_per_peer = v * units::GiB; }},
    {"logit_entry_bytes", "B", [](EngineProfile& e, double v) { e.logit_entry = v * units::B; }},
    {"max_batched_tokens_large", "tokens",
     [](EngineProfile& e, double v) { e.max_batched_tokens_large = static_cast<std::int64_t>(v); }},
    {"max_batched_tokens_small", "tokens",
     [](EngineProfile& e, double v) { e.max_batched_tokens_small = static_cast<std::int64_t>(v); }},
    {"max_sequences_large", "sequences",
     [](EngineProfile& e, double v) { e.max_sequences_large = static_cast<std::int64_t>(v); }},
    {"max_sequences_small", "sequences",
     [](EngineProfile& e, double v) { e.max_sequences_small = static_cast<std::int64_t>(v); }},
}};

constexpr std::array<std::pair<std::string_view, MemoryRule>, 4> kRules{{
    {"all", MemoryRule::kAll},
    {"fraction-of-total", MemoryRule::kFractionOfTotal},
    {"static-fraction", MemoryRule::kStaticFraction},
    {"fraction-of-free", MemoryRule::kFractionOfFree},
}};

void read_flags(Node map, EngineProfile& engine, Diagnostics& out) {
  if (!map) return;
  MapReader flags(map, "flags", "cat", out);
  engine.bare_kernels = flags.boolean("bare_kernels").value_or(false);
  engine.continuous_batching = flags.boolean("continuous_batching").value_or(true);
  engine.chunked_prefill = flags.boolean("chunked_prefill").value_or(true);
  engine.prefill_first = flags.boolean("prefill_first").value_or(false);
  engine.unsplit_decode = flags.boolean("unsplit_decode").value_or(false);
  engine.row_scaled_gemm = flags.boolean("row_scaled_gemm").value_or(false);
  engine.unfused_experts = flags.boolean("unfused_experts").value_or(false);
  engine.splits_layers = flags.boolean("splits_layers").value_or(false);
  engine.cuda_graphs = flags.boolean("cuda_graphs").value_or(true);
  engine.narrow_kv = flags.boolean("narrow_kv").value_or(false);
  flags.reject_unknown();
}

std::int64_t read_multiple(MapReader& reader, std::string_view key) {
  constexpr double kMost = 4096.0;
  return reader.integer(key, {1.0, kMost}).value_or(1);
}

PaddingRule read_padding(Node node, const std::map<std::string, Source>& sources,
                         Diagnostics& out) {
  MapReader reader(node, "padding", "cat", out);
  PaddingRule rule;
  const std::string format = reader.required_text("format");
  if (const auto dtype = dtype_from(format)) {
    rule.padding.storage = *dtype;
  } else if (!format.empty()) {
    reader.error("format", fmt::format("unknown format \"{}\"", printable(format)), node);
  }
  rule.architectures = reader.texts("architectures");
  rule.kernels = reader.required_text("kernels");
  rule.padding.hidden = read_multiple(reader, "hidden_multiple");
  rule.padding.intermediate = read_multiple(reader, "intermediate_multiple");
  rule.padding.reduction_only = reader.boolean("reduction_only").value_or(false);
  rule.padding.scales = reader.boolean("scales").value_or(false);
  rule.source = source_named(sources, reader);
  rule.confidence = read_confidence(reader);
  rule.note = reader.text("note").value_or("");
  reader.reject_unknown();
  return rule;
}

void read_versions(MapReader& reader, EngineProfile& engine) {
  engine.version = reader.text("version").value_or("");
  const Node earlier = reader.node("earlier_of");
  if (!earlier) return;
  engine.earlier_of = earlier.text();
  engine.before = reader.required_text("before");
  engine.last_year = reader.required_integer("last_year", {2000.0, 2100.0});
}

}  // namespace

std::string_view name_of(MemoryRule rule) {
  for (const auto& [name, value] : kRules) {
    if (value == rule) return name;
  }
  return "all";
}

const EngineFact* EngineProfile::fact(std::string_view key) const { return find_fact(facts, key); }

const PaddingRule* EngineProfile::padding_of(Dtype storage, std::string_view architecture) const {
  for (const PaddingRule& rule : padding) {
    const auto& cards = rule.architectures;
    if (rule.padding.storage == storage &&
        std::find(cards.begin(), cards.end(), architecture) != cards.end())
      return &rule;
  }
  return nullptr;
}

std::optional<EngineProfile> read_engine(const Document& document, Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "engine", "cat", out);
  EngineProfile engine;
  reader.text("schema");
  engine.id = reader.required_text("id");
  engine.name = reader.required_text("name");
  read_versions(reader, engine);
  engine.aliases = reader.texts("aliases");
  engine.vendors = reader.texts("vendors");
  engine.architectures_excluded = reader.texts("architectures_excluded");
  const std::string rule = reader.required_text("memory_rule");
  const auto found =
      std::find_if(kRules.begin(), kRules.end(), [&](const auto& r) { return r.first == rule; });
  if (found != kRules.end()) {
    engine.memory_rule = found->second;
  } else {
    reader.error("memory-rule", fmt::format("unknown memory_rule \"{}\"", rule), document.root(),
                 "one of: all, fraction-of-total, static-fraction, fraction-of-free");
  }
  read_flags(reader.node("flags"), engine, out);
  const auto sources = read_sources(reader.required("sources"), out);
  read_profile_facts(reader.required("facts"), sources, kFields, "an engine profile", engine, out);
  if (const Node list = reader.node("expert_padding"); list && list.is_sequence()) {
    for (const Node node : list) engine.padding.push_back(read_padding(node, sources, out));
  }
  reader.reject_unknown();
  if (out.size() != before) return {};
  return engine;
}

}  // namespace gpusize
