#include "plan/train_post.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"
#include "plan/train_rollout.hpp"

namespace gpusize::plan {
namespace {

void need(Diagnostics& out, bool holds, std::string problem, std::string hint) {
  if (!holds) out.push_back(make_error("train-post", std::move(problem), {}, std::move(hint)));
}

bool divides(double whole, double part) { return part >= 1.0 && std::fmod(whole, part) == 0.0; }

/// The models beside the policy.
std::vector<SideModel> side_models(const TrainRequest& r, Objective objective, TrainMethod method) {
  std::vector<SideModel> out;
  const PostRequest& p = r.post;
  const bool adapters = method != TrainMethod::kFull;
  if (!p.no_reference) out.push_back({SideRole::kReference, nullptr, adapters});
  if (objective == Objective::kPpo || p.reward) out.push_back({SideRole::kReward, p.reward, false});
  if (objective == Objective::kPpo) out.push_back({SideRole::kCritic, p.critic, false});
  return out;
}

void check_lengths(Diagnostics& out, const TrainRequest& r) {
  const PostRequest& p = r.post;
  need(out, p.prompt_tokens >= 1.0 && p.response_tokens >= 1.0,
       fmt::format("--objective {} generates: it needs the lengths of prompt and response",
                   p.objective),
       "--prompt-tokens 512 --response-tokens 1024");
  need(out, p.prompt_tokens + p.response_tokens <= r.sequence * (1.0 + 1e-9),
       fmt::format("prompt and response are {:g} tokens, more than the {:g} of a sequence",
                   p.prompt_tokens + p.response_tokens, r.sequence),
       "--seq at least their sum; without --seq it is their sum");
  need(out, p.longest_response <= 0.0 || p.longest_response >= p.response_tokens,
       "--longest-response is below the mean", "the longest response of a round");
}

void check_range(Diagnostics& out, const char* option, double value, double low, double high) {
  need(out, std::isfinite(value) && value >= low && value <= high,
       fmt::format("{} is {:g}", option, value), fmt::format("from {:g} to {:g}", low, high));
}

void check_numbers(Diagnostics& out, const PostRequest& p) {
  check_range(out, "--prompt-tokens", p.prompt_tokens, 0.0, 1e8);
  check_range(out, "--response-tokens", p.response_tokens, 0.0, 1e8);
  check_range(out, "--longest-response", p.longest_response, 0.0, 1e8);
  check_range(out, "--round-sequences", p.round_sequences, 0.0, 1e9);
  check_range(out, "--rollout-rate", p.rate, 0.0, 1e9);
}

void check_counts(Diagnostics& out, const TrainRequest& r, Objective objective) {
  const PostRequest& p = r.post;
  const double batch = r.global_batch;
  const double round = p.round_sequences > 0.0 ? p.round_sequences : batch;
  need(out, batch > 0.0 || r.one_point || r.accumulation.has_value(),
       "post-training needs the number of sequences per optimizer step",
       "--global-batch 512; both of a pair and all of a group count");
  need(out, p.epochs >= 1 && p.epochs <= 1000,
       fmt::format("--round-epochs is {}, expected 1 to 1000", p.epochs), "");
  need(out, p.group >= 1 && p.group <= 1'000'000,
       fmt::format("--group-size is {}, expected 1 or more", p.group), "");
  if (objective == Objective::kDpo) {
    need(out, batch <= 0.0 || divides(batch, 2.0), "--global-batch counts both of a pair",
         "an even number");
    need(out, r.micro_batch.value_or(2) % 2 == 0, "--micro-batch counts both of a pair",
         "an even number");
    return;
  }
  if (batch <= 0.0) return;
  need(out, round >= batch, "--round-sequences is below --global-batch", "a multiple of it");
  if (objective == Objective::kGrpo)
    need(out, divides(round, static_cast<double>(p.group)),
         fmt::format("{:g} sequences of a round are no whole groups of {}", round, p.group),
         "--group-size that divides --global-batch, or --round-sequences");
}

}  // namespace

std::shared_ptr<const PostTraining> resolve_post(Diagnostics& problems, const TrainRequest& r,
                                                 TrainSpec& spec, std::vector<std::string>& notes) {
  const PostRequest& p = r.post;
  const auto objective = objective_from(p.objective);
  if (!objective) {
    const std::vector<std::string> known = objective_names();
    problems.push_back(make_error(
        "train-word", fmt::format("--objective: unknown \"{}\"", printable(p.objective)), {},
        fmt::format("{} one of: {}", did_you_mean(p.objective, known), fmt::join(known, ", "))));
    return nullptr;
  }
  auto out = std::make_shared<PostTraining>();
  out->objective = *objective;
  out->models = side_models(r, *objective, spec.method);
  out->offload = p.offload;
  check_numbers(problems, p);
  check_counts(problems, r, *objective);
  if (!out->generates()) return out;
  check_lengths(problems, r);
  out->prompt_tokens = p.prompt_tokens;
  out->response_tokens = p.response_tokens;
  out->longest_response = p.longest_response;
  out->group = *objective == Objective::kGrpo ? static_cast<double>(p.group) : 1.0;
  out->sequences = p.round_sequences;
  out->epochs = static_cast<double>(p.epochs);
  if (p.rate <= 0.0)
    notes.push_back("rollouts are estimated for the GPUs that train, round after round");
  if (p.longest_response <= 0.0)
    notes.push_back(
        "all responses are taken as long as the mean: a round waits for its longest "
        "(--longest-response)");
  return out;
}

bool splits_pairs(const PostTraining* post, const TrainLayout& layout) {
  return post != nullptr && post->objective == Objective::kDpo && layout.micro_batch % 2 != 0;
}

double sequences_per_example(const TrainRequest& r) {
  if (r.post.objective == "dpo") return 2.0;
  if (r.post.objective == "grpo") return static_cast<double>(r.post.group);
  return 1.0;
}

double tokens_of(const TrainRequest& r, const TrainSpec& spec) {
  if (r.tokens > 0.0) return r.tokens;
  const double rounds = r.post.asked() ? static_cast<double>(r.post.epochs) : 1.0;
  return r.dataset * r.epochs * sequences_per_example(r) * rounds * spec.sequence;
}

std::optional<PostRound> post_round(const Catalog& catalog, const TrainOption& option,
                                    const ModelCosts& costs, const PostRequest& request,
                                    NoRoom& short_of) {
  PostRound out;
  out.train = train_round(option.job, costs, option.step);
  const PostTraining& post = *option.job.post;
  if (!post.generates()) return out;
  if (request.rate > 0.0) {
    const double gpus = static_cast<double>(option.job.layout.gpus());
    out.rollout.generation =
        out.train.sequences * post.response_tokens / (request.rate * gpus) * units::s;
    return out;
  }
  const auto rollout = fastest_rollout(catalog, option, request, out.train.sequences, short_of);
  if (!rollout) return {};
  out.rollout = *rollout;
  return out;
}

}  // namespace gpusize::plan
