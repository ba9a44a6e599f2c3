#pragma once
// From a row's words to a deployment: which model, card, engine, formats and layout it was.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/calibrate/predict.hpp"
#include "gpusize/estimate/deployment.hpp"

namespace gpusize::calibrate {

using ModelCache = std::map<std::string, Outcome<std::shared_ptr<const ModelSpec>>>;

/// A pool of equal workers of a disaggregated deployment.
struct Pool {
  Layout layout;
  std::int64_t workers = 1;
};

/// A row read as a deployment. `prefill` and `decode` are set for disaggregated runs.
struct ResolvedRow {
  std::shared_ptr<const ModelSpec> model;  ///< owns what deployment.model points to
  Deployment deployment;
  std::int64_t gpus = 1;
  std::optional<Pool> prefill;
  std::optional<Pool> decode;
  std::vector<std::string> assumptions;
};

Outcome<ResolvedRow> resolve_row(const Catalog& catalog, ModelCache& models,
                                 const RunConditions& run);

/// The layout that the columns state, or the only one they leave open (resolve_layout.cpp).
Outcome<Layout> resolve_layout(const RunConditions& run, const ModelSpec& model,
                               const EngineProfile& engine, std::vector<std::string>& assumptions);
/// The pools of a disaggregated run, from its notes.
std::optional<Refusal> resolve_pools(const RunConditions& run, ResolvedRow& row);
/// Weight formats under the names that measurements use (resolve_weights.cpp).
Outcome<WeightPlan> resolve_weight_plan(const RunConditions& run, const ModelSpec& model,
                                        const GpuSpec& gpu, std::vector<std::string>& assumptions);

}  // namespace gpusize::calibrate
