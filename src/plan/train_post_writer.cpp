#include "plan/train_post_writer.hpp"

#include <array>

#include <fmt/format.h>

#include "gpusize/estimate/step.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/train_post.hpp"
#include "plan/train_rollout.hpp"
#include "plan/why_facts.hpp"

namespace gpusize::plan {
namespace {

constexpr Formula kFrozen{"train.frozen_weights", "elements * width", "B",
                          "weights only: nothing is learned"};
constexpr Formula kUpdates{"train.round_updates", "sequences * epochs / global_batch", "",
                           "a global batch per optimizer step"};
constexpr Formula kUpdate{"train.round_update", "updates * step_time", "s", "definition"};
constexpr Formula kBatch{
    "train.rollout_batch", "overhead + (prefill + (response - 1) * decode_step) / 1000", "s",
    "all prompts, then every sequence in lockstep; the step at half of the response"};
constexpr Formula kGeneration{
    "train.rollout", "sequences / in_flight * batch + tail_tokens * tail_step / 1000", "s",
    "as many batches as the cache holds; the longest response ends alone"};
constexpr Formula kGiven{"train.rollout_given", "sequences * response / (rate * gpus)", "s",
                         "a measured rate"};
constexpr Formula kSwap{"train.rollout_swap", "2 * states / host_link", "s",
                        "training states to the host and back"};
constexpr Formula kLoading{"train.frozen_loading", "weights / host_link", "s",
                           "offloaded weights come once per round"};
constexpr Formula kShare{"train.rollout_share", "generation / round", "", "definition"};
constexpr Formula kDataset{
    "train.dataset_tokens", "examples * epochs * sequences_per_example * round_epochs * sequence",
    "tokens", "a pair is two sequences, a group as many as it has responses"};
constexpr std::array kFormulas{kFrozen, kUpdates, kUpdate,  kBatch, kGeneration,
                               kGiven,  kSwap,    kLoading, kShare, kDataset};

double dbl(std::int64_t v) { return static_cast<double>(v); }
double s(Seconds t) { return t.in(units::s); }

Why asked(std::string label, double value, std::string unit, std::string option) {
  return why_input(std::move(label), value, std::move(unit), std::move(option));
}

Why why_frozen(const TrainOption& o, const SideModel& side, Bytes row) {
  const std::string label(name_of(side.role));
  if (side.shared) return why_count(label, 0.0, "the policy without its adapters");
  if (o.job.post->offload)
    return why_search(label, row.in(units::B), "B",
                      "in host memory; what its pass needs beyond the fullest moment", {});
  const double width = frozen_width(o.job);
  const TrainJob job = side_job(o.job, side);
  return why_formula(
      kFrozen, label, row.in(units::B),
      {{"elements",
        why_search(
            "parameters on one GPU", row.in(units::B) / width, "",
            o.job.layout.zero >= 3
                ? fmt::format("{}, sharded over {} ranks", job.model->name, o.job.layout.shards())
                : fmt::format("{}, the stage's layers over tensor and expert ranks",
                              job.model->name),
            {})},
       {"width", why_count("width", width, "bytes of a frozen parameter")}});
}

Why why_forward(const char* label, const ForwardStep& f) {
  const auto part = [](const char* name, Seconds value, const char* note) {
    return std::make_pair(std::string(name), why_search(name, s(value), "s", note, {}));
  };
  return why_sum(
      label, s(f.total()), "s",
      {part("kernels", f.kernels, "forward kernels of the slowest stage, all passes of the round"),
       part("communication", f.communication, "tensor, context, expert and stage traffic"),
       part("bubble", f.bubble, "the pipeline fills and drains once"),
       part("gather", f.gather, "sharded weights that are not hidden"),
       part("host", f.host, "launches that kernels do not cover")});
}

/// The decode step of one replica, operator by operator, in ms.
Why why_decode(StepEstimator& estimator, double sequences, double context) {
  StepShape shape;
  shape.phase = Phase::kDecode;
  shape.sequences = sequences;
  shape.query_tokens = 1.0;
  shape.context_tokens = context;
  shape.logit_rows = sequences;
  return why_step(estimator, shape);
}

Why why_prefill(StepEstimator& estimator, double sequences, const RequestShape& request) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = sequences;
  shape.query_tokens = std::max(request.input_tokens - request.cached_tokens, 1.0);
  shape.context_tokens = request.cached_tokens;
  shape.logit_rows = sequences;
  return why_step(estimator, shape);
}

Why why_generation(const TrainOption& o, const PostRequest& request) {
  const PostTraining& post = *o.job.post;
  const Rollout& r = o.round->rollout;
  const Why response = asked("response", post.response_tokens, "tokens", "--response-tokens");
  if (r.replica.engine == nullptr) {
    return why_formula(
        kGiven, "generation", s(r.generation),
        {{"sequences", why_count("sequences", o.round->train.sequences, "of a round")},
         {"response", response},
         {"rate", asked("rate", request.rate, "tokens/s", "--rollout-rate")},
         {"gpus", why_count("gpus", dbl(o.job.layout.gpus()), "that train")}});
  }
  StepEstimator estimator(r.replica);
  const RequestShape shape = rollout_shape(post);
  const Layout& l = r.replica.layout;
  const double per_rank = std::max(1.0, r.in_flight / dbl(l.dp * l.pp));
  const Why prefill = why_prefill(estimator, per_rank, shape);
  const Why decode = why_decode(estimator, per_rank,
                                post.prompt_tokens + 0.5 * std::max(1.0, post.response_tokens));
  const double tail = std::max(0.0, post.longest_response - post.response_tokens);
  const Why last =
      tail > 0.0
          ? why_decode(estimator, 1.0,
                       post.prompt_tokens + 0.5 * (post.response_tokens + post.longest_response))
          : why_count("tail step", 0.0, "no response is longer than the mean");
  const Why batch = why_formula(
      kBatch, "batch", s(r.overhead + r.prefill + (post.response_tokens - 1.0) * r.decode_step),
      {{"overhead", engine_why(*r.replica.engine, "request_overhead_ms", s(r.overhead), "s")},
       {"prefill", prefill},
       {"response", response},
       {"decode_step", decode}});
  return why_formula(
      kGeneration, "generation", s(r.generation),
      {{"sequences", why_search("sequences of a replica", r.sequences, "",
                                "of a round, over the replicas, rounded up", {})},
       {"in_flight", why_search("in flight", r.in_flight, "",
                                "that the cache and the engine's limit hold, or all", {})},
       {"batch", batch},
       {"tail_tokens", why_search("tail", tail, "tokens", "longest response less the mean", {})},
       {"tail_step", last}});
}

void write_rollout(ObjectWriter out, const Rollout& r) {
  const auto count = [&](std::string_view key, double v, const char* note) {
    out.number(key, v, why_count(std::string(key), v, note));
  };
  out.text("engine", r.replica.engine->id);
  out.text("layout", describe(r.replica.layout));
  count("replicas", r.replicas, "GPUs of the job over those of a replica");
  count("sequences", r.sequences, "of a round on the fullest replica");
  count("in_flight", r.in_flight, "of them at once");
  count("cached_tokens", r.cached_tokens, "of a prompt, by the others of its group");
  count("memory_fraction", r.memory_fraction, "of the card that the engine may use");
  out.flag("states_on_host", r.states_on_host);
  count("states_bytes", r.states.in(units::B), "training states of one GPU");
  count("engine_weights_bytes", r.engine_weights.in(units::B), "of one GPU");
}

}  // namespace

std::vector<std::pair<std::string, Why>> why_side_models(const TrainOption& o) {
  std::vector<std::pair<std::string, Why>> out;
  const StageMemory& m = o.memory.memory;
  for (const SideModel& side : o.job.post->models) {
    const std::string key(name_of(side.role));
    if (side.trained()) {
      out.emplace_back(key, why_search(key, m.critic.in(units::B), "B",
                                       "its weights, states and what its update needs beyond the "
                                       "policy's fullest moment",
                                       {}));
      continue;
    }
    const Bytes row = side.role == SideRole::kReference ? m.reference : m.reward;
    out.emplace_back(key, why_frozen(o, side, row));
  }
  return out;
}

Why why_dataset_tokens(const TrainRequest& r, const TrainSpec& spec) {
  const double rounds = r.post.asked() ? dbl(r.post.epochs) : 1.0;
  return why_formula(
      kDataset, "tokens", tokens_of(r, spec),
      {{"examples", asked("examples", r.dataset, "", "--dataset-size")},
       {"epochs", asked("epochs", r.epochs, "", "--epochs")},
       {"sequences_per_example",
        why_count("sequences per example", sequences_per_example(r), "by the objective")},
       {"round_epochs", asked("round epochs", rounds, "", "--round-epochs")},
       {"sequence", asked("sequence", spec.sequence, "tokens", "--seq")}});
}

void write_round(ObjectWriter out, const TrainOption& o, const PostRequest& request) {
  const PostTraining& post = *o.job.post;
  const PostRound& round = *o.round;
  out.text("objective", name_of(post.objective));
  out.list("models");
  for (const SideModel& side : post.models) {
    ObjectWriter row = out.append("models");
    row.text("role", name_of(side.role));
    row.text("model", side.model ? side.model->name : o.job.model->name);
    row.text("weights", side.shared              ? "those of the policy, no adapters"
                        : side.trained()         ? "trained"
                        : post.offload           ? "on the host"
                        : o.job.layout.zero >= 3 ? "sharded"
                                                 : "a copy per replica");
  }
  const Why sequences =
      why_search("sequences", round.train.sequences, "", "--round-sequences or a global batch", {});
  out.number("sequences", round.train.sequences, sequences);
  const Why updates = why_formula(
      kUpdates, "updates", round.train.updates,
      {{"sequences", sequences},
       {"epochs", asked("epochs", post.epochs, "", "--round-epochs")},
       {"global_batch", asked("global batch", o.job.spec.global_batch, "", "--global-batch")}});
  out.number("updates", round.train.updates, updates);
  const Why generation = post.generates() ? why_generation(o, request) : nullptr;
  const auto update = [&](const char* label, Seconds total, Seconds step) {
    return why_formula(kUpdate, label, s(total),
                       {{"updates", updates},
                        {"step_time", why_search("step time", s(step), "s",
                                                 "one optimizer step, as step_parts_s has it for "
                                                 "the policy",
                                                 {})}});
  };
  WhyInputs parts;
  const TrainRound& t = round.train;
  const auto has = [&](SideRole role) {
    for (const SideModel& side : post.models)
      if (side.role == role) return true;
    return false;
  };
  if (generation) {
    parts.emplace_back("generation", generation);
    const Rollout& r = round.rollout;
    if (r.swap > Seconds{})
      parts.emplace_back("swap", why_formula(kSwap, "swap", s(r.swap),
                                             {{"states", why_search("states", r.states.in(units::B),
                                                                    "B", "of one GPU", {})},
                                              {"host_link", gpu_host_link_why(*o.job.gpu)}}));
    if (r.weight_sync > Seconds{})
      parts.emplace_back("weight_sync", why_search("weight sync", s(r.weight_sync), "s",
                                                   "the engine's weights gathered from the ranks "
                                                   "that hold one copy",
                                                   {}));
    parts.emplace_back("old_log_probs", why_forward("old log-probabilities", t.old_log_probs));
  }
  if (has(SideRole::kReference))
    parts.emplace_back("reference", why_forward("reference", t.reference));
  if (has(SideRole::kReward)) parts.emplace_back("reward", why_forward("reward", t.reward));
  if (has(SideRole::kCritic)) parts.emplace_back("values", why_forward("values", t.values));
  if (t.loading > Seconds{})
    parts.emplace_back("loading",
                       why_formula(kLoading, "loading", s(t.loading),
                                   {{"weights", why_search("weights", t.loaded.in(units::B), "B",
                                                           "frozen, of one GPU", {})},
                                    {"host_link", gpu_host_link_why(*o.job.gpu)}}));
  parts.emplace_back("policy_update", update("policy update", t.policy_update, o.step.total));
  if (has(SideRole::kCritic))
    parts.emplace_back("critic_update", update("critic update", t.critic_update, t.critic_step));
  const Why total = why_sum("round", s(round.total()), "s", std::move(parts));
  ObjectWriter rows = out.object("parts_s");
  for (const auto& [key, why] : total->inputs) rows.number(key, why->value, why);
  out.number("round_s", total->value, total);
  if (!generation) return;
  const double share = generation->value / total->value;
  out.number(
      "rollout_share", share,
      why_formula(kShare, "rollout share", share, {{"generation", generation}, {"round", total}}));
  if (round.rollout.replica.engine != nullptr) write_rollout(out.object("rollout"), round.rollout);
}

std::span<const Formula> post_formulas() { return kFormulas; }

}  // namespace gpusize::plan
