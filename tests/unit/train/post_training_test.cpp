// Post-training: what stands beside the policy, by hand.

#include "gpusize/train/post_training.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"
#include "support/training.hpp"

using namespace gpusize;

namespace {

using test::catalog;
using test::framework;

constexpr double kParameters = 1346471936.0;  // of deepseek-coder-1.3b
constexpr double kHead = 32256.0 * 2048.0;    // its vocabulary times its hidden size

TrainJob job(std::string_view frame, TrainPrecision precision, std::vector<SideModel> models,
             Objective objective) {
  TrainJob out;
  out.model = catalog().find_model("deepseek-coder-1.3b")->entry;
  out.gpu = catalog().find_gpu("H100-SXM5-80GB")->entry;
  out.rates = &catalog().rates_for(*out.gpu);
  out.framework = &framework(frame);
  out.spec.sequence = 2048.0;
  out.spec.global_batch = 8.0;
  out.spec.precision = precision;
  PostTraining post;
  post.objective = objective;
  post.models = std::move(models);
  post.prompt_tokens = post.response_tokens = 1024.0;
  out.post = std::make_shared<const PostTraining>(post);
  return out;
}

StageMemory memory(const TrainJob& j) { return training_memory(j, model_costs(j)).memory; }
double bytes(Bytes b) { return b.in(units::B); }

const SideModel kReference{SideRole::kReference, nullptr, false};
const SideModel kReward{SideRole::kReward, nullptr, false};
const SideModel kCritic{SideRole::kCritic, nullptr, false};

}  // namespace

TEST_CASE("post-training: a frozen reference is its weights, as loaded or in 16 bits") {
  const TrainJob loaded = job("transformers", TrainPrecision::kAmp, {kReference}, Objective::kDpo);
  CHECK(bytes(memory(loaded).reference) == Approx(4.0 * kParameters).epsilon(1e-9));
  const TrainJob half = job("megatron-core", TrainPrecision::kMixed, {kReference}, Objective::kDpo);
  CHECK(bytes(memory(half).reference) == Approx(2.0 * kParameters).epsilon(1e-9));
  TrainJob plain = half;
  plain.post = nullptr;
  CHECK(bytes(memory(half).total()) ==
        Approx(bytes(memory(plain).total()) + 2.0 * kParameters).epsilon(1e-9));
}

TEST_CASE("post-training: ZeRO-3 shards the reference, tensor ranks split it") {
  TrainJob j = job("fsdp2", TrainPrecision::kMixed, {kReference}, Objective::kDpo);
  j.layout.dp = 8;
  j.layout.zero = 3;
  CHECK(bytes(memory(j).reference) == Approx(2.0 * kParameters / 8.0).epsilon(1e-9));
  j.layout.zero = 2;
  CHECK(bytes(memory(j).reference) == Approx(2.0 * kParameters).epsilon(1e-9));
}

TEST_CASE("post-training: adapters are switched off for the reference: no memory, one more pass") {
  TrainJob j = job("transformers", TrainPrecision::kPure, {{SideRole::kReference, nullptr, true}},
                   Objective::kDpo);
  j.spec.method = TrainMethod::kLora;
  CHECK(memory(j).reference == Bytes{});
  const ModelCosts costs = model_costs(j);
  const TrainRound round = train_round(j, costs, train_step(j, costs));
  CHECK(round.reference.total() > Seconds{});
}

TEST_CASE("post-training: an offloaded reference takes the host's memory and link") {
  TrainJob j = job("megatron-core", TrainPrecision::kMixed, {kReference}, Objective::kDpo);
  PostTraining post = *j.post;
  post.offload = true;
  j.post = std::make_shared<const PostTraining>(post);
  const StageMemory m = memory(j);
  // States of the policy are 18 bytes per parameter: 2 more fit where its activations were.
  CHECK(m.reference == Bytes{});
  CHECK(bytes(m.host) == Approx(2.0 * kParameters).epsilon(1e-9));
  const ModelCosts costs = model_costs(j);
  const TrainRound round = train_round(j, costs, train_step(j, costs));
  CHECK(round.loading.in(units::s) ==
        Approx(2.0 * kParameters / j.gpu->host_link.in(units::B_per_s)).epsilon(1e-9));
}

TEST_CASE("post-training: reward and value models end in one number, not in logits") {
  const TrainJob j =
      job("megatron-core", TrainPrecision::kMixed, {kReference, kReward, kCritic}, Objective::kPpo);
  const StageMemory m = memory(j);
  CHECK(bytes(m.reward) == Approx(2.0 * (kParameters - kHead)).epsilon(1e-9));
  const TrainJob critic = side_job(j, kCritic);
  CHECK(stage_parameters(critic, 0).total() == Approx(kParameters - kHead).epsilon(1e-12));
  CHECK(model_costs(critic).logits == 0.0);
  // Between updates the critic keeps weights (2), gradients (4), masters (4) and moments (8).
  CHECK(bytes(m.critic) >= 18.0 * (kParameters - kHead));
}

TEST_CASE("post-training: the fuller of both updates counts once") {
  const TrainJob both = job("megatron-core", TrainPrecision::kMixed, {kCritic}, Objective::kPpo);
  TrainJob policy = both;
  policy.post = nullptr;
  const TrainJob critic = side_job(both, kCritic);
  const StageMemory own = memory(critic);
  const StageMemory alone = memory(policy);
  const Bytes one = alone.total() + held_between_passes(critic, own);
  const Bytes other = own.total() + held_between_passes(policy, alone);
  CHECK(bytes(memory(both).total()) == Approx(bytes(max(one, other))).epsilon(1e-12));
}

TEST_CASE(
    "post-training: a forward pass is the step's own forward part and fills a pipeline once") {
  TrainJob j = job("megatron-core", TrainPrecision::kMixed, {kReference}, Objective::kDpo);
  const ModelCosts costs = model_costs(j);
  const ForwardStep one = forward_step(j, costs);
  CHECK(one.kernels == train_step(j, costs).forward);
  CHECK(one.total() < train_step(j, costs).total);
  j.layout.pp = 4;
  const ForwardStep four = forward_step(j, model_costs(j));
  // (p - 1) / m of the passes' time: 3 of 8.
  CHECK(four.bubble.in(units::s) ==
        Approx(3.0 / 8.0 * (four.kernels + four.communication).in(units::s)).epsilon(1e-12));
}

TEST_CASE("post-training: a round adds up and counts its updates") {
  TrainJob j =
      job("megatron-core", TrainPrecision::kMixed, {kReference, kReward, kCritic}, Objective::kPpo);
  PostTraining post = *j.post;
  post.sequences = 32.0;
  post.epochs = 2.0;
  j.post = std::make_shared<const PostTraining>(post);
  const ModelCosts costs = model_costs(j);
  const TrainStep step = train_step(j, costs);
  const TrainRound r = train_round(j, costs, step);
  CHECK(r.updates == 8.0);  // 32 sequences twice, 8 a step
  CHECK(r.policy_update == 8.0 * step.total);
  // Four batches of the forward pass for each model that scores; the reference is the policy's
  // equal, reward and critic save the head.
  CHECK(r.reference.kernels.in(units::s) ==
        Approx(4.0 * forward_step(j, costs).kernels.in(units::s)));
  CHECK(r.old_log_probs.kernels == r.reference.kernels);
  CHECK(r.reward.kernels < r.reference.kernels);
  CHECK(r.values.kernels == r.reward.kernels);
  CHECK(r.critic_update < r.policy_update);
  CHECK(r.total().in(units::s) ==
        Approx((r.old_log_probs.total() + r.reference.total() + r.reward.total() +
                r.values.total() + r.policy_update + r.critic_update)
                   .in(units::s))
            .epsilon(1e-12));
}
