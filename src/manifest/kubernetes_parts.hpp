#pragma once
// What Kubernetes targets share: the pod of one node and the objects around a workload.

#include "manifest/arguments.hpp"
#include "manifest/yaml_text.hpp"

namespace gpusize {

/// Where the option file of an engine lies in its container.
inline constexpr const char* kOptionFolder = "/etc/engine";

enum class PodRole : std::uint8_t { kServer, kWorker };

/// `metadata:` with name, namespace, labels and, for workloads, what `check` cannot read elsewhere.
Tree object_metadata(const Manifest& manifest, bool of_workload);
/// Labels of pods and of what selects them.
Tree pod_labels(const Manifest& manifest);
/// The container that runs `command`; a server is probed, a worker is not.
Tree engine_container(const Manifest& manifest, const EngineCommand& command, PodRole role);
/// Which nodes a pod goes to: those of its card, by product label and taint.
void select_nodes(Tree& pod, const CardSelection& card);
/// Memory for the buffers of NCCL and of the workers' queues.
Tree shared_memory_volume(const Manifest& manifest);
/// The pod's spec around that container.
Tree pod_spec(const Manifest& manifest, const EngineCommand& command, PodRole role);

/// Service in front of the servers; `extra` selects among the pods.
Tree service_object(const Manifest& manifest, const Tree& extra);
/// Prometheus operator: where the metrics are.
Tree service_monitor_object(const Manifest& manifest);
/// KEDA between the least and the most replicas by requests in flight; null when there is nothing
/// to scale or nothing to scale by.
Tree scaled_object(const Manifest& manifest, std::string_view api_version, std::string_view kind);
/// The ConfigMap of the option file; null when the engine needs none.
Tree option_file_object(const Manifest& manifest, const EngineCommand& command);
/// Adds an object unless it is null.
void add_object(std::vector<Tree>& objects, Tree object);

/// The Prometheus query for requests running and waiting.
std::string in_flight_query(const Manifest& manifest);
/// The address asked when the user names none.
std::string prometheus_address(const Manifest& manifest);
/// The first comments of a file, as keys of its first object.
Tree with_comments(const Manifest& manifest, const Tree& object);

}  // namespace gpusize
