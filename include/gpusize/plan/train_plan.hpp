#pragma once
// What to train on: layouts, cards and counts searched, ranked by cost or time.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/catalog/framework.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/spec/training_files.hpp"
#include "gpusize/tco/cost.hpp"
#include "gpusize/train/post_training.hpp"

namespace gpusize {

/// A value of the request that a file stated.
struct TrainStatement {
  std::string input;  ///< the request's field, as in `inputs`
  TrainSetting setting;
  bool overridden = false;  ///< the user said otherwise
};

/// What is asked of post-training; without an objective nothing else counts.
struct PostRequest {
  std::string objective;          ///< dpo, grpo or ppo
  double prompt_tokens = 0.0;     ///< mean of a prompt
  double response_tokens = 0.0;   ///< mean of a response
  double longest_response = 0.0;  ///< of a round; 0: all as long as the mean
  std::int64_t group = 8;         ///< GRPO's responses to one prompt
  double round_sequences = 0.0;   ///< generated before each update; 0: a global batch
  std::int64_t epochs = 1;        ///< times that a round is trained on
  bool no_reference = false;      ///< no KL term, no reference model
  bool offload = false;           ///< frozen models wait in host memory
  std::string reward_model;       ///< empty: PPO as large as the policy, GRPO by rules
  std::string critic_model;       ///< empty: as large as the policy
  std::shared_ptr<const ModelSpec> reward, critic;  ///< of these names, loaded
  std::string engine = "auto";                      ///< that generates
  std::string weights;                              ///< formats that it serves; empty: 16 bits
  double rate = 0.0;  ///< tokens/s of one GPU that generates, measured; 0: estimated

  [[nodiscard]] bool asked() const { return !objective.empty(); }
};

/// What a user asks of `train`, or of `estimate --phase train` (one point).
struct TrainRequest {
  std::string model;
  std::vector<std::string> overrides;
  std::vector<std::string> from;     ///< files of a run (train_files.hpp)
  std::vector<std::string> gpus;     ///< cards to try; empty: every card with a known price
  std::vector<std::int64_t> counts;  ///< numbers of GPUs to try; empty: powers of two
  std::int64_t max_gpus = 4096;
  double tokens = 0.0;  ///< to train on; 0: per step only
  double sequence = 4096.0;
  double global_batch = 0.0;  ///< sequences; 0: 4 million tokens, at least one per rank
  std::string method = "full";
  std::string precision;  ///< empty: as the framework and method do
  std::string optimizer = "adamw";
  std::string moments;           ///< fp32, bf16 or fp8, or two of them; empty: by precision
  std::string activation_cache;  ///< fp8 or 16bit; empty: by precision
  std::string recompute;         ///< empty: searched
  std::vector<std::string> recompute_parts;  ///< of selective recomputation; empty: the usual ones
  std::string framework = "auto";
  std::string attention = "flash";  ///< or `unfused`
  std::string schedule;             ///< empty: 1F1B, interleaved where chunks are asked for
  std::int64_t lora_rank = 16;
  bool lora_experts = false;
  bool mtp = false;
  bool offload = false;
  PostRequest post;
  double dataset = 0.0;  ///< examples in the data set: with `epochs` instead of `tokens`
  double epochs = 1.0;   ///< times that the data set is gone through
  std::optional<std::int64_t> tp, pp, cp, ep, etp, dp, interleave, micro_batch, zero;
  std::optional<std::int64_t> accumulation;  ///< passes per step, where no global batch is given
  std::optional<std::int64_t> shard_group;   ///< ranks that share one copy; 0: those of a node
  std::optional<bool> sequence_parallel;     ///< nothing: as the framework does
  std::optional<double> deadline_days;
  std::optional<double> budget_usd;
  std::string rank_by = "cost";  ///< or `time`
  PriceBasis basis = PriceBasis::kOnDemand;
  std::string tier;
  std::string region = "USA";
  std::int64_t top = 10;
  bool all_layouts = false;  ///< every micro batch, schedule, shard group, set of recomputed parts
  bool exhaustive = false;   ///< no pruning: for tests
  bool one_point = false;    ///< degrees that are not set are 1
  std::vector<TrainStatement> statements;  ///< what the files stated
  std::vector<TrainGap> gaps;              ///< what of them is not sized
  std::vector<std::string> notes;
};

/// How the policy's responses are generated between updates, on the GPUs that train it.
struct Rollout {
  Deployment replica;  ///< engine null: the rate was given
  double replicas = 0.0;
  double sequences = 0.0;      ///< of the fullest replica
  double in_flight = 0.0;      ///< of them at once
  double cached_tokens = 0.0;  ///< of a prompt, by the rest of its group
  Seconds overhead;            ///< of a batch: request handling
  Seconds prefill;             ///< prompts of all in flight
  Seconds decode_step;         ///< at half of the response
  Seconds tail_step;           ///< one sequence in flight
  Seconds generation;
  bool states_on_host = false;   ///< training states leave the card while the engine runs
  Bytes states;                  ///< of them, one GPU
  Seconds swap;                  ///< to the host and back
  Bytes engine_weights;          ///< one GPU
  Seconds weight_sync;           ///< new weights to the engine's layout
  double memory_fraction = 0.0;  ///< of the card that the engine may use

  [[nodiscard]] Seconds total() const { return generation + swap + weight_sync; }
};

/// One round of post-training.
struct PostRound {
  TrainRound train;
  Rollout rollout;  ///< zero where nothing is generated
  [[nodiscard]] Seconds total() const { return train.total() + rollout.total(); }
};

/// One way to train.
struct TrainOption {
  TrainJob job;
  TrainStep step;
  FullestStage memory;
  double steps = 0.0;
  double goodput = 1.0;            ///< share of the time that makes progress
  Seconds duration;                ///< of the whole run, failures included; zero without tokens
  std::optional<Usd> cost;         ///< nothing: no price known
  Joules energy;                   ///< at the meter, PUE included
  std::optional<PostRound> round;  ///< of post-training
};

/// What stood in the way of an answer.
struct TrainObstacle {
  std::string gpu;
  std::int64_t gpus = 0;
  std::string what;  ///< `memory`, `deadline`, `budget`, `layout`
  double needed = 0.0;
  double available = 0.0;
  std::string unit;
  TrainLayout layout;
  std::string recompute;
};

/// The framework, method and formats of a request.
struct TrainChoice {
  const FrameworkProfile* framework = nullptr;
  TrainSpec spec;
  std::shared_ptr<const PostTraining> post;  ///< nothing: the next token is learned
  std::vector<std::string> notes;
};

struct TrainPlan {
  std::vector<TrainOption> options;  ///< ranked, the best layout of each card and count first
  std::vector<TrainObstacle> rejected;
  std::optional<TrainOption> nearest;  ///< of an infeasible ask: the cheapest that works at all
  std::string nearest_note;
  std::optional<TrainOption> fewest;  ///< of an infeasible ask: the fewest GPUs of any other card
  double covered = 0.0;               ///< points of the space
  double estimated = 0.0;             ///< of them, those whose time was computed
  TrainChoice choice;
};

/// Checks names and numbers. Fails with `train-...` diagnostics.
Result<TrainChoice> resolve_training(const std::vector<FrameworkProfile>& frameworks,
                                     const ModelSpec& model, const TrainRequest& request);

/// Searches. `frameworks` outlives the plan.
Result<TrainPlan> plan_training(const Catalog& catalog,
                                const std::vector<FrameworkProfile>& frameworks,
                                const ModelSpec& model, const TrainRequest& request);

/// Share of the time that makes progress: checkpoints at the best interval, lost work and restarts
/// (Daly, "A higher order estimate of the optimum checkpoint interval", 2006).
double goodput_of(const Catalog& catalog, std::int64_t gpus);

std::span<const Formula> train_formulas();

}  // namespace gpusize
