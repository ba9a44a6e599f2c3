#include "gpusize/gate/assess.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gate/compatibility.hpp"
#include "gate/formats_asked.hpp"
#include "gate/formulas.hpp"
#include "gpusize/catalog/engine_version.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

std::string last_part(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  const std::size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

void gap(Assessment& out, std::string code, std::string reason, Place place) {
  out.gaps.push_back({std::move(code), std::move(reason), out.said->file, place});
}

/// Engines whose division of memory the catalog does not know, with the reason.
struct OpaqueEngine {
  std::string_view id;
  std::string_view reason;
  bool keeps_weights;  ///< the checkpoint is loaded as it is: its size alone can be judged
};
constexpr auto kOpaqueEngines = std::to_array<OpaqueEngine>({
    {"tgi",
     "no memory profile of TGI: beyond its weights, it sizes the KV cache by a warm-up on the card",
     true},
    {"nim",
     "no memory profile of NIM: it picks engine, precision and memory split from its own profiles "
     "when it starts",
     false},
    {"triton+trtllm",
     "no memory profile of Triton's model repository: the engine was built with limits that the "
     "deployment does not state",
     false},
});

/// `{"method":"mtp",...}`, `MTP`, `EAGLE`: whether the model's own draft layers are loaded.
bool loads_draft_layers(const ServingArgs& a) {
  if (!a.speculative) return false;
  const std::string text = to_lower(a.speculative->value);
  return text.find("mtp") != std::string::npos || text == "nextn" ||
         (text.find("eagle") == 0 && text.find("model") == std::string::npos);
}

/// Why the card cannot run the formats, by its peaks or by the dated rules.
std::optional<std::string> refused_format(const CompatTable& table, const Deployment& d) {
  auto problem = format_problem(d.weights, d.kv, *d.gpu);
  return problem ? problem : forbidden_format(table, *d.gpu, d.weights);
}

}  // namespace

namespace {

/// An instance type without its size: `g5.12xlarge` to `g5`, `a3-highgpu-8g` to `a3-highgpu`,
/// `ND96isr_H100_v5` to `ndisrh100v5`. Sizes of a family differ in the number of cards.
std::string instance_family(std::string_view name) {
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos)
    return to_lower(name.substr(0, dot + 1));
  const std::size_t dash = name.rfind('-');
  if (dash != std::string_view::npos && name.find('-') != dash)
    return to_lower(name.substr(0, dash + 1));
  std::string out;
  bool in_size = true;
  for (const char c : to_lower(name)) {
    if (c == '_' || c == ' ') {
      in_size = false;
    } else if (!(in_size && c >= '0' && c <= '9')) {
      out.push_back(c);
    }
  }
  return out;
}

/// Azure writes the type with this in front where others leave it out.
std::string_view plain_instance(std::string_view name) {
  constexpr std::string_view kPrefix = "standard_";
  return to_lower(name.substr(0, kPrefix.size())) == kPrefix ? name.substr(kPrefix.size()) : name;
}

}  // namespace

Assessor::Assessor(const Catalog& catalog, AssessDefaults defaults)
    : catalog_(catalog), defaults_(std::move(defaults)) {
  for (const CloudQuote& quote : catalog.quotes()) {
    if (quote.instance.empty()) continue;
    instances_.emplace(normalise_name(quote.instance), quote.gpu);
    const auto [known, is_new] = families_.emplace(instance_family(quote.instance), quote.gpu);
    if (!is_new && known->second != quote.gpu) known->second.clear();
  }
}

std::optional<std::string> Assessor::instance_gpu(const DeployedWorkload& w) const {
  const std::string_view name = plain_instance(w.gpu->value);
  const auto found = instances_.find(normalise_name(std::string(name)));
  if (found != instances_.end()) return found->second;
  if (w.gpu_key.find("instance-type") == std::string::npos) return {};
  const auto family = families_.find(instance_family(name));
  if (family == families_.end() || family->second.empty()) return {};
  return family->second;
}

void Assessor::resolve_model(Assessment& out) const {
  const DeployedWorkload& w = *out.said;
  std::vector<std::string> names;
  const auto mapped = [&](const std::string& name) {
    const auto it = defaults_.model_names.find(name);
    return it == defaults_.model_names.end() ? std::string() : it->second;
  };
  const std::string written = w.args.model ? w.args.model->value : "";
  for (const std::string& name :
       {written, w.args.served_name ? w.args.served_name->value : std::string()}) {
    if (const std::string other = mapped(name); !name.empty() && !other.empty())
      names.push_back(other);
  }
  if (const auto said = w.annotations.find("model"); said != w.annotations.end())
    names.push_back(said->second.value);
  if (!written.empty()) {
    names.push_back(written);
    if (written.find('/') != std::string::npos) names.push_back(last_part(written));
  }
  if (w.args.served_name) {
    names.push_back(w.args.served_name->value);
    names.push_back(last_part(w.args.served_name->value));
  }
  for (const std::string& name : names) {
    const auto known = models_.find(name);
    if (known != models_.end()) {
      if (known->second == nullptr) continue;
      out.model = known->second;
      return;
    }
    const auto found = catalog_.find_model(name);
    models_[name] = found.ok() ? found->entry : nullptr;
    if (!found.ok()) continue;
    out.model = found->entry;
    if (!found->note.empty()) out.notes.push_back(found->note);
    return;
  }
  const Place place = w.args.model ? w.args.model->place : w.place;
  if (names.empty()) {
    gap(out, "GS901", fmt::format("{} names no model", w.name.empty() ? w.kind : w.name), place);
  } else {
    gap(out, "GS901",
        fmt::format("model \"{}\" is not in the catalog; name it with the annotation "
                    "gpusize.dev/model or --model-map",
                    names.front()),
        place);
  }
}

void Assessor::resolve_gpu(Assessment& out) const {
  const DeployedWorkload& w = *out.said;
  std::string name = w.gpu ? w.gpu->value : defaults_.gpu;
  const Place place = w.gpu ? w.gpu->place : w.place;
  const bool is_slice = w.gpu_resource && w.gpu_resource->value.starts_with("nvidia.com/mig-");
  if (!name.empty()) {
    if (const auto card = w.gpu ? instance_gpu(w) : std::nullopt) name = *card;
    const std::size_t mig = name.find("-MIG-");
    const std::size_t shared = name.find("-SHARED");
    auto found = catalog_.find_gpu(name.substr(0, std::min(mig, shared)));
    if (!found.ok() && to_lower(name).starts_with("nvidia-"))
      found = catalog_.find_gpu(name.substr(7));
    if (found.ok()) {
      out.gpu = found->entry;
      if (!found->note.empty()) out.notes.push_back(found->note);
    }
  }
  const std::string profile = is_slice ? w.gpu_resource->value.substr(15) : std::string();
  if (is_slice && out.gpu == nullptr) {
    // The profile's name may say the card by itself.
    std::vector<const GpuSpec*> cards;
    for (const GpuSpec& card : catalog_.gpus()) {
      for (const MigProfile& p : card.mig_profiles) {
        if (p.name == profile) cards.push_back(&card);
      }
    }
    if (cards.size() == 1) out.gpu = cards.front();
  }
  if (out.gpu == nullptr) {
    if (name.empty()) {
      gap(out, "GS905",
          fmt::format("{} states no GPU type; give --gpu, the annotation gpusize.dev/gpu or a "
                      "comment \"# gpusize: gpu=...\"",
                      w.name.empty() ? w.kind : w.name),
          place);
    } else {
      gap(out, "GS905", fmt::format("\"{}\" is no card of the catalog", name), place);
    }
    return;
  }
  if (!is_slice) return;
  for (const MigProfile& p : out.gpu->mig_profiles) {
    if (p.name != profile) continue;
    auto slice = std::make_shared<GpuSpec>(*out.gpu);
    slice->memory =
        p.memory_reported_gib ? *p.memory_reported_gib * units::GiB : p.memory_label_gb * units::GB;
    slice->id = out.gpu->id + " MIG " + profile;
    out.slice = std::move(slice);
    out.gpu = out.slice.get();
    return;
  }
  gap(out, "GS905",
      fmt::format("{} has no MIG profile \"{}\" in the catalog", out.gpu->id, profile), place);
  out.gpu = nullptr;
}

void Assessor::resolve_layout(Assessment& out) const {
  const DeployedWorkload& w = *out.said;
  const ServingArgs& a = w.args;
  for (const UnresolvedValue& u : w.unresolved) {
    const bool degree = u.what.find("parallel") != std::string::npos || u.what == "tp" ||
                        u.what == "pp" || u.what == "dp" || u.what == "ep";
    if (degree) return;  // said already
  }
  const auto value = [](const Stated<std::int64_t>& s) {
    return s ? std::max<std::int64_t>(1, s->value) : std::int64_t{1};
  };
  Layout layout;
  layout.tp = value(a.tp);
  layout.pp = value(a.pp);
  const bool attention_dp = a.attention_dp && a.attention_dp->value;
  if (w.engine == "sglang" && attention_dp && layout.tp % value(a.dp) == 0) {
    layout.dp = value(a.dp);
    layout.tp /= layout.dp;
  } else if (w.engine == "tensorrt-llm" && attention_dp) {
    layout.dp = layout.tp;
    layout.tp = 1;
  } else if (w.engine == "vllm") {
    layout.dp = value(a.dp);
  }
  const bool moe = out.model != nullptr && out.model->has_experts();
  if (moe && a.expert_parallel && a.expert_parallel->value) layout.ep = layout.tp * layout.dp;
  if (moe && a.ep && (layout.tp * layout.dp) % a.ep->value == 0) layout.ep = a.ep->value;
  // llama.cpp spreads layers over all cards it sees; NIM and TGI take all of them for one model.
  if (w.gpus_per_pod && !a.tp && !a.pp) {
    if (w.engine == "llama-cpp") layout.pp = w.gpus_per_pod->value;
    if (w.engine == "nim" || w.engine == "tgi") layout.tp = w.gpus_per_pod->value;
  }
  constexpr std::int64_t kMost = 4096;
  if (layout.tp < 1 || layout.tp > kMost || layout.pp > kMost || layout.dp > kMost || layout.pp < 1)
    return;
  out.layout = layout;
  if (out.model != nullptr) out.layout_problem = check_layout(*out.model, layout);
}

void Assessor::judge_memory(Assessment& out) {
  const DeployedWorkload& w = *out.said;
  const ServingArgs& a = w.args;
  std::string engine_name = w.engine;
  const std::optional<std::string> asked = weights_asked(a);
  if (!asked) {
    gap(out, "GS902",
        fmt::format("how many bytes --quantization {} makes of the weights is not known",
                    printable(a.quantization->value)),
        a.quantization->place);
    return;
  }
  out.weights = *asked;
  for (const OpaqueEngine& opaque : kOpaqueEngines) {
    if (w.engine != opaque.id) continue;
    if (opaque.keeps_weights) judge_weights_alone(out);
    gap(out, "GS906", std::string(opaque.reason), w.engine_place);
    return;
  }
  if (engine_name == "llama-cpp") engine_name = "llama.cpp";
  const auto engine = catalog_.find_engine(engine_name);
  if (!engine.ok()) {
    gap(out, "GS906", fmt::format("no memory profile of engine \"{}\"", w.engine), w.engine_place);
    return;
  }
  out.engine = &engine_in_version(catalog_, *engine->entry,
                                  w.engine_version ? w.engine_version->value : "", {});
  const std::string kv = kv_asked(a);
  const std::string key = fmt::format(
      "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", out.model->id, out.gpu->id, out.engine->id,
      describe(*out.layout), out.weights, kv, a.memory_fraction ? a.memory_fraction->value : -1.0,
      a.max_batched_tokens ? a.max_batched_tokens->value : -1,
      a.max_num_seqs ? a.max_num_seqs->value : -1, a.max_model_len ? a.max_model_len->value : -1,
      loads_draft_layers(a), w.engine_version ? w.engine_version->value : "");
  if (const auto known = memo_.find(key); known != memo_.end() && out.slice == nullptr) {
    out.memory = known->second;
    out.format_problem = format_memo_[key];
    return;
  }
  const auto weights = resolve_weights(*out.model, out.weights, *out.gpu, out.engine);
  const auto kv_dtype = resolve_kv(*out.model, kv, *out.gpu);
  if (!weights.ok() || !kv_dtype.ok()) {
    const Place place = a.quantization     ? a.quantization->place
                        : a.kv_cache_dtype ? a.kv_cache_dtype->place
                                           : w.place;
    gap(out, "GS902", (weights.ok() ? kv_dtype.errors() : weights.errors()).front().message, place);
    return;
  }
  auto made = std::make_shared<ReplicaMemory>();
  Deployment& d = made->replica;
  d.model = out.model;
  d.gpu = out.gpu;
  d.engine = out.engine;
  d.rates = &catalog_.rates_for(*out.gpu);
  d.weights = weights->plan;
  d.kv = *kv_dtype;
  d.layout = *out.layout;
  if (a.memory_fraction && a.memory_fraction->value > 0.0 && a.memory_fraction->value <= 1.0)
    d.memory_fraction = a.memory_fraction->value;
  if (a.max_batched_tokens && a.max_batched_tokens->value > 0)
    d.max_batched_tokens = a.max_batched_tokens->value;
  if (a.max_num_seqs && a.max_num_seqs->value > 0) d.max_sequences = a.max_num_seqs->value;
  d.load_mtp = loads_draft_layers(a) && out.model->mtp.layers > 0;
  out.format_problem = refused_format(catalog_.compat(), d);
  fill_memory(*made, w);
  out.memory = made;
  memo_[key] = made;
  format_memo_[key] = out.format_problem;
}

void Assessor::judge_weights_alone(Assessment& out) const {
  const auto weights = resolve_weights(*out.model, out.weights, *out.gpu, nullptr);
  if (!weights.ok()) return;
  Deployment d;
  d.model = out.model;
  d.gpu = out.gpu;
  d.rates = &catalog_.rates_for(*out.gpu);
  d.weights = weights->plan;
  d.layout = *out.layout;
  const Bytes bytes = weight_bytes_per_gpu(*d.model, d.weights, d.layout, false).total();
  out.weights_alone = FindingNumber{bytes.in(units::B), why_weights(d, {}, {})};
  out.format_problem = refused_format(catalog_.compat(), d);
}

Assessment Assessor::assess(const DeployedWorkload& said) {
  Assessment out;
  out.said = &said;
  if (!said.skipped.empty()) {
    gap(out, "GS903",
        fmt::format("{} is an accelerator that gpusize does not judge here", said.skipped),
        said.place);
    return out;
  }
  for (const UnresolvedValue& u : said.unresolved)
    gap(out, "GS902", fmt::format("{} is \"{}\", which only a run could tell", u.what, u.variable),
        u.place);
  if (said.training) {
    gap(out, "GS903", "a training launch: its memory is judged by gpusize train",
        said.engine_place);
    return out;
  }
  if (said.engine.empty()) {
    gap(out, "GS903", "GPUs are requested, but the command is no engine known",
        said.gpu_resource ? said.gpu_resource->place : said.place);
    return out;
  }
  resolve_model(out);
  resolve_gpu(out);
  resolve_layout(out);
  if (out.gpu != nullptr) resolve_compatibility(catalog_.compat(), out);
  if (out.model != nullptr && out.gpu != nullptr && out.layout && out.layout_problem.feasible())
    judge_memory(out);
  return out;
}

}  // namespace gpusize
