#pragma once
// Memory of one GPU of each pipeline stage while training: states, activations at the fullest
// moment, buffers. The parts add up exactly.

#include <cstdint>
#include <string_view>
#include <vector>

#include "gpusize/train/block.hpp"

namespace gpusize {

/// Parameters that one GPU of a stage holds.
struct StageParameters {
  double dense = 0.0;  ///< outside experts and embeddings
  double experts = 0.0;
  double embedding = 0.0;      ///< input embedding and position tables
  double head = 0.0;           ///< output projection, unless tied to an embedding on this stage
  double norms = 0.0;          ///< of `dense`: norms, biases, routers
  double adapters = 0.0;       ///< trained beside frozen weights
  double largest_layer = 0.0;  ///< gathered at once under ZeRO-3
  double casts = 0.0;          ///< cast for each use under autocast

  [[nodiscard]] double total() const { return dense + experts + embedding + head; }
};
StageParameters stage_parameters(const TrainJob& job, std::int64_t stage);
/// Of the rank that runs a stage: under DualPipe of the stage and its mirror image.
StageParameters rank_parameters(const TrainJob& job, std::int64_t stage);

/// When a GPU is fullest.
enum class PeakMoment : std::uint8_t {
  kForwardEnd,
  kLossBackward,
  kFirstBackward,
  kLastBackward,
  kUpdate
};
std::string_view name_of(PeakMoment moment);

struct StageMemory {
  Bytes parameters;
  Bytes gradients;
  Bytes optimizer;  ///< moments and master weights
  Bytes activations;
  Bytes logits;
  Bytes communication;
  Bytes other;      ///< copies of weights in the compute format, workspaces, allocator rounding
  Bytes reference;  ///< of post-training: what the models beside the trained one add to this moment
  Bytes reward;
  Bytes critic;
  PeakMoment moment = PeakMoment::kUpdate;
  double passes_in_flight = 1.0;  ///< microbatches whose activations are held
  Bytes host;                     ///< offloaded, on the host

  [[nodiscard]] Bytes total() const {
    return parameters + gradients + optimizer + activations + logits + communication + other +
           reference + reward + critic;
  }
};

/// One GPU of stage `stage` (0 first), with the models that post-training holds beside.
StageMemory stage_memory(const TrainJob& job, const ModelCosts& costs, std::int64_t stage);
/// The fullest stage, and which it is.
struct FullestStage {
  StageMemory memory;
  std::int64_t stage = 0;
};
FullestStage training_memory(const TrainJob& job, const ModelCosts& costs);

/// Microbatches whose activations stage `stage` holds at once.
double passes_in_flight(const TrainLayout& layout, double microbatches, std::int64_t stage);

/// Layers of each kind on a stage.
std::vector<double> stage_kinds(const TrainJob& job, std::int64_t stage);

}  // namespace gpusize
