#pragma once
// What one GPU of a replica holds, and how much KV cache that leaves.

#include <cstddef>
#include <cstdint>

#include "gpusize/core/formula.hpp"
#include "gpusize/core/quantity.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/ops/tensors.hpp"

namespace gpusize {

/// The largest step that activations must have room for.
struct ActivationPeak {
  double tokens = 0.0;      ///< tokens of one step on one GPU
  double logit_rows = 0.0;  ///< rows sampled at once
};

/// Rows of one GPU's memory. `capacity` is the sum of weights, kv_cache, activations, runtime and
/// free, exactly; `usable` is what the engine's memory rule lets the replica take.
struct MemoryPerGpu {
  Bytes capacity;
  Bytes usable;
  Bytes weights;
  Bytes kv_cache;
  Bytes activations;
  Bytes runtime;  ///< context, graphs and communication buffers
  Bytes free;     ///< negative when it does not fit

  Bytes context;
  Bytes graphs;
  Bytes communication;
  WeightBytes weights_by_role;
  Bytes kv_room;          ///< largest KV pool the engine would make (0 when nothing is left)
  double fraction = 1.0;  ///< the memory fraction applied
  [[nodiscard]] bool weights_fit() const { return kv_room > Bytes{}; }
};

/// The moment of a layer at which most activations are alive at once.
struct WidestMoment {
  enum class What : std::uint8_t { kAttention, kFfn, kExperts };
  What what = What::kAttention;
  std::size_t kind = 0;   ///< index into ModelSpec::kinds
  double elements = 0.0;  ///< per token, on one GPU, without the residual stream
};
WidestMoment widest_moment(const Deployment& deployment);

/// Peers of a GPU in its pipeline stage and node, the first one left out: each takes buffers of the
/// communication library.
double further_peers(const Deployment& d);

/// SGLang's default of mem_fraction_static from card and settings (server_args.py): what it keeps
/// for activations and graphs.
struct SglangReserve {
  double total_mib = 0.0;
  double chunk_tokens = 0.0;
  double gpus = 0.0;
  double graph_batch = 0.0;     ///< largest decode batch that graphs are captured for
  double dp_graph_batch = 0.0;  ///< that times the attention-DP ranks; 0 without attention DP
  double floor_mib = 0.0;       ///< least that large cards keep
  double reserved_mib = 0.0;
  double fraction = 0.0;
};
SglangReserve sglang_reserve(const Deployment& deployment);

/// Peak transient memory of one step: the widest moment of a layer, or the logits, whichever is
/// larger. Buffers are those of a fused implementation; see docs/formulas.md (mem.activations).
Bytes activation_bytes(const Deployment& deployment, const ActivationPeak& peak);

/// The peak that the engine's own limits imply (serving).
ActivationPeak engine_peak(const Deployment& deployment);

/// Memory with a KV cache of `kv_needed` bytes per GPU (pass the whole pool to fill it).
MemoryPerGpu memory_per_gpu(const Deployment& deployment, const ActivationPeak& peak,
                            Bytes kv_needed);
/// The same with the weights already counted (a search counts them once per layout).
MemoryPerGpu memory_per_gpu(const Deployment& deployment, const ActivationPeak& peak,
                            Bytes kv_needed, const WeightBytes& weights);

/// Sequences of `tokens` tokens that the KV room of one GPU holds (per attention-DP rank and over
/// all pipeline microbatches).
std::int64_t sequences_that_fit(const Deployment& deployment, Bytes kv_room, std::int64_t tokens);

/// Tokens that the KV room holds, all layers of the fullest stage.
std::int64_t kv_tokens_that_fit(const Deployment& deployment, Bytes kv_room);

}  // namespace gpusize
