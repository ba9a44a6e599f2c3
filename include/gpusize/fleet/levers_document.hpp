#pragma once
// The result document of `levers`: what could be changed about a deployment, each change estimated
// as a specification of its own, alone and combined.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/plan/train_plan.hpp"

namespace gpusize {

/// What `levers` ranks by: the best is the lowest (throughput: the highest, per GPU).
enum class LeverGoal : std::uint8_t { kCost, kThroughput, kTtft, kTpot, kMemory };
std::string_view name_of(LeverGoal goal);
std::optional<LeverGoal> lever_goal_from(std::string_view name);

/// What a user asks of `levers` for serving.
struct LeversRequest {
  std::string model;                   ///< as the user wrote it
  std::vector<std::string> overrides;  ///< `--set name=value`
  std::string gpu;
  Layout layout;
  std::string weights = "native";
  std::string kv = "auto";
  std::string engine = "auto";
  std::string workload;  ///< name or `custom`
  double input_tokens = 0.0;
  double output_tokens = 0.0;
  std::optional<std::int64_t> batch;  ///< requests in flight; nothing: 16, or what fits
  std::optional<std::int64_t> max_batched_tokens;  ///< nothing: the engine's default
  std::optional<double> cache_hit_share;           ///< of prompts, under prefix caching
  std::optional<double> acceptance;                ///< of a drafted token
  std::int64_t draft_tokens = 1;           ///< proposed per step, by the MTP module or a model
  std::string draft_model;                 ///< as the user wrote it; empty: none
  std::optional<double> draft_acceptance;  ///< of a token that this model proposes
  std::optional<double> ttft_ms;           ///< targets that combinations must meet
  std::optional<double> tpot_ms;
  LeverGoal goal = LeverGoal::kCost;
  PriceBasis basis = PriceBasis::kOnDemand;
  std::string tier;
  std::string region = "USA";
  double years = 3.0;
};

/// Serving levers; `draft` is the model behind `draft_model`. `status` is infeasible when neither
/// the deployment nor any change of it fits. Diagnostics (`lev-...`, `est-...`) are for requests
/// that make no sense. Tested: each lever equals an estimate of the changed deployment; no pair
/// beats the combination.
Result<ResultDocument> levers_document(const Catalog& catalog, const ModelSpec& model,
                                       const LeversRequest& request,
                                       const ModelSpec* draft = nullptr);
/// Training levers: each a training point estimated anew (`estimate --phase train`).
Result<ResultDocument> train_levers_document(const Catalog& catalog, const ModelSpec& model,
                                             const TrainRequest& request);

/// The request behind a document of serving levers, from its `inputs`.
Result<LeversRequest> read_levers_request(Node inputs);

std::span<const Formula> lever_formulas();

}  // namespace gpusize
