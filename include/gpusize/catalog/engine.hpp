#pragma once
// How an inference engine turns kernels into steps: host time, memory rule, scheduling defaults.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/matrix_padding.hpp"
#include "gpusize/core/dtype.hpp"
#include "gpusize/core/provenance.hpp"
#include "gpusize/core/quantity.hpp"

namespace gpusize {

/// What the engine's memory fraction multiplies: three engines mean three different things by it.
enum class MemoryRule : std::uint8_t {
  kAll,              ///< no reservation: what is left after weights and activations
  kFractionOfTotal,  ///< vLLM: fraction of the card for everything
  kStaticFraction,   ///< SGLang: fraction of the card for weights and KV pool
  kFractionOfFree,   ///< TensorRT-LLM: fraction of what weights and activations leave
};
std::string_view name_of(MemoryRule rule);

/// A number of an engine profile with its source.
struct EngineFact {
  std::string key;
  double value = 0.0;
  std::string unit;
  NumberKind kind = NumberKind::kAssumed;
  Source source;
  Confidence confidence = Confidence::kUnverified;
  std::string note;
};

struct EngineProfile {
  std::string id;
  std::string name;
  std::string version;         ///< which versions the defaults describe
  std::string earlier_of;      ///< id of the profile that describes newer versions; empty: none
  std::string before;          ///< then: versions below this one (`0.21`)
  std::int64_t last_year = 0;  ///< then: runs up to this year, newer versions came later
  std::vector<std::string> aliases;
  std::vector<std::string> vendors;                 ///< card vendors it runs on
  std::vector<std::string> architectures_excluded;  ///< cards of these vendors it does not run on
  std::vector<EngineFact> facts;                    ///< every number below, with its source
  std::vector<PaddingRule> padding;                 ///< of packed expert weights, by card

  bool bare_kernels = false;  ///< no scheduler, server or memory manager (`cuda-graph`)
  bool continuous_batching = true;
  bool chunked_prefill = true;
  bool prefill_first = false;   ///< new prompts stop running decodes instead of sharing their steps
  bool unsplit_decode = false;  ///< decode attention without split-KV on a full card (PyTorch)
  bool row_scaled_gemm = false;  ///< 8-bit products are PyTorch's, scaled by row and column
  bool unfused_experts = false;  ///< experts are PyTorch's operators one by one
  /// Over several GPUs it puts whole layers on each, and the parts of a prompt follow each other.
  bool splits_layers = false;
  bool cuda_graphs = true;  ///< decode steps are replayed graphs
  bool narrow_kv = false;   ///< served with an fp8 KV cache beside weights of 8 bits and less

  Seconds host_per_step;          ///< scheduler, sampling, output handling that the GPU waits for
  Seconds host_per_sequence;      ///< more of it per running sequence
  Seconds host_per_prefill_step;  ///< a step with new prompts costs more
  Seconds request_overhead;       ///< HTTP, tokenising: part of TTFT
  Seconds collective_wait;        ///< GPUs of a replica arrive at a collective apart
  Bytes one_shot_limit;           ///< larger sums go through the library's ring; 0: the faster one
  Seconds eager_launch;           ///< per kernel when graphs do not cover the step
  Seconds latent_eager_launch;    ///< the same of models with latent attention; 0: no other
  double elementwise_traffic = 1.0;   ///< bytes of norms and activations against ideally fused ones
  double elementwise_launches = 1.0;  ///< kernels per elementwise operator
  double quantise_launches =
      1.0;  ///< kernels per activation quantisation; below 1: the rest is fused
  double routing_launches = 0.0;  ///< kernels that choose experts, per layer; 0: as elementwise
  double row_reduction = 1.0;  ///< row-serial time of norms against the kernels of the rates' fit
  double gemm_rate =
      1.0;            ///< share of the vendor library's GEMM compute rate that its kernels reach
  Bytes score_bytes;  ///< memory traffic of each score of a prompt's attention; 0: it is fused
  double packed_heads = 0.0;  ///< the one number of query heads per KV head that its decode
                              ///< attention takes together; 0: takes any
  Seconds lone_token;         ///< then: of others, an SM's time for a token of one query head

  MemoryRule memory_rule = MemoryRule::kAll;
  std::optional<double> memory_fraction;  ///< nothing: by SGLang's formula from the card
  std::int64_t kv_block_tokens = 1;
  Bytes context_bytes;           ///< driver context and libraries, outside any pool
  Bytes graph_bytes;             ///< CUDA graph pools
  Bytes communication_bytes;     ///< per GPU when a replica has several GPUs
  Bytes communication_per_peer;  ///< more of it for each peer in the node after the first
  Bytes logit_entry;             ///< peak bytes per row x vocabulary entry while sampling
  std::int64_t max_batched_tokens_large =
      0;  ///< cards of 70 GiB and more (vLLM's rule); 0: no limit
  std::int64_t max_batched_tokens_small = 0;
  std::int64_t max_sequences_large = 0;
  std::int64_t max_sequences_small = 0;

  /// The fact under `key`, or null.
  [[nodiscard]] const EngineFact* fact(std::string_view key) const;
  /// How expert matrices of a format are padded on cards of an architecture, or null.
  [[nodiscard]] const PaddingRule* padding_of(Dtype storage, std::string_view architecture) const;
};

}  // namespace gpusize
