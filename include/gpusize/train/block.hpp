#pragma once
// What one microbatch costs in one block (a layer, the embedding, the head) on one GPU: time
// forward and backward, tensors kept for the backward pass, FLOPs, traffic. Everything comes from
// the operator graph; see docs/training.md for the rules.

#include <string_view>
#include <vector>

#include "gpusize/core/quantity.hpp"
#include "gpusize/hw/device.hpp"
#include "gpusize/ops/graph.hpp"
#include "gpusize/train/job.hpp"

namespace gpusize {

/// When a kept tensor is not kept after all.
enum class KeptUnless : std::uint8_t {
  kAlways,
  kCoreAttention,
  kNorms,
  kActivation,
  kFfn,
  kSharedExpert,
  kUpProjection
};

/// A tensor that the backward pass of one block needs.
struct SavedTensor {
  std::string_view op;    ///< operator that keeps it
  std::string_view what;  ///< `input`, `query`, ...
  double elements = 0.0;  ///< on this GPU, one microbatch
  double element_bytes = 2.0;
  double count = 1.0;  ///< equal tensors
  KeptUnless unless = KeptUnless::kAlways;
  bool in_ffn = false;

  [[nodiscard]] Bytes bytes() const { return Bytes::from_base(elements * element_bytes * count); }
};

/// Collective time by what it goes over.
struct LinkTimes {
  Seconds tensor;
  Seconds expert;
  Seconds context;
  [[nodiscard]] Seconds total() const { return tensor + expert + context; }
};

/// One operator's share, for listings.
struct TrainOperator {
  std::string_view name;
  Seconds forward;
  Seconds backward;
  Flops flops;  ///< forward
};

struct BlockCost {
  Seconds forward;           ///< kernels
  Seconds backward;          ///< kernels, without recomputation
  Seconds weight_gradients;  ///< of `backward`: what zero-bubble schedules can move
  Seconds recompute;         ///< kernels run again under the job's recomputation
  LinkTimes link_forward;
  LinkTimes link_backward;
  LinkTimes link_recompute;
  double forward_kernels = 0.0;  ///< launched one by one
  double backward_kernels = 0.0;
  double adapter_kernels = 0.0;  ///< forward, of adapters
  Flops flops;                   ///< forward, one GPU: 2 per multiply-add, causal pairs once
  Flops frozen_flops;            ///< of `flops`: no weight gradient follows
  Flops recomputed_flops;
  Flops attention_flops;  ///< of `flops`: products of queries with keys and of scores with values
  double input_elements = 0.0;   ///< of the residual stream at its start, on this GPU
  double widest_elements = 0.0;  ///< largest tensor between two kernels
  std::vector<SavedTensor> tensors;
  std::vector<TrainOperator> operators;

  /// Kept from forward to backward under `spec`; `residual` bytes per element of the stream.
  [[nodiscard]] Bytes kept(const TrainSpec& spec, double residual, bool rounded) const;
  /// Alive while this block's backward pass runs, whatever is recomputed.
  [[nodiscard]] Bytes whole(bool rounded) const;
};

/// All blocks of a model under a job's layout and micro batch.
struct ModelCosts {
  std::vector<BlockCost> kinds;  ///< one layer of each kind
  BlockCost embedding;
  BlockCost head;               ///< final norm, LM head, loss
  double residual_bytes = 2.0;  ///< per element of the residual stream
  double logits = 0.0;          ///< elements on one GPU
};
ModelCosts model_costs(const TrainJob& job);

/// Whether a tensor is kept from the forward to the backward pass under `spec` (full recomputation
/// keeps none: layers keep their input).
bool is_kept(const SavedTensor& tensor, const TrainSpec& spec);

/// What PyTorch's caching allocator hands out for a tensor: from 10 MiB on, segments of 2 MiB
/// whose rest is given away with the block when it is 1 MiB or less
/// (c10/cuda/CUDACachingAllocator.cpp: kMinLargeAlloc, kRoundLarge, kSmallSize).
double allocated_bytes(double bytes);

}  // namespace gpusize
