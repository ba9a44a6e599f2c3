#pragma once
// What to train on: layouts, cards and counts searched, ranked by cost or time.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/catalog/framework.hpp"
#include "gpusize/spec/training_files.hpp"
#include "gpusize/tco/cost.hpp"
#include "gpusize/train/step.hpp"

namespace gpusize {

/// A value of the request that a file stated.
struct TrainStatement {
  std::string input;  ///< the request's field, as in `inputs`
  TrainSetting setting;
  bool overridden = false;  ///< the user said otherwise
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
  double rollout_tokens = 0.0;        ///< generated per trained token (GRPO, PPO, DPO pairs: 0)
  double rollout_tokens_per_s = 0.0;  ///< of one GPU that generates
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

/// One way to train.
struct TrainOption {
  TrainJob job;
  TrainStep step;
  FullestStage memory;
  double steps = 0.0;
  double goodput = 1.0;        ///< share of the time that makes progress
  Seconds duration;            ///< of the whole run, failures included; zero without tokens
  std::optional<Usd> cost;     ///< nothing: no price known
  Joules energy;               ///< at the meter, PUE included
  double rollout_share = 0.0;  ///< of the GPU time that generates
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
