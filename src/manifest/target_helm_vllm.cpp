// Values of the vLLM production-stack chart (charts github:vllm-project/production-stack).

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "manifest/kubernetes_parts.hpp"
#include "manifest/shell_text.hpp"
#include "manifest/targets.hpp"

namespace gpusize {
namespace {

/// Options that the chart has a value for; all others go to `extraArgs`.
constexpr auto kChartValues = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"tensor-parallel-size", "tensorParallelSize"},
    {"max-model-len", "maxModelLen"},
    {"max-num-seqs", "maxNumSeqs"},
    {"gpu-memory-utilization", "gpuMemoryUtilization"},
    {"dtype", "dtype"},
    {"enable-prefix-caching", "enablePrefixCaching"},
    {"enable-chunked-prefill", "enableChunkedPrefill"},
});

Tree value_of(const EngineOption& option) {
  if (option.value.empty()) return true;
  if (const auto whole = parse_integer(option.value)) return *whole;
  if (const auto number = parse_number(option.value)) return *number;
  return option.value;
}

Tree vllm_config(const EngineCommand& command) {
  Tree config = Tree::object();
  Tree extra = Tree::array();
  for (const EngineOption& option : command.options) {
    if (option.name == "port") continue;  // the chart's own
    const auto* found = std::find_if(kChartValues.begin(), kChartValues.end(),
                                     [&](const auto& row) { return row.first == option.name; });
    if (found != kChartValues.end()) {
      config[std::string(found->second)] = value_of(option);
    } else {
      extra.push_back(option.value.empty() ? "--" + option.name
                                           : fmt::format("--{}={}", option.name, option.value));
    }
  }
  config["extraArgs"] = std::move(extra);
  return config;
}

Tree keda(const Manifest& m) {
  Tree trigger{{"type", "prometheus"}};
  trigger["metadata"] = {
      {"serverAddress", prometheus_address(m)},
      {"query", fmt::format("sum({}) + sum({})", m.running_metric, m.waiting_metric)},
      {"threshold", fmt::format("{}", m.scaling.in_flight)}};
  return {
      {"enabled", true},
      {"minReplicaCount", m.scaling.least},
      {"maxReplicaCount", m.scaling.most},
      {"cooldownPeriod", static_cast<std::int64_t>(std::ceil(m.start.seconds() * m.start.margin))},
      {"triggers", Tree::array({trigger})}};
}

Tree node_terms(const Manifest& m) {
  return Tree::array(
      {{{"matchExpressions", Tree::array({{{"key", m.card.label_key},
                                           {"operator", "In"},
                                           {"values", Tree::array({m.card.label})}}})}}});
}

Tree startup_probe(const Manifest& m) {
  constexpr std::int64_t kPeriod = 10;
  return {{"periodSeconds", kPeriod},
          {"failureThreshold",
           static_cast<std::int64_t>(std::ceil(m.start.seconds() * m.start.margin / kPeriod))},
          {"httpGet", {{"path", "/health"}, {"port", m.port}}}};
}

}  // namespace

Result<std::string> write_helm_vllm(const Manifest& m) {
  if (m.engine != "vllm") {
    return make_error("manifest-target-engine",
                      fmt::format("the chart runs vLLM, the plan's engine is {}", m.engine), {},
                      "--target k8s writes the same deployment; gpusize plan --engine vllm");
  }
  if (auto bad = needs_one_node(m, "the chart", "--target lws groups the nodes of a replica"))
    return *bad;
  const auto command = engine_command(m, "");
  if (!command.ok()) return command.errors();
  const std::size_t colon = m.image.rfind(':');
  if (colon == std::string::npos || m.image.find('/', colon) != std::string::npos)
    return make_error("manifest-image", fmt::format("no tag in image \"{}\"", printable(m.image)),
                      {}, "REPOSITORY:TAG: the chart has a value for each");
  Tree spec{{"name", m.name}};
  spec["repository"] = m.image.substr(0, colon);
  spec["tag"] = m.image.substr(colon + 1);
  spec["modelURL"] = m.settings.checkpoint;
  spec["replicaCount"] = m.replicas;
  spec["requestGPU"] = m.gpus_per_node;
  if (m.card.resource != "nvidia.com/gpu") spec["requestGPUType"] = m.card.resource;
  if (!m.card.label.empty()) spec["nodeSelectorTerms"] = node_terms(m);
  spec["shmSize"] = fmt::format("{}Gi", m.shared_memory_gib);
  spec["vllmConfig"] = vllm_config(*command);
  if (m.scaling.most > m.scaling.least) spec["keda"] = keda(m);
  Tree engine{{"modelSpec", Tree::array({spec})}};
  engine["#start"] = "A start takes " + start_text(m);
  engine["startupProbe"] = startup_probe(m);
  Tree values{{"#summary", m.summary}, {"#reader", reader_note(m)}};
  values["servingEngineSpec"] = std::move(engine);
  return yaml_text(values);
}

}  // namespace gpusize
