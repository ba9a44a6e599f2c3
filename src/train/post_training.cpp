#include "gpusize/train/post_training.hpp"

#include <algorithm>
#include <array>

#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

constexpr std::array kObjectives{std::pair<std::string_view, Objective>{"dpo", Objective::kDpo},
                                 std::pair<std::string_view, Objective>{"grpo", Objective::kGrpo},
                                 std::pair<std::string_view, Objective>{"ppo", Objective::kPpo}};

/// Costs of a side model: the policy's own where only the head differs.
ModelCosts costs_of(const TrainJob& policy, const ModelCosts& costs, const TrainJob& side) {
  if (side.model != policy.model) return model_costs(side);
  if (!side.spec.scalar_head) return costs;
  // Layers are the same; the head is not.
  TrainJob head = side;
  ModelCosts out = costs;
  const ModelCosts own = model_costs(head);
  out.head = own.head;
  out.logits = own.logits;
  return out;
}

/// Frozen weights of one GPU of the fullest stage.
Bytes fullest_copy(const TrainJob& policy, const SideModel& side) {
  Bytes most;
  for (std::int64_t stage = 0; stage < policy.layout.pp; ++stage)
    most = max(most, frozen_weights(policy, side, stage));
  return most;
}

Bytes& row_of(StageMemory& m, SideRole role) {
  switch (role) {
    case SideRole::kReference: return m.reference;
    case SideRole::kReward: return m.reward;
    case SideRole::kCritic: break;
  }
  return m.critic;
}

}  // namespace

std::string_view name_of(Objective objective) {
  for (const auto& [name, value] : kObjectives)
    if (value == objective) return name;
  return "dpo";
}

std::string_view name_of(SideRole role) {
  switch (role) {
    case SideRole::kReference: return "reference";
    case SideRole::kReward: return "reward";
    case SideRole::kCritic: return "critic";
  }
  return "reference";
}

std::optional<Objective> objective_from(std::string_view name) {
  for (const auto& [known, value] : kObjectives)
    if (known == name) return value;
  return {};
}

std::vector<std::string> objective_names() {
  std::vector<std::string> out;
  for (const auto& [name, value] : kObjectives) out.emplace_back(name);
  return out;
}

TrainJob side_job(const TrainJob& policy, const SideModel& side) {
  TrainJob out = policy;
  out.post = nullptr;
  if (side.model) out.model = side.model.get();
  out.spec.scalar_head = side.role != SideRole::kReference;
  out.spec.mtp = false;
  return out;
}

double frozen_width(const TrainJob& policy) {
  const TrainPrecision precision = policy.spec.precision;
  const bool as_loaded = policy.framework->eager || precision == TrainPrecision::kFp32;
  return as_loaded ? state_bytes(policy.spec, *policy.framework).weight : 2.0;
}

Bytes frozen_weights(const TrainJob& policy, const SideModel& side, std::int64_t stage) {
  if (side.shared) return {};
  const TrainJob job = side_job(policy, side);
  const StageParameters p = rank_parameters(job, stage);
  double elements = p.total();
  if (policy.layout.zero >= 3) {
    const double both = policy.layout.mirrored() ? 2.0 : 1.0;
    const double shards = both * dbl(policy.layout.shards());
    const double copies = both * std::max(1.0, dbl(policy.layout.expert_replicas()));
    elements = (p.total() - p.experts) / shards + p.experts / std::min(copies, shards);
  }
  return Bytes::from_base(elements * frozen_width(policy));
}

Bytes held_between_passes(const TrainJob& job, const StageMemory& m) {
  const Bytes states = m.parameters + m.optimizer + m.reference + m.reward;
  return job.framework->persistent_gradients ? states + m.gradients : states;
}

void add_side_models(const TrainJob& policy, const ModelCosts& costs, std::int64_t stage,
                     StageMemory& m) {
  const Bytes alone = m.total();
  const Bytes held = held_between_passes(policy, m);
  Bytes frozen;
  for (const SideModel& side : policy.post->models) {
    if (side.trained()) continue;
    const Bytes weights = frozen_weights(policy, side, stage);
    // Offloaded weights are there for their own pass only, when no activations are.
    const Bytes beyond = max(Bytes{}, held + weights - alone);
    row_of(m, side.role) = policy.post->offload ? beyond : weights;
    if (policy.post->offload) m.host += weights;
    frozen += row_of(m, side.role);
  }
  for (const SideModel& side : policy.post->models) {
    if (!side.trained()) continue;
    const TrainJob critic = side_job(policy, side);
    const StageMemory own = stage_memory(critic, costs_of(policy, costs, critic), stage);
    m.critic = max(held_between_passes(critic, own), own.total() + held - alone);
  }
}

TrainRound train_round(const TrainJob& policy, const ModelCosts& costs, const TrainStep& step) {
  GPUSIZE_CHECK(policy.post != nullptr, "a round needs its post-training");
  const PostTraining& post = *policy.post;
  TrainRound out;
  const double batch = policy.spec.global_batch;
  out.sequences = post.sequences > 0.0 ? post.sequences : batch;
  out.updates = out.sequences * post.epochs / batch;
  const auto forward = [&](TrainJob job, const ModelCosts& own) {
    job.spec.global_batch = out.sequences;
    return forward_step(job, own);
  };
  if (post.generates()) out.old_log_probs = forward(policy, costs);
  out.policy_update = out.updates * step.total;
  for (const SideModel& side : post.models) {
    const TrainJob job = side_job(policy, side);
    const ModelCosts own = costs_of(policy, costs, job);
    const ForwardStep pass = forward(job, own);
    switch (side.role) {
      case SideRole::kReference: out.reference = pass; break;
      case SideRole::kReward: out.reward = pass; break;
      case SideRole::kCritic:
        out.values = pass;
        out.critic_step = train_step(job, own).total;
        out.critic_update = out.updates * out.critic_step;
        break;
    }
    if (post.offload && !side.trained()) out.loaded += fullest_copy(policy, side);
  }
  out.loading = out.loaded / policy.gpu->host_link;
  return out;
}

}  // namespace gpusize
