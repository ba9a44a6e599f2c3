// A Deployment: every replica a pod of its own.

#include "manifest/kubernetes_parts.hpp"
#include "manifest/targets.hpp"

namespace gpusize {
namespace {

/// Replicas on different nodes where there are enough: one lost node takes fewer of them.
Tree spread(const Manifest& m) {
  return Tree::array({{{"maxSkew", 1},
                       {"topologyKey", "kubernetes.io/hostname"},
                       {"whenUnsatisfiable", "ScheduleAnyway"},
                       {"labelSelector", {{"matchLabels", pod_labels(m)}}}}});
}

Tree deployment(const Manifest& m, const EngineCommand& command) {
  Tree pod = pod_spec(m, command, PodRole::kServer);
  if (m.replicas > 1) pod["topologySpreadConstraints"] = spread(m);
  Tree spec{{"replicas", m.replicas}};
  spec["#strategy"] = "No pod above the plan's: there are no cards for one";
  spec["strategy"] = {{"type", "RollingUpdate"},
                      {"rollingUpdate", {{"maxSurge", 0}, {"maxUnavailable", 1}}}};
  spec["progressDeadlineSeconds"] =
      static_cast<std::int64_t>(m.start.seconds() * m.start.margin) + 600;
  spec["selector"] = {{"matchLabels", pod_labels(m)}};
  spec["template"] = {{"metadata", {{"labels", pod_labels(m)}}}, {"spec", pod}};
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", object_metadata(m, true)},
          {"spec", spec}};
}

}  // namespace

Result<std::string> write_k8s(const Manifest& m) {
  if (auto bad = needs_one_node(m, "a Deployment", "--target lws groups the nodes of a replica"))
    return *bad;
  const auto command = engine_command(m, kOptionFolder);
  if (!command.ok()) return command.errors();
  std::vector<Tree> objects{with_comments(m, deployment(m, *command))};
  add_object(objects, option_file_object(m, *command));
  add_object(objects, service_object(m, Tree::object()));
  add_object(objects, service_monitor_object(m));
  add_object(objects, scaled_object(m, "apps/v1", "Deployment"));
  return yaml_text(objects);
}

}  // namespace gpusize
