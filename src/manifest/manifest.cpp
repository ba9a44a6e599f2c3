#include "gpusize/manifest/manifest.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/read_result.hpp"
#include "manifest/selection.hpp"
#include "manifest/serving_data.hpp"
#include "manifest/settings.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kLeastGrace = 30;

Result<EngineServing> find_serving(const ServingData& data, const OptionFields& option,
                                   const std::string& vendor, const std::string& image) {
  bool known = false;
  for (const EngineServing& row : data.engines) {
    if (row.profile != option.engine) continue;
    known = true;
    if (row.vendor == vendor) return row;
  }
  if (known && !image.empty()) {
    for (EngineServing row : data.engines) {
      if (row.profile == option.engine) return row;
    }
  }
  if (known)
    return make_error("manifest-image",
                      fmt::format("no image of {} for cards of {} is known", option.engine, vendor),
                      {}, "name one: --image REPOSITORY:TAG");
  return make_error(
      "manifest-engine", fmt::format("no deployment of {} is written", printable(option.engine)),
      {},
      "engines: vllm, sglang, tensorrt-llm; gpusize plan --engine vllm plans with one "
      "of them");
}

/// Nodes of a replica and cards of each.
std::optional<Diagnostic> set_nodes(Manifest& m) {
  const std::int64_t gpus = m.settings.layout.gpus();
  const std::int64_t node = std::max<std::int64_t>(1, m.card.node_gpus);
  m.nodes = (gpus + node - 1) / node;
  if (gpus % m.nodes != 0) {
    return make_error(
        "manifest-layout",
        fmt::format("{} GPUs of a replica do not divide over nodes of {}", gpus, node));
  }
  m.gpus_per_node = gpus / m.nodes;
  return {};
}

void set_scaling(Manifest& m, const OptionFields& option, const PlanRequest& plan) {
  const std::int64_t per_replica = m.nodes * m.gpus_per_node;
  m.scaling.least = std::clamp<std::int64_t>(
      static_cast<std::int64_t>(std::ceil(plan.qps / option.replica_capacity - 1e-12)), 1,
      m.replicas);
  m.scaling.most = m.replicas + option.spare_gpus / std::max<std::int64_t>(1, per_replica);
  m.scaling.in_flight = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::floor(option.max_batch / (1.0 + plan.headroom))));
}

void set_start(Manifest& m, const OptionFields& option, const ServingData& data,
               const ManifestRequest& request) {
  m.start.weight_gb = option.weight_bytes * static_cast<double>(m.gpus_per_node) / 1e9;
  m.start.load_gb_s = request.load_gb_s.value_or(data.load_gb_s.value);
  m.start.source = request.load_gb_s ? "--load-gb-s" : data.load_gb_s.source.title;
  m.start.start_s = data.start_s.value;
  m.start.margin = data.start_margin.value;
  m.shared_memory_gib = static_cast<std::int64_t>(
      std::ceil(data.shared_memory_gib_per_gpu.value * static_cast<double>(m.gpus_per_node)));
  m.grace_s = std::max(kLeastGrace, static_cast<std::int64_t>(std::ceil(option.e2e_ms / 1000.0)));
}

std::optional<Diagnostic> set_model(Manifest& m, const Catalog& catalog, const ModelSpec& model,
                                    const ManifestRequest& request) {
  const auto known = catalog.find_model(model.id);
  if (known.ok() && known->entry->id == model.id) m.model_id = model.id;
  m.settings.checkpoint = !request.checkpoint.empty() ? request.checkpoint : model.hf_repo;
  if (m.settings.checkpoint.empty() && !m.model_id.empty()) m.settings.checkpoint = m.model_id;
  if (m.settings.checkpoint.empty()) {
    return make_error("manifest-checkpoint",
                      "the plan's model is a file, which names no checkpoint", {},
                      "name it: --checkpoint ORG/NAME or a path in the container");
  }
  for (const std::string* text : {&m.settings.checkpoint, &m.image}) {
    if (is_plain_reference(*text)) continue;
    return make_error("manifest-reference",
                      fmt::format("\"{}\" is no name of a checkpoint or image", printable(*text)),
                      {}, "letters, digits and . _ - / : @ + ~ =");
  }
  m.name = label_name(request.name.empty() ? model.id : request.name);
  return {};
}

std::string summary_of(const Manifest& m, const OptionFields& option, const PlanRequest& plan,
                       std::int64_t rank) {
  return fmt::format("{}: {} {} of {} on {} x {} ({}), option {} of a plan for {:g} requests/s",
                     m.name, m.replicas, m.replicas == 1 ? "replica" : "replicas",
                     describe(m.settings.layout), m.gpus(), option.gpu, m.engine, rank, plan.qps);
}

}  // namespace

Result<Node> plan_option(const Document& plan, std::int64_t rank) {
  const auto result = read_result(plan);
  if (!result.ok()) return result.errors();
  const std::string command(plan.root().find("command").text());
  if (command != "plan" && command != "train") {
    return make_error("manifest-not-a-plan",
                      fmt::format("a result of {}, not of plan or train", printable(command)),
                      {plan.file(), 0, 0}, "gpusize plan ... --format json > plan.json");
  }
  const Node options = plan.root().find("options");
  const auto count = static_cast<std::int64_t>(options.size());
  if (count == 0) {
    return make_error("manifest-infeasible", "the plan is infeasible: there is no option to write",
                      {plan.file(), 0, 0}, "its rejected[] say what failed");
  }
  if (rank < 1 || rank > count) {
    return make_error("manifest-rank", fmt::format("no option {}: the plan has {}", rank, count),
                      {plan.file(), 0, 0},
                      fmt::format("--rank 1 to {}; gpusize plan --top N shows more", count));
  }
  auto at = options.begin();
  for (std::int64_t i = 1; i < rank; ++i) ++at;
  return *at;
}

Result<Manifest> make_manifest(const Catalog& catalog, const ModelSpec& model, const Document& plan,
                               const ManifestRequest& request) {
  const auto node = plan_option(plan, request.rank);
  if (!node.ok()) return node.errors();
  const auto inputs = read_plan_request(plan.root().find("inputs"));
  if (!inputs.ok()) return inputs.errors();
  Diagnostics problems;
  const OptionFields option = read_option(*node, problems);
  if (has_errors(problems)) return problems;
  const auto card = find_card(catalog, option.gpu);
  if (!card.ok()) return card.errors();
  const auto data = read_serving_data(catalog);
  if (!data.ok()) return data.errors();
  const auto serving = find_serving(*data, option, card->whole->vendor, request.image);
  if (!serving.ok()) return serving.errors();
  const auto replica = option_deployment(catalog, model, *card->part, option, *inputs);
  if (!replica.ok()) return replica.errors();

  Manifest m;
  m.engine = serving->engine;
  auto settings = make_settings(*replica, option, *inputs, request, m.engine, card->memory_share);
  if (!settings.ok()) return settings.errors();
  m.settings = std::move(settings).value();
  m.card = card->selection;
  m.replicas = option.replicas;
  m.spare_gpus = option.spare_gpus;
  m.image = request.image.empty() ? serving->image : request.image;
  m.port = serving->port;
  m.metrics_path = serving->metrics_path;
  m.running_metric = serving->running;
  m.waiting_metric = serving->waiting;
  m.name_space = request.name_space;
  m.queue = request.queue;
  m.cache_claim = request.cache_claim;
  m.prometheus = request.prometheus;
  const bool of_free = replica->engine->memory_rule == MemoryRule::kFractionOfFree;
  if (of_free && card->memory_share < 1.0)
    return no_part(option.gpu,
                   "TensorRT-LLM takes a fraction of what is free, so that a share of a "
                   "card has no bound: an option of vLLM or SGLang, or an instance");
  if (auto bad = set_model(m, catalog, model, request)) return *bad;
  if (auto bad = set_nodes(m)) return *bad;
  set_scaling(m, option, *inputs);
  set_start(m, option, *data, request);
  m.summary = summary_of(m, option, *inputs, request.rank);
  return m;
}

}  // namespace gpusize
