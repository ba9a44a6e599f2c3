#pragma once
// The result document of `simulate`: a fleet of replicas under load, request by request.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/estimate_document.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/serve/simulator.hpp"

namespace gpusize {

/// What a user asks of `simulate`; the document's `inputs` hold exactly this.
struct SimulateRequest {
  EstimateRequest deployment;  ///< model, card, layout, formats, engine and its limits
  std::int64_t replicas = 1;
  double qps = 1.0;
  std::string workload = "chat";        ///< by name, unless lengths are given
  std::optional<double> input_tokens;   ///< mean, in place of the profile's
  std::optional<double> output_tokens;  ///< mean
  std::string lengths = "profile";      ///< profile, fixed, exponential
  std::string trace;         ///< a file; its arrivals and lengths in place of the profile's
  std::string trace_format;  ///< empty: found by the header
  std::optional<double> trace_from_s;  ///< window, in the trace's own time
  std::optional<double> trace_to_s;
  bool trace_loop = false;  ///< begin again at its end, until `requests`
  bool trace_rate = false;  ///< gaps scaled so that the mean rate is `qps`; else its own rate
  std::string arrival;      ///< empty: the profile's
  std::optional<double> burstiness;   ///< of gamma arrivals
  std::optional<double> concurrency;  ///< of closed arrivals
  double cache_hit_share = 0.0;
  std::int64_t shared_prefix = 0;  ///< tokens that all prompts of a group begin with
  std::int64_t prefix_groups = 1;
  double turns = 1.0;    ///< mean requests per session
  double think_s = 0.0;  ///< mean pause between turns
  std::int64_t requests = 20'000;
  std::int64_t seed = 1;
  double warmup_share = 0.1;
  std::optional<double> ttft_ms;  ///< targets of goodput
  std::optional<double> tpot_ms;
  std::optional<double> e2e_ms;
  std::string router = "least-loaded";
  std::int64_t draft_tokens = 0;  ///< proposed per step by a draft model or MTP module
  double acceptance = 0.0;
  std::optional<double> draft_cost;   ///< share of a step per drafted token; default: MTP layers
  std::int64_t prefill_replicas = 0;  ///< above 0: `replicas` only decode
  std::int64_t lose_replicas = 0;     ///< away from `lose_from` to the end or `lose_to`
  double lose_from_s = 0.0;
  std::optional<double> lose_to_s;
  bool rolling_restart = false;                 ///< one after another, each away for `load_s`
  std::optional<std::int64_t> autoscale_least;  ///< set: `replicas` is the most
  double autoscale_target = 16.0;               ///< requests per replica
  double load_s = 120.0;                        ///< from a decision to a serving replica
};

/// The request behind a document, from its `inputs`; `sim-...` diagnostics.
Result<SimulateRequest> read_simulate_request(Node inputs);

/// Runs the simulation. `progress` as in SimulationConfig.
Result<ResultDocument> simulate_document(const Catalog& catalog, const ModelSpec& model,
                                         const SimulateRequest& request,
                                         std::function<bool(const Progress&)> progress = {});

}  // namespace gpusize
