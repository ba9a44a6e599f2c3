#include "manifest/kubernetes_parts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "manifest/shell_text.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kProbePeriod = 10;

Tree http_probe(std::int64_t period, std::int64_t timeout, std::int64_t failures) {
  return {{"httpGet", {{"path", "/health"}, {"port", "http"}}},
          {"periodSeconds", period},
          {"timeoutSeconds", timeout},
          {"failureThreshold", failures}};
}

std::int64_t start_failures(const Manifest& m) {
  const double wait = m.start.seconds() * m.start.margin;
  return static_cast<std::int64_t>(std::ceil(wait / static_cast<double>(kProbePeriod)));
}

Tree volume_mounts(const EngineCommand& command) {
  Tree out = Tree::array();
  out.push_back({{"name", "shm"}, {"mountPath", "/dev/shm"}});
  out.push_back({{"name", "weights"}, {"mountPath", "/weights"}});
  if (!command.file_name.empty())
    out.push_back({{"name", "options"}, {"mountPath", kOptionFolder}, {"readOnly", true}});
  return out;
}

Tree volumes(const Manifest& m, const EngineCommand& command) {
  Tree out = Tree::array();
  out.push_back(shared_memory_volume(m));
  Tree weights{{"name", "weights"}};
  if (m.cache_claim.empty())
    weights["emptyDir"] = Tree::object();
  else
    weights["persistentVolumeClaim"] = {{"claimName", m.cache_claim}};
  out.push_back(std::move(weights));
  if (!command.file_name.empty())
    out.push_back({{"name", "options"}, {"configMap", {{"name", m.name + "-options"}}}});
  return out;
}

}  // namespace

Tree pod_labels(const Manifest& m) { return {{"app.kubernetes.io/name", m.name}}; }

Tree object_metadata(const Manifest& m, bool of_workload) {
  Tree out{{"name", m.name}};
  if (!m.name_space.empty()) out["namespace"] = m.name_space;
  out["labels"] = pod_labels(m);
  if (!of_workload) return out;
  if (!m.queue.empty()) out["labels"]["kueue.x-k8s.io/queue-name"] = m.queue;
  Tree notes = Tree::object();
  if (!m.model_id.empty()) notes["gpusize.dev/model"] = m.model_id;
  if (m.card.label.empty()) notes["gpusize.dev/gpu"] = m.card.id;
  if (!notes.empty()) out["annotations"] = std::move(notes);
  return out;
}

Tree engine_container(const Manifest& m, const EngineCommand& command, PodRole role) {
  Tree out{{"name", m.engine}, {"image", m.image}};
  out["command"] = command.program;
  out["args"] = command.arguments();
  out["env"] = Tree::array();
  out["env"].push_back({{"name", "HF_HOME"}, {"value", "/weights"}});
  out["env"].push_back(
      {{"name", "HF_TOKEN"},
       {"valueFrom",
        {{"secretKeyRef", {{"name", "hf-token"}, {"key", "token"}, {"optional", true}}}}}});
  out["resources"] = {{"limits", {{m.card.resource, m.gpus_per_node}}}};
  if (role == PodRole::kServer) {
    out["ports"] = Tree::array({{{"name", "http"}, {"containerPort", m.port}}});
    out["#start"] = "A start takes " + start_text(m);
    out["startupProbe"] = http_probe(kProbePeriod, 5, start_failures(m));
    out["readinessProbe"] = http_probe(5, 5, 3);
    out["livenessProbe"] = http_probe(kProbePeriod, 10, 6);
  }
  out["volumeMounts"] = volume_mounts(command);
  return out;
}

Tree shared_memory_volume(const Manifest& m) {
  return {{"name", "shm"},
          {"emptyDir",
           {{"medium", "Memory"}, {"sizeLimit", fmt::format("{}Gi", m.shared_memory_gib)}}}};
}

void select_nodes(Tree& pod, const CardSelection& card) {
  if (!card.label.empty()) {
    pod["nodeSelector"] = {{card.label_key, card.label}};
  } else {
    pod["#card"] = fmt::format("the product label of {} is not known: add a nodeSelector", card.id);
  }
  const std::string taint = card.vendor == "amd" ? "amd.com/gpu" : "nvidia.com/gpu";
  pod["tolerations"] =
      Tree::array({{{"key", taint}, {"operator", "Exists"}, {"effect", "NoSchedule"}}});
}

Tree pod_spec(const Manifest& m, const EngineCommand& command, PodRole role) {
  Tree out{{"terminationGracePeriodSeconds", m.grace_s}};
  select_nodes(out, m.card);
  out["containers"] = Tree::array({engine_container(m, command, role)});
  out["volumes"] = volumes(m, command);
  return out;
}

Tree service_object(const Manifest& m, const Tree& extra) {
  Tree selector = pod_labels(m);
  selector.update(extra);
  return {
      {"apiVersion", "v1"},
      {"kind", "Service"},
      {"metadata", object_metadata(m, false)},
      {"spec",
       {{"selector", selector},
        {"ports", Tree::array({{{"name", "http"}, {"port", m.port}, {"targetPort", "http"}}})}}}};
}

Tree service_monitor_object(const Manifest& m) {
  return {{"apiVersion", "monitoring.coreos.com/v1"},
          {"kind", "ServiceMonitor"},
          {"metadata", object_metadata(m, false)},
          {"spec",
           {{"selector", {{"matchLabels", pod_labels(m)}}},
            {"endpoints",
             Tree::array({{{"port", "http"}, {"path", m.metrics_path}, {"interval", "15s"}}})}}}};
}

std::string in_flight_query(const Manifest& m) {
  return fmt::format("sum({0}{{service=\"{2}\"}}) + sum({1}{{service=\"{2}\"}})", m.running_metric,
                     m.waiting_metric, m.name);
}

std::string prometheus_address(const Manifest& m) {
  return m.prometheus.empty() ? "http://prometheus-operated.monitoring.svc:9090" : m.prometheus;
}

Tree scaled_object(const Manifest& m, std::string_view api_version, std::string_view kind) {
  if (m.scaling.most <= m.scaling.least || m.running_metric.empty()) return nullptr;
  Tree trigger{{"type", "prometheus"}};
  trigger["metadata"] = {{"serverAddress", prometheus_address(m)},
                         {"query", in_flight_query(m)},
                         {"threshold", fmt::format("{}", m.scaling.in_flight)}};
  Tree spec{{"scaleTargetRef", {{"apiVersion", api_version}, {"kind", kind}, {"name", m.name}}}};
  spec["#replicas"] =
      "The least carry the asked rate, the most also the plan's headroom and spares; one more when "
      "requests in flight pass the threshold";
  spec["minReplicaCount"] = m.scaling.least;
  spec["maxReplicaCount"] = m.scaling.most;
  spec["#cooldown"] = "Longer than a start";
  spec["cooldownPeriod"] = static_cast<std::int64_t>(std::ceil(m.start.seconds() * m.start.margin));
  spec["triggers"] = Tree::array({trigger});
  return {{"apiVersion", "keda.sh/v1alpha1"},
          {"kind", "ScaledObject"},
          {"metadata", object_metadata(m, false)},
          {"spec", spec}};
}

Tree option_file_object(const Manifest& m, const EngineCommand& command) {
  if (command.file_name.empty()) return nullptr;
  Tree metadata = object_metadata(m, false);
  metadata["name"] = m.name + "-options";
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", metadata},
          {"data", {{command.file_name, yaml_text(command.file)}}}};
}

void add_object(std::vector<Tree>& objects, Tree object) {
  if (!object.is_null()) objects.push_back(std::move(object));
}

Tree with_comments(const Manifest& m, const Tree& object) {
  Tree out{{"#summary", m.summary}};
  out.update(object);
  return out;
}

}  // namespace gpusize
