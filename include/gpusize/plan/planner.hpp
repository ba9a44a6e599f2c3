#pragma once
// The search: every card x engine x format x layout x batch, pruned by proven bounds, ranked by
// what the user cares about.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/serving.hpp"
#include "gpusize/plan/request.hpp"
#include "gpusize/serve/closed_form.hpp"
#include "gpusize/tco/cost.hpp"

namespace gpusize {

/// One way to run a replica, and how many of them the asked rate takes.
struct PlanOption {
  Deployment replica;
  RequestShape request;
  double max_batch = 0.0;               ///< most requests in flight per replica under the targets
  double memory_batch = 0.0;            ///< most that memory and engine limits allow
  ServingPoint capacity;                ///< at max_batch
  std::optional<ClosedForm> simulated;  ///< percentiles of a simulation, with --verify
  std::int64_t replicas = 0;
  std::int64_t gpus = 0;  ///< spares included
  std::int64_t nodes = 0;
  std::int64_t spare_gpus = 0;
  const CardCost* cost = nullptr;  ///< per GPU; points into PlanResult::costs
  bool unverified = false;         ///< peak, memory or bandwidth of the card not read in a text
  bool pareto = false;             ///< no other option is both cheaper and faster

  [[nodiscard]] bool priced() const { return cost != nullptr && cost->known(); }
  [[nodiscard]] Usd tco() const { return static_cast<double>(gpus) * cost->per_gpu; }
};

/// What was looked at and left out, with the number that failed.
struct PlanRejection {
  std::string gpu;
  std::string layout;  ///< empty: the card as a whole
  std::string reason;
  double needed = 0.0;
  double available = 0.0;
  std::string unit;
};

/// Something that the plan could not judge.
struct NotAssessed {
  std::string what;
  std::string reason;
};

struct PlanResult {
  std::vector<PlanOption> options;  ///< ranked
  std::vector<PlanRejection> rejected;
  std::vector<NotAssessed> not_assessed;
  std::vector<std::string> notes;
  std::int64_t considered = 0;  ///< layout x batch points covered
  std::int64_t evaluated = 0;   ///< of them estimated; the rest fell to a proven bound
  std::vector<std::unique_ptr<CardCost>> costs;  ///< owned here so that options may point at them
  std::vector<std::unique_ptr<GpuSpec>> slices;  ///< as `costs`: parts of cards that were tried
};

/// Prune by bounds (the normal way) or estimate every point (the oracle of the tests).
enum class SearchMode : std::uint8_t { kPruned, kExhaustive };

/// Runs the search. `model` outlives the result, as does the catalog. Diagnostics only for bad
/// input; a rate that nothing meets is a result without options.
Result<PlanResult> make_plan(const Catalog& catalog, const ModelSpec& model,
                             const PlanRequest& request, SearchMode mode = SearchMode::kPruned);

/// Batches that the search tries: every size to 8, then steps of about an eighth, up to `most`
/// (which is always one of them).
std::vector<double> batch_grid(double most);

/// An upper bound on the requests per second that a replica can complete, from the roofline alone:
/// never below what ReplicaServing gives. Tested: property test over the catalog.
double rate_upper_bound(const Deployment& replica, const RequestShape& request, double in_flight);

}  // namespace gpusize
