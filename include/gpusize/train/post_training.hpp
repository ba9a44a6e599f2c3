#pragma once
// Post-training (DPO, GRPO, PPO): which models stand beside the one that is trained, what they hold
// and what one round of generating, scoring and updating runs.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/train/step.hpp"

namespace gpusize {

enum class Objective : std::uint8_t {
  kDpo,   ///< preference pairs against a frozen reference (arXiv:2305.18290)
  kGrpo,  ///< groups of own responses, a reference, no critic (arXiv:2402.03300)
  kPpo    ///< own responses, reference, reward model and a trained critic (arXiv:2203.02155)
};

enum class SideRole : std::uint8_t { kReference, kReward, kCritic };

/// A model beside the trained one, laid out as it is.
struct SideModel {
  SideRole role = SideRole::kReference;
  std::shared_ptr<const ModelSpec> model;  ///< nothing: the trained model's architecture
  /// The trained model without its adapters: no memory of its own.
  bool shared = false;

  /// Critics learn; the others only run forward.
  [[nodiscard]] bool trained() const { return role == SideRole::kCritic; }
};

/// What one round does.
struct PostTraining {
  Objective objective = Objective::kDpo;
  std::vector<SideModel> models;
  bool offload = false;           ///< frozen models wait in host memory for their pass
  double prompt_tokens = 0.0;     ///< mean
  double response_tokens = 0.0;   ///< mean; 0: nothing is generated
  double longest_response = 0.0;  ///< of a round; 0: all as long as the mean
  double group = 1.0;             ///< responses to one prompt
  double sequences = 0.0;         ///< of one round; 0: one global batch
  double epochs = 1.0;            ///< times that a round's sequences are trained on

  [[nodiscard]] bool generates() const { return objective != Objective::kDpo; }
};

std::string_view name_of(Objective objective);
std::string_view name_of(SideRole role);
std::optional<Objective> objective_from(std::string_view name);
std::vector<std::string> objective_names();

/// The side model as a job of its own: layout and formats are those of `policy`, reward and value
/// models end in one number per token.
TrainJob side_job(const TrainJob& policy, const SideModel& side);

/// Bytes of one frozen parameter: as loaded by model code, else 16 bits.
double frozen_width(const TrainJob& policy);

/// A frozen model's weights on one GPU of a stage: shards under ZeRO-3, else a whole copy.
Bytes frozen_weights(const TrainJob& policy, const SideModel& side, std::int64_t stage);

/// What stays on a GPU between passes: weights, states, gradients that persist.
Bytes held_between_passes(const TrainJob& job, const StageMemory& memory);

/// Adds to the policy's fullest moment what the side models hold then. The critic's update may be
/// fuller than the policy's: its row is then what it needs beyond that moment.
void add_side_models(const TrainJob& policy, const ModelCosts& costs, std::int64_t stage,
                     StageMemory& memory);

/// One round on the training side, part by part. Sequences are scored once and trained on
/// `epochs` times, a global batch per optimizer step.
struct TrainRound {
  double sequences = 0.0;
  double updates = 1.0;       ///< optimizer steps
  ForwardStep old_log_probs;  ///< of the policy that generated, by the trainer's own kernels
  ForwardStep reference;
  ForwardStep reward;
  ForwardStep values;  ///< the critic's
  Bytes loaded;        ///< offloaded weights that come to one GPU
  Seconds loading;     ///< of these, over the host link
  Seconds policy_update;
  Seconds critic_step;  ///< one optimizer step
  Seconds critic_update;

  [[nodiscard]] Seconds total() const {
    return old_log_probs.total() + reference.total() + reward.total() + values.total() + loading +
           policy_update + critic_update;
  }
};
/// `step` is the policy's optimizer step. Needs `policy.post`.
TrainRound train_round(const TrainJob& policy, const ModelCosts& costs, const TrainStep& step);

}  // namespace gpusize
