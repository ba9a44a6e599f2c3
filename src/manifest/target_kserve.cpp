// KServe: an InferenceService whose predictor is the engine's own container.

#include <fmt/format.h>

#include "manifest/kubernetes_parts.hpp"
#include "manifest/targets.hpp"

namespace gpusize {
namespace {

/// KServe's own way to hand a Prometheus query to KEDA.
Tree auto_scaling(const Manifest& m) {
  const Tree metric{{"backend", "prometheus"},
                    {"serverAddress", prometheus_address(m)},
                    {"query", in_flight_query(m)}};
  const Tree target{{"type", "AverageValue"},
                    {"averageValue", fmt::format("{}", m.scaling.in_flight)}};
  return {{"metrics", Tree::array({{{"type", "External"},
                                    {"external", {{"metric", metric}, {"target", target}}}}})}};
}

}  // namespace

Result<std::string> write_kserve(const Manifest& m) {
  if (auto bad =
          needs_one_node(m, "an InferenceService", "--target lws groups the nodes of a replica"))
    return *bad;
  const auto command = engine_command(m, kOptionFolder);
  if (!command.ok()) return command.errors();
  Tree metadata = object_metadata(m, true);
  metadata["annotations"]["serving.kserve.io/deploymentMode"] = "RawDeployment";
  const bool scales = m.scaling.most > m.scaling.least && !m.running_metric.empty();
  metadata["annotations"]["serving.kserve.io/autoscalerClass"] = scales ? "keda" : "none";
  Tree predictor{{"minReplicas", scales ? m.scaling.least : m.replicas},
                 {"maxReplicas", scales ? m.scaling.most : m.replicas}};
  if (scales) predictor["autoScaling"] = auto_scaling(m);
  predictor.update(pod_spec(m, *command, PodRole::kServer));
  const Tree service{{"apiVersion", "serving.kserve.io/v1beta1"},
                     {"kind", "InferenceService"},
                     {"metadata", metadata},
                     {"spec", {{"predictor", predictor}}}};
  std::vector<Tree> objects{with_comments(m, service)};
  add_object(objects, option_file_object(m, *command));
  return yaml_text(objects);
}

}  // namespace gpusize
