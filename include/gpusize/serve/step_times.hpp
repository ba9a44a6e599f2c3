#pragma once
// How long a step takes, by what is in it. The table over the estimator asks it for grid points
// only and interpolates between them.
// Tested: unit_serve/step_times: within 1 % of the estimator off the grid, over models and cards.

#include <cstdint>
#include <memory>
#include <vector>

#include "gpusize/estimate/step.hpp"

namespace gpusize {

/// What one rank does in one step.
struct StepLoad {
  std::int64_t decodes = 0;     ///< sequences that get a token
  double decode_context = 0.0;  ///< tokens in their caches, all together
  std::int64_t prefill_tokens = 0;
  double prefill_pairs = 0.0;  ///< pairs of query and key in the prompts' attention
  std::int64_t prompts = 0;
  [[nodiscard]] bool empty() const { return decodes == 0 && prefill_tokens == 0; }
};

/// Seconds per step. `step_s` of an empty load is 0.
class StepTimes {
 public:
  virtual ~StepTimes() = default;
  virtual double step_s(const StepLoad& load) = 0;
};

/// The same time for every step that does something: for tests against queueing theory.
class ConstantStepTimes : public StepTimes {
 public:
  explicit ConstantStepTimes(double step_s) : step_s_(step_s) {}
  double step_s(const StepLoad& load) override { return load.empty() ? 0.0 : step_s_; }

 private:
  double step_s_;
};

/// Tokens that a decode step checks per sequence, and what drafting them costs.
struct Speculation {
  std::int64_t drafted = 0;  ///< tokens proposed per step; 0: none
  double acceptance = 0.0;   ///< chance that a drafted token is accepted, given those before
  double draft_cost = 0.0;   ///< of one drafted token, as a share of a decode step
  /// Mean tokens per step and sequence: 1 + a + a^2 + ... (Leviathan et al., arXiv:2211.17192).
  [[nodiscard]] double tokens_per_step() const;
};

/// Steps of one deployment from its StepEstimator. Prompts that share a step with running decodes
/// add what ReplicaServing adds: their own step less an almost empty one, a quarter at least.
class EstimatedStepTimes : public StepTimes {
 public:
  EstimatedStepTimes(const Deployment& deployment, const Speculation& speculation = {});
  double step_s(const StepLoad& load) override;

  /// A step of `decodes` sequences with `context` tokens each.
  double decode_s(std::int64_t decodes, double context);
  /// A step of `tokens` prompt tokens that each attend to `keys` tokens on average.
  double prefill_s(double tokens, double keys);
  /// The estimator's own answers, without the table (for the test of the table).
  double exact_decode_s(std::int64_t decodes, double context);
  double exact_prefill_s(double tokens, double keys);

  [[nodiscard]] StepEstimator& estimator() { return estimator_; }
  [[nodiscard]] const Deployment& deployment() const { return estimator_.deployment(); }

 private:
  double decode_at(std::int64_t decodes, std::size_t point);
  double prefill_at(std::size_t tokens_point, std::size_t keys_point);

  StepEstimator estimator_;
  Speculation speculation_;
  double idle_s_ = 0.0;
  std::vector<std::vector<double>> decode_;   ///< by sequences, then by point of the context grid
  std::vector<std::vector<double>> prefill_;  ///< by points of the token and key grids
};

}  // namespace gpusize
