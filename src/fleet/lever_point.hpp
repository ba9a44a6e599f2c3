#pragma once
// A deployment as a specification that levers change, and what the estimator says of it.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/serving.hpp"
#include "gpusize/fleet/levers_document.hpp"
#include "gpusize/tco/cost.hpp"

namespace gpusize {

/// Everything that a lever may change. Shared parts are replaced, never written to.
struct LeverSpec {
  std::shared_ptr<const ModelSpec> model;
  std::shared_ptr<const GpuSpec> gpu;  ///< a whole card or an instance of one
  std::shared_ptr<const EngineProfile> engine;
  std::string weights;
  std::string kv;
  Layout layout;
  std::optional<std::int64_t> max_batched_tokens;
  double batch = 1.0;       ///< requests in flight of the replica
  bool fill_batch = false;  ///< instead: the most that memory, engine and targets allow
  double cached_share = 0.0;
  std::int64_t drafted = 0;                ///< tokens proposed per step
  std::shared_ptr<const ModelSpec> draft;  ///< that proposes them; null: the MTP module
  double acceptance = 0.0;
  bool split = false;  ///< prompts on replicas of their own (disaggregated prefill)
};

/// Prompts and answers on different replicas of one kind (Zhong et al., DistServe, OSDI 2024).
struct SplitPools {
  ServingPoint alone;             ///< a prompt on a replica that decodes nothing
  Seconds transfer;               ///< of a prompt's cache to the decode pool
  double prefill_replicas = 0.0;  ///< that keep one decode replica busy
};

/// A step that checks drafted tokens.
struct DraftedStep {
  Deployment draft;  ///< the module, or the model of its own
  std::shared_ptr<const ModelSpec> draft_model;
  bool own_model = false;  ///< with weights, cache and prompts of its own
  Bytes weights;           ///< per GPU, of a model of its own
  Bytes kv_per_sequence;
  Bytes kv_cache;
  Seconds prompt;       ///< kernels of its pass over one prompt
  Seconds checked;      ///< the main model's step over 1 + drafted tokens per sequence
  Seconds one_draft;    ///< kernels of one pass of the module
  double tokens = 1.0;  ///< accepted per step and sequence, on average
  Seconds step;         ///< checked + drafted * one_draft
  double chunks = 1.0;  ///< steps that a prompt takes
};

/// One prompt in one pass, as far as it is not cached.
StepShape prompt_shape(const RequestShape& request);

/// The estimate of a specification.
struct LeverPoint {
  LeverSpec spec;  ///< keeps what the deployment points at
  Deployment deployment;
  RequestShape request;
  ServingPoint plain;  ///< without speculation
  std::optional<DraftedStep> drafted;
  std::optional<SplitPools> split;
  Seconds ttft;
  Seconds tpot;
  Seconds e2e;
  double requests_per_s = 0.0;       ///< of the replica; of as many GPUs in both pools when split
  double output_tokens_per_s = 0.0;  ///< the same
  Bytes kv_per_sequence;
  MemoryPerGpu memory;
  Bytes memory_used;  ///< weights, cache of the batch, activations and runtime, per GPU; drafts too
  double batch = 1.0;
  bool fits = false;
  std::shared_ptr<const CardCost> cost;  ///< of one GPU (or instance)

  [[nodiscard]] std::optional<double> usd_per_million() const;
};

/// Estimates specifications of one request; remembers what a card costs.
class LeverEstimator {
 public:
  LeverEstimator(const Catalog& catalog, const LeversRequest& request)
      : catalog_(catalog), request_(request) {}

  /// Diagnostics say why the specification cannot run.
  Result<LeverPoint> estimate(const LeverSpec& spec);
  /// Lower is better; a missing price falls back on throughput per GPU.
  [[nodiscard]] double objective(const LeverPoint& point) const;
  [[nodiscard]] bool meets_targets(const LeverPoint& point) const;

  [[nodiscard]] const Catalog& catalog() const { return catalog_; }
  [[nodiscard]] const LeversRequest& request() const { return request_; }

 private:
  Result<Deployment> deploy(const LeverSpec& spec) const;
  Diagnostics add_draft(LeverPoint& point, std::int64_t tokens) const;
  void price(LeverPoint& point);
  void time(LeverPoint& point, StepEstimator& estimator) const;
  void time_split(LeverPoint& point, StepEstimator& estimator) const;
  [[nodiscard]] double largest_batch(LeverPoint point, StepEstimator& estimator) const;
  void fill_memory(LeverPoint& point) const;

  const Catalog& catalog_;
  const LeversRequest& request_;
  std::map<std::string, std::shared_ptr<const CardCost>> costs_;
};

}  // namespace gpusize
