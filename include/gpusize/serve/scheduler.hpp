#pragma once
// What an engine puts into its next step: one policy per engine, each in a file of its own with one
// row in the table.

#include <cstdint>
#include <span>
#include <string_view>

#include "gpusize/catalog/engine.hpp"

namespace gpusize {

class Rank;

/// Limits of one scheduler (one attention-DP rank of one pipeline microbatch).
struct EngineLimits {
  std::int64_t step_tokens = 8192;  ///< most tokens of one step
  std::int64_t sequences = 1024;    ///< most sequences that run at once
  std::int64_t block_tokens = 16;
  std::int64_t blocks = 1'000'000;  ///< of the KV cache
  double tokens_per_step = 1.0;     ///< of one sequence; above 1 with speculative decoding
  std::int64_t checked_tokens = 1;  ///< tokens per sequence that a decode step computes
  bool prefix_cache = true;
  /// Of attention-DP ranks in lockstep: a prompt waits until every rank has one, at most so many
  /// steps; 0: it never waits.
  std::int64_t prompt_wait_steps = 0;
};

struct SchedulerPolicy {
  std::string_view name;     ///< of the engine profile it models
  std::string_view summary;  ///< one line for documents and help
  void (*plan)(Rank& rank);
};

std::span<const SchedulerPolicy> scheduler_policies();
/// The policy of this engine; engines without one of their own get vLLM's when they batch
/// continuously, SGLang's when prompts go first, else the static batch.
const SchedulerPolicy& policy_for(const EngineProfile& engine);
/// By name; null when unknown.
const SchedulerPolicy* find_policy(std::string_view name);

}  // namespace gpusize
