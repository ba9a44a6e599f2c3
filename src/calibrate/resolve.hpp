#pragma once
// From a row's words to a deployment: which model, card, engine, formats and layout it was.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/calibrate/predict.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/serve/workload.hpp"

namespace gpusize::calibrate {

using ModelCache = std::map<std::string, Outcome<std::shared_ptr<const ModelSpec>>>;

/// A pool of equal workers of a disaggregated deployment.
struct WorkerPool {
  Layout layout;
  std::int64_t workers = 1;
};

/// A row read as a deployment. `prefill` and `decode` are set for disaggregated runs.
struct ResolvedRow {
  std::shared_ptr<const ModelSpec> model;  ///< owns what deployment.model points to
  Deployment deployment;
  std::int64_t gpus = 1;    ///< of one copy
  std::int64_t copies = 1;  ///< of the deployment, which share the requests
  std::optional<WorkerPool> prefill;
  std::optional<WorkerPool> decode;
  LengthDistribution input;   ///< tokens of the prompts
  LengthDistribution output;  ///< tokens of the answers
  std::vector<std::string> assumptions;
};

Outcome<ResolvedRow> resolve_row(const Catalog& catalog, ModelCache& models,
                                 const RunConditions& run);

/// The layout that the columns state, or the only one they leave open (resolve_layout.cpp).
Outcome<Layout> resolve_layout(const RunConditions& run, const ModelSpec& model,
                               const EngineProfile& engine, std::vector<std::string>& assumptions);
/// Whether a row of maximum throughput states GPUs and nothing of how they are used.
bool leaves_copies_open(const RunConditions& run);
/// Such a row as equal copies of the tensor-parallel degree that gives the highest rate, since
/// whoever publishes a maximum has looked for it (resolve_copies.cpp).
std::optional<Refusal> resolve_copies(const RunConditions& run, ResolvedRow& row);
/// The run with the mean lengths of the data set that it names, where a load profile of the catalog
/// knows it (resolve_lengths.cpp).
RunConditions with_lengths(const Catalog& catalog, const RunConditions& run,
                           std::vector<std::string>& assumptions);
/// How the lengths of a run's requests spread around the stated means (resolve_lengths.cpp).
void resolve_lengths(const Catalog& catalog, const RunConditions& run, ResolvedRow& row);
/// The pools of a disaggregated run, from its notes.
std::optional<Refusal> resolve_pools(const RunConditions& run, ResolvedRow& row);
/// Weight formats under the names that measurements use (resolve_weights.cpp).
Outcome<WeightPlan> resolve_weight_plan(const RunConditions& run, const ModelSpec& model,
                                        const GpuSpec& gpu, const EngineProfile& engine,
                                        std::vector<std::string>& assumptions);

}  // namespace gpusize::calibrate
