// Post-training in a plan: rollouts against a sum over single steps, lengths of runs by hand.

#include "gpusize/estimate/step.hpp"
#include "gpusize/plan/train_plan.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

using namespace gpusize;

namespace {

using test::catalog;

TrainRequest grpo() {
  TrainRequest r;
  r.model = "deepseek-coder-1.3b";
  r.gpus = {"H100-SXM5-80GB"};
  r.counts = {1};
  r.one_point = true;
  r.global_batch = 64.0;
  r.sequence = 1536.0;
  r.framework = "megatron-core";
  r.post.objective = "grpo";
  r.post.prompt_tokens = 512.0;
  r.post.response_tokens = 1024.0;
  r.post.group = 8;
  return r;
}

TrainPlan plan(const TrainRequest& r) {
  static const auto kFrameworks = shipped_frameworks().value();
  auto out = plan_training(catalog(), kFrameworks, *catalog().find_model(r.model)->entry, r);
  REQUIRE(out.ok());
  return std::move(out).value();
}

bool refused(const TrainRequest& r) {
  static const auto kFrameworks = shipped_frameworks().value();
  return !plan_training(catalog(), kFrameworks, *catalog().find_model(r.model)->entry, r).ok();
}

}  // namespace

TEST_CASE("rollouts: generation is the sum of the engine's own steps") {
  const TrainPlan p = plan(grpo());
  REQUIRE(p.options.size() == 1);
  const Rollout& r = p.options[0].round->rollout;
  REQUIRE(r.replica.engine != nullptr);
  CHECK(r.replicas == 1.0);
  CHECK(r.in_flight == 64.0);
  CHECK(r.cached_tokens == 448.0);  // 7 of 8 of a group find the prompt
  StepEstimator estimator(r.replica);
  const auto step = [&](Phase phase, double query, double context) {
    StepShape shape;
    shape.phase = phase;
    shape.sequences = shape.logit_rows = 64.0;
    shape.query_tokens = query;
    shape.context_tokens = context;
    return estimator.time(shape);
  };
  Seconds sum = r.replica.engine->request_overhead + step(Phase::kPrefill, 64.0, 448.0);
  for (int token = 1; token < 1024; ++token) sum += step(Phase::kDecode, 1.0, 512.0 + token);
  CHECK(r.generation.in(units::s) == Approx(sum.in(units::s)).epsilon(0.01));
}

TEST_CASE("rollouts: the engine has what training states leave") {
  const TrainPlan p = plan(grpo());
  const TrainOption& o = p.options[0];
  const Rollout& r = o.round->rollout;
  // Megatron's 18 bytes per parameter stay, and 2 of the reference.
  CHECK(r.states.in(units::B) == Approx(20.0 * 1346471936.0).epsilon(0.01));
  if (!r.states_on_host)
    CHECK(r.memory_fraction <= 1.0 - r.states.in(units::B) / o.job.gpu->memory.in(units::B));
}

TEST_CASE(
    "rollouts: twice the sequences beyond the cache take twice as long, a tail adds its own") {
  TrainRequest r = grpo();
  r.post.round_sequences = 65536.0;
  const Rollout once = plan(r).options[0].round->rollout;
  REQUIRE(once.in_flight < once.sequences);
  r.post.round_sequences = 131072.0;
  const Rollout twice = plan(r).options[0].round->rollout;
  CHECK(twice.generation.in(units::s) == Approx(2.0 * once.generation.in(units::s)));
  r.post.round_sequences = 65536.0;
  r.post.longest_response = 4096.0;
  r.sequence = 4608.0;
  const Rollout tail = plan(r).options[0].round->rollout;
  CHECK((tail.generation - once.generation).in(units::s) ==
        Approx(3072.0 * tail.tail_step.in(units::s)).epsilon(1e-3));
}

TEST_CASE("rollouts: a measured rate stands for the estimate") {
  TrainRequest r = grpo();
  r.post.rate = 2048.0;
  const PostRound round = *plan(r).options[0].round;
  CHECK(round.rollout.generation.in(units::s) == Approx(64.0 * 1024.0 / 2048.0));
  CHECK(round.rollout.replica.engine == nullptr);
}

TEST_CASE("post-training: the length of a run from its data set") {
  TrainRequest r = grpo();
  r.dataset = 1000.0;
  r.epochs = 3.0;
  const TrainPlan p = plan(r);
  const TrainOption& o = p.options[0];
  // 1,000 prompts three times, 8 responses each, 64 sequences a step.
  CHECK(o.steps == Approx(1000.0 * 3.0 * 8.0 / 64.0));
  CHECK(o.duration.in(units::s) ==
        Approx(o.steps / o.goodput * o.round->total().in(units::s)).epsilon(1e-12));
}

TEST_CASE("post-training: DPO generates nothing and keeps pairs together") {
  TrainRequest r = grpo();
  r.post = {};
  r.post.objective = "dpo";
  r.micro_batch = 2;
  const PostRound round = *plan(r).options[0].round;
  CHECK(round.rollout.generation == Seconds{});
  CHECK(round.train.old_log_probs.total() == Seconds{});
  CHECK(round.train.reference.total() > Seconds{});
  r.micro_batch = 3;
  CHECK(refused(r));
  r.micro_batch.reset();
  r.one_point = false;
  for (const TrainOption& o : plan(r).options) CHECK(o.job.layout.micro_batch % 2 == 0);
}

TEST_CASE("post-training: what makes no sense is refused") {
  TrainRequest r = grpo();
  r.post.response_tokens = 0.0;
  CHECK(refused(r));
  r = grpo();
  r.post.group = 7;  // 64 sequences are no whole groups
  CHECK(refused(r));
  r = grpo();
  r.post.objective = "rloo";
  CHECK(refused(r));
  r = grpo();
  r.sequence = 1024.0;
  CHECK(refused(r));
  r = grpo();
  r.post.engine = "no-such-engine";
  CHECK(refused(r));
  r = grpo();
  r.post.weights = "fp3";
  CHECK(refused(r));
  r = grpo();
  r.post.rate = -1.0;
  CHECK(refused(r));
}
