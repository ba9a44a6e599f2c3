#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "catalog/profile_facts.hpp"
#include "gpusize/catalog/embedded.hpp"
#include "gpusize/catalog/framework.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// One number of a profile: its key (unit in the name) and where it goes.
struct Field {
  std::string_view key;
  std::string_view unit;
  void (*set)(FrameworkProfile&, double);
};

using F = FrameworkProfile;
constexpr std::array<Field, 22> kFields{{
    {"host_forward_us", "us", [](F& f, double v) { f.host_forward = v * units::us; }},
    {"host_backward_us", "us", [](F& f, double v) { f.host_backward = v * units::us; }},
    {"host_checkpoint_us", "us", [](F& f, double v) { f.host_checkpoint = v * units::us; }},
    {"host_adapter_us", "us", [](F& f, double v) { f.host_adapter = v * units::us; }},
    {"step_overhead_ms", "ms", [](F& f, double v) { f.step_overhead = v * units::ms; }},
    {"attention_forward", "ratio", [](F& f, double v) { f.attention_forward = v; }},
    {"attention_backward", "ratio", [](F& f, double v) { f.attention_backward = v; }},
    {"gemm_rate", "ratio", [](F& f, double v) { f.gemm_rate = v; }},
    {"elementwise_traffic", "ratio", [](F& f, double v) { f.elementwise_traffic = v; }},
    {"kept_logits_bytes", "B", [](F& f, double v) { f.kept_logits = v; }},
    {"forward_logits_bytes", "B", [](F& f, double v) { f.forward_logits = v; }},
    {"backward_logits_bytes", "B", [](F& f, double v) { f.backward_logits = v; }},
    {"dp_overlap", "ratio", [](F& f, double v) { f.dp_overlap = v; }},
    {"tp_overlap", "ratio", [](F& f, double v) { f.tp_overlap = v; }},
    {"ep_overlap", "ratio", [](F& f, double v) { f.ep_overlap = v; }},
    {"cp_overlap", "ratio", [](F& f, double v) { f.cp_overlap = v; }},
    {"free_routing", "ratio", [](F& f, double v) { f.free_routing = v; }},
    {"pipeline_buffers", "ratio", [](F& f, double v) { f.pipeline_buffers = v; }},
    {"scale_loss", "ratio", [](F& f, double v) { f.scale_loss = v; }},
    {"workspace_mib", "MiB", [](F& f, double v) { f.workspace = v * units::MiB; }},
    {"communicators_mib", "MiB", [](F& f, double v) { f.communicators = v * units::MiB; }},
    {"fragmentation", "ratio", [](F& f, double v) { f.fragmentation = v; }},
}};

void read_flags(Node map, FrameworkProfile& p, Diagnostics& out) {
  if (!map) return;
  MapReader flags(map, "flags", "cat", out);
  const auto flag = [&](std::string_view key) { return flags.boolean(key).value_or(false); };
  p.eager = flag("eager");
  p.persistent_gradients = flag("persistent_gradients");
  p.fp32_gradients = flag("fp32_gradients");
  p.sequence_parallel = flag("sequence_parallel");
  p.torch_allocator = flag("torch_allocator");
  p.fp32_adapters = flag("fp32_adapters");
  p.amp_default = flag("amp_default");
  p.sharded_default = flag("sharded_default");
  p.unfused_attention = flag("unfused_attention");
  p.unfused_sinks = flag("unfused_sinks");
  p.weights_before_down = flag("weights_before_down");
  flags.reject_unknown();
}

}  // namespace

const EngineFact* FrameworkProfile::fact(std::string_view key) const {
  return find_fact(facts, key);
}

std::optional<FrameworkProfile> read_framework(const Document& document, Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "framework", "cat", out);
  FrameworkProfile profile;
  reader.text("schema");
  profile.id = reader.required_text("id");
  profile.name = reader.required_text("name");
  profile.version = reader.text("version").value_or("");
  profile.aliases = reader.texts("aliases");
  profile.first_year = reader.integer("first_year").value_or(0);
  profile.last_year = reader.integer("last_year").value_or(9999);
  read_flags(reader.node("flags"), profile, out);
  const auto sources = read_sources(reader.required("sources"), out);
  read_profile_facts(reader.required("facts"), sources, kFields, "a framework", profile, out);
  reader.reject_unknown();
  if (out.size() != before) return {};
  return profile;
}

Result<std::vector<FrameworkProfile>> shipped_frameworks() {
  std::vector<FrameworkProfile> profiles;
  Diagnostics problems;
  for (const EmbeddedFile& file : embedded_files()) {
    const Document document(fmt::format("catalog:{}", file.path), file.nodes, file.pool);
    const Node schema = document.root().find("schema");
    if (!schema || schema.text() != "gpusize.framework/v1") continue;
    if (auto profile = read_framework(document, problems)) profiles.push_back(std::move(*profile));
  }
  if (has_errors(problems)) return problems;
  return profiles;
}

Result<const FrameworkProfile*> find_framework(const std::vector<FrameworkProfile>& profiles,
                                               std::string_view name) {
  const std::string wanted = normalise_name(name);
  std::vector<std::string> names;
  for (const FrameworkProfile& p : profiles) {
    names.push_back(p.id);
    names.insert(names.end(), p.aliases.begin(), p.aliases.end());
    for (const std::string& alias : names) {
      if (normalise_name(alias) == wanted) return &p;
    }
    names.clear();
  }
  for (const FrameworkProfile& p : profiles) names.push_back(p.id);
  return make_error("cat-unknown-framework",
                    fmt::format("unknown framework \"{}\"", printable(name)), {},
                    fmt::format("{} known: {}", did_you_mean(name, names), fmt::join(names, ", ")));
}

}  // namespace gpusize
