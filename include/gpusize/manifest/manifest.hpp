#pragma once
// An option of a plan as what is deployed: engine and settings, cards of a node, nodes of a
// replica, replicas, and what the start takes. Targets (targets.hpp) write it as files; nothing
// here knows their syntax.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// What the user adds to the plan.
struct ManifestRequest {
  std::int64_t rank = 1;    ///< which option, from 1
  std::string name;         ///< of the objects; empty: from the model
  std::string name_space;   ///< Kubernetes namespace; empty: none stated
  std::string checkpoint;   ///< repository or path that the engine loads; empty: the model's own
  std::string image;        ///< empty: the engine's release image
  std::string queue;        ///< Kueue queue; empty: none
  std::string cache_claim;  ///< PersistentVolumeClaim of weights; empty: loaded by each pod
  std::string prometheus;   ///< address that the autoscaler asks
  std::optional<std::int64_t> max_model_len;
  std::optional<double> load_gb_s;
  bool prefix_caching = true;
};

/// What the engine is told, by meaning. Counts are as the engine counts them (per attention-DP rank
/// in vLLM and TensorRT-LLM, of the whole replica in SGLang).
struct ServingSettings {
  std::string checkpoint;
  Layout layout;
  std::string dtype = "auto";
  std::string quantization;  ///< empty: the checkpoint as it is
  std::string kv_dtype = "auto";
  std::int64_t max_model_len = 0;
  std::int64_t max_num_seqs = 0;
  std::int64_t max_batched_tokens = 0;
  double memory_fraction = 0.0;
  bool prefix_caching = true;
  bool chunked_prefill = true;
};

/// Which cards a pod asks for.
struct CardSelection {
  std::string id;  ///< of the catalog; of the whole card for a part of one
  std::string vendor;
  std::string resource;  ///< `nvidia.com/gpu`, `amd.com/gpu`, `nvidia.com/mig-1g.10gb`
  std::string label_key;
  std::string label;  ///< product label of its nodes; empty: not known
  std::string part;   ///< `1g.10gb`, `mps:4`; empty: whole cards
  std::int64_t node_gpus = 1;
};

/// How long a start takes and how that was reckoned.
struct StartTime {
  double weight_gb = 0.0;  ///< of one node
  double load_gb_s = 0.0;
  double start_s = 0.0;  ///< after the weights are there
  double margin = 1.0;
  std::string source;  ///< of the load rate
  [[nodiscard]] double seconds() const { return weight_gb / load_gb_s + start_s; }
};

/// Replicas between which the fleet moves: the least carry the asked rate, the most also the plan's
/// headroom and spares.
struct Scaling {
  std::int64_t least = 1;
  std::int64_t most = 1;
  std::int64_t in_flight = 1;  ///< requests per replica above which one is added
};

struct Manifest {
  std::string name;
  std::string name_space;
  std::string summary;   ///< one line: what this is and where it comes from
  std::string model_id;  ///< catalog id; empty: the plan's model is a file
  std::string engine;    ///< `vllm`, `sglang`, `tensorrt-llm`
  std::string image;
  std::int64_t port = 0;
  std::string metrics_path;
  std::string running_metric;  ///< empty: the engine counts none
  std::string waiting_metric;
  std::string prometheus;
  std::string queue;
  std::string cache_claim;
  ServingSettings settings;
  CardSelection card;
  std::int64_t nodes = 1;  ///< of one replica
  std::int64_t gpus_per_node = 1;
  std::int64_t replicas = 1;
  std::int64_t spare_gpus = 0;
  Scaling scaling;
  StartTime start;
  std::int64_t shared_memory_gib = 0;
  std::int64_t grace_s = 30;  ///< running requests may end within it

  [[nodiscard]] std::int64_t gpus() const { return replicas * nodes * gpus_per_node; }
};

/// The option of this rank in a result of `plan` or `train`. `manifest-not-a-plan`,
/// `manifest-infeasible` (the plan's own answer) or `manifest-rank` when there is none.
Result<Node> plan_option(const Document& plan, std::int64_t rank);

/// The deployment of an option; `model` is that of the plan's inputs. `manifest-*` when the engine
/// has no such setting.
Result<Manifest> make_manifest(const Catalog& catalog, const ModelSpec& model, const Document& plan,
                               const ManifestRequest& request);

/// An option of a result of `train` as a job: Megatron-LM's pretrain_gpt.py under torchrun.
/// Targets: `slurm`, `k8s` (a JobSet, which Kueue admits) and `command`. `manifest-train-*` says
/// what cannot be written.
Result<std::string> training_file(const Catalog& catalog, const ModelSpec& model,
                                  const Document& plan, const ManifestRequest& request,
                                  const std::string& target);

/// One way to write a manifest.
struct ManifestTarget {
  std::string_view name;
  std::string_view help;
  /// The text of the file, or `manifest-target-*`: what this target cannot express.
  Result<std::string> (*write)(const Manifest& manifest);
};
std::vector<ManifestTarget> manifest_targets();
/// The target of this name; `manifest-target` with a near match when there is none.
Result<ManifestTarget> find_manifest_target(const std::string& name);

}  // namespace gpusize
