#pragma once
// Reasons of a training option's numbers.

#include "gpusize/plan/train_plan.hpp"

namespace gpusize::plan {

/// Reasons of one option, built once.
struct TrainWhys {
  Why step_time, low, high;
  Why tokens_per_s, mfu, hfu, bubble;
  Why parameters, gradients, optimizer, activations, logits, communication, other, total;
  Why capacity;
  std::vector<std::pair<std::string, Why>> side_models;  ///< memory of post-training's
};
TrainWhys why_training(const TrainOption& option);

/// Relative band of a step's time.
struct TrainBand {
  double low = -0.2;
  double high = 0.25;
};
TrainBand train_band(const TrainOption& option);

/// Model FLOPs over the dense 16-bit peak.
double utilisation(const TrainOption& option, Flops flops);

}  // namespace gpusize::plan
