#pragma once
// How a training framework turns a model's operators into kernels, buffers and communication.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/engine.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// A training profile: every number is in `facts` too, with its source.
struct FrameworkProfile {
  std::string id;
  std::string name;
  std::string version;
  std::vector<std::string> aliases;
  std::int64_t first_year = 0;  ///< of runs that the profile describes
  std::int64_t last_year = 9999;
  std::vector<EngineFact> facts;

  bool eager = false;  ///< one kernel per elementary operation, as model code in PyTorch writes it
  bool persistent_gradients = false;  ///< gradient buffers exist before the first backward pass
  bool fp32_gradients = false;        ///< 16-bit weights accumulate their gradients in fp32
  bool sequence_parallel = false;     ///< norms and residuals are split over the tensor ranks
  bool torch_allocator = false;       ///< blocks are rounded as PyTorch's caching allocator does
  bool fp32_adapters = false;         ///< LoRA matrices are kept and multiplied in fp32 (PEFT)
  bool amp_default = false;           ///< mixed precision means fp32 weights under autocast
  bool sharded_default = false;       ///< parameters are sharded over data-parallel ranks
  bool unfused_attention = false;     ///< scores are written to memory
  bool unfused_sinks = false;         ///< attention with learned sinks writes its scores
  bool weights_before_down = false;   ///< router weights enter before the experts' down projection

  Seconds host_forward;             ///< host time per kernel of a forward pass
  Seconds host_backward;            ///< host time per kernel of a backward pass
  Seconds host_checkpoint;          ///< host time per recomputed layer, besides its kernels
  Seconds host_adapter;             ///< host time per kernel of an adapter
  Seconds step_overhead;            ///< per optimizer step: data, logging, clipping
  double attention_forward = 1.0;   ///< attention time against the rates' kernel
  double attention_backward = 2.5;  ///< backward time against that forward time
  double gemm_rate = 1.0;           ///< share of the rates' GEMM speed
  double elementwise_traffic = 1.0;
  double kept_logits = 4.0;      ///< bytes per logit kept from forward to backward
  double forward_logits = 10.0;  ///< bytes per logit alive at once while the loss is computed
  double backward_logits = 12.0;
  double dp_overlap = 0.0;  ///< share of the backward pass that hides gradient traffic
  double tp_overlap = 0.0;  ///< share of tensor-parallel traffic hidden behind GEMMs
  double ep_overlap = 0.0;
  double cp_overlap = 0.0;
  double free_routing = 1.0;  ///< time of the fullest expert rank against the mean, free routing
  double pipeline_buffers = 0.0;  ///< copies of a pass's input and output that the pipeline holds
  double scale_loss = 0.0;        ///< relative time lost per doubling of nodes
  Bytes workspace;                ///< GEMM workspaces
  Bytes communicators;            ///< NCCL buffers per GPU of a job with several
  double fragmentation = 0.0;     ///< of the peak, beyond what is allocated

  /// The fact under `key`, or null.
  [[nodiscard]] const EngineFact* fact(std::string_view key) const;
};

/// One data file; problems go to `out`.
std::optional<FrameworkProfile> read_framework(const Document& document, Diagnostics& out);
/// The compiled-in profiles. Fails only if the build was broken.
Result<std::vector<FrameworkProfile>> shipped_frameworks();
/// By id or alias, any spelling. Fails with `cat-unknown-framework` (near match offered).
Result<const FrameworkProfile*> find_framework(const std::vector<FrameworkProfile>& profiles,
                                               std::string_view name);

}  // namespace gpusize
