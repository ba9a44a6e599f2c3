#pragma once
// Time of one optimizer step, part by part.

#include "gpusize/train/block.hpp"
#include "gpusize/train/memory.hpp"

namespace gpusize {

/// Parts of one optimizer step on the slowest path; they add up to `total`.
struct TrainStep {
  Seconds forward;   ///< kernels of all passes
  Seconds backward;  ///< without recomputation
  Seconds recompute;
  Seconds communication;  ///< inside passes, not hidden: tensor, context, expert ranks
  Seconds bubble;         ///< stages that wait
  Seconds gradients;      ///< data-parallel traffic, not hidden
  Seconds optimizer;
  Seconds host;  ///< launches and per-step work that the GPU waits for
  Seconds total;
  Flops model_flops;           ///< forward and backward of the whole job, recomputation left out
  Flops hardware_flops;        ///< with recomputation
  Flops attention_flops;       ///< of `model_flops`: attention over causal pairs
  Flops attention_recomputed;  ///< of what `hardware_flops` has beyond `model_flops`
  double tokens = 0.0;         ///< per step
};

/// The whole step. `costs` are of this job.
TrainStep train_step(const TrainJob& job, const ModelCosts& costs);

/// Parts of one forward pass over a global batch that keeps nothing for a backward pass.
struct ForwardStep {
  Seconds kernels;
  Seconds communication;  ///< not hidden: inside passes, between stages
  Seconds bubble;
  Seconds gather;  ///< sharded weights, not hidden
  Seconds host;    ///< launches that kernels do not cover
  [[nodiscard]] Seconds total() const { return kernels + communication + bubble + gather + host; }
};
ForwardStep forward_step(const TrainJob& job, const ModelCosts& costs);

/// Bubble relative to the useful time of equal stages: (p - 1) / (m v) for 1F1B and GPipe
/// (arXiv:2104.04473 sec. 2.2).
double bubble_fraction(const TrainLayout& layout, double microbatches);

}  // namespace gpusize
