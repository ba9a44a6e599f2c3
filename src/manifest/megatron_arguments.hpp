#pragma once
// A training option as the arguments of Megatron-LM's pretrain_gpt.py (megatron/training/
// arguments.py): those that `gpusize train --from` reads.

#include <string>
#include <vector>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/train_plan.hpp"
#include "manifest/arguments.hpp"

namespace gpusize {

/// The fields of a train result's option that a launch takes over.
struct TrainFields {
  std::string gpu;
  std::string framework;
  std::string method;
  std::string precision;
  std::string recompute;
  std::vector<std::string> recompute_parts;
  std::string schedule;
  std::int64_t gpus = 1;
  std::int64_t tp = 1, pp = 1, cp = 1, ep = 1, etp = 1, dp = 1, vpp = 1;
  std::int64_t zero = 0;
  std::int64_t shard_group = 1;
  std::int64_t micro_batch = 1;
  std::int64_t global_batch = 1;
  bool sequence_parallel = false;
  bool offload = false;
};
/// Reads them; what is missing or no number is reported.
TrainFields read_train_option(Node option, Diagnostics& out);

/// The arguments of the run; `manifest-train-*` says what Megatron has no argument for.
Result<std::vector<EngineOption>> megatron_arguments(const ModelSpec& model,
                                                     const TrainFields& option,
                                                     const TrainRequest& request);

}  // namespace gpusize
