#pragma once
// Bytes and FLOPs to seconds on one card: the kernel-time formulas.
// Every form is a sum, product or p-norm of functions that never fall with work, so more work never
// takes less time. Tested: property tests; validation against own H100 kernels and steps.

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/core/formula.hpp"
#include "gpusize/core/work.hpp"

namespace gpusize {

/// How an engine's kernels differ from ideally fused ones (from its profile).
struct KernelStyle {
  double elementwise_traffic = 1.0;
  double elementwise_launches = 1.0;
  double quantise_launches = 1.0;
  double routing_launches = 1.0;
  double row_reduction = 1.0;
  double gemm_rate = 1.0;
  Bytes score_bytes;             ///< see EngineProfile
  double score_rows = 0.0;       ///< queries whose scores are in memory at once
  double packed_heads = 0.0;     ///< see EngineProfile
  Seconds lone_token;            ///< see EngineProfile
  bool unsplit_decode = false;   ///< decode attention without split-KV on a full card
  bool row_scaled_gemm = false;  ///< 8-bit products scaled by row and column, by PyTorch
  bool fast_sums = false;        ///< row-scaled products sum in fewer bits
  bool unfused_experts = false;  ///< experts as PyTorch's operators one by one
  Seconds collective_wait;       ///< until the last GPU has come to a collective
  Bytes one_shot_limit;          ///< see EngineProfile
  Seconds eager_launch;          ///< host time per kernel when no graph replays the step; 0: hidden
};

/// Whether decode attention of this style reads keys and values for each query head on its own.
/// Kernels for whole groups of heads are built for heads of 128.
bool reads_lone_heads(const AttentionShape& shape, const KernelStyle& style);

/// What bounds a kernel.
enum class Bound : std::uint8_t { kCompute, kMemory, kNetwork, kLaunch };
std::string_view name_of(Bound bound);

struct KernelTime {
  Seconds time;
  Bound bound = Bound::kLaunch;
};

/// A card with its rates resolved for fast evaluation. Cheap to build, immutable.
class Device {
 public:
  Device(const GpuSpec& gpu, const KernelRates& rates);

  /// Format in which a multiply-add runs when `wanted` is asked for: itself when the card has it,
  /// else bf16, else fp16, else fp32.
  [[nodiscard]] Dtype compute_format(Dtype wanted) const;

  /// Time of one execution of a kernel. Activations are not quantised for a format that the card
  /// does not compute in: weights are widened inside the GEMM, and such a kernel takes no time.
  [[nodiscard]] KernelTime time(const KernelWork& work, const KernelStyle& style) const;

  /// Whether weights of four bits pass through registers to be widened before they are multiplied.
  /// Units with a four-bit format take them beside eight-bit activations as they are stored (PTX
  /// ISA, tcgen05.mma, kind::mxf8f6f4).
  [[nodiscard]] bool widens(const KernelWork& work) const;

  /// The numbers behind a format's GEMM time, for explanations.
  struct FormatRates {
    bool present = false;
    double peak_flop_per_s = 0.0;
    GemmDtypeRates rates;
  };
  [[nodiscard]] const FormatRates& format(Dtype dtype) const {
    return formats_[static_cast<std::size_t>(dtype)];
  }
  [[nodiscard]] const GpuSpec& gpu() const { return *gpu_; }
  [[nodiscard]] const KernelRates& rates() const { return *rates_; }
  [[nodiscard]] double units() const { return units_; }
  [[nodiscard]] double l2_bytes() const { return l2_bytes_; }
  /// Peak per SM against the card that the rates were fitted on, at most 1: parts with fewer FLOPs
  /// per SM lose less to prologues.
  [[nodiscard]] double unit_ratio() const { return unit_ratio_; }
  /// Peak per watt against that card, at most 2: what drives power throttling.
  [[nodiscard]] double power_ratio() const { return power_ratio_; }

 private:
  [[nodiscard]] KernelTime gemm(const KernelWork& work, const KernelStyle& style) const;
  [[nodiscard]] KernelTime grouped_gemm(const KernelWork& work, const KernelStyle& style) const;
  // hw/bare_kernels.cpp
  [[nodiscard]] KernelTime row_scaled_gemm(const KernelWork& work, const KernelStyle& style) const;
  [[nodiscard]] KernelTime unfused_grouped_gemm(const KernelWork& work) const;
  [[nodiscard]] Seconds unfused_extra(const ExpertShape& shape) const;
  [[nodiscard]] KernelTime prefill_attention(const KernelWork& work,
                                             const KernelStyle& style) const;
  [[nodiscard]] KernelTime decode_attention(const KernelWork& work, const KernelStyle& style) const;
  [[nodiscard]] KernelTime unsplit_decode(const KernelWork& work) const;
  [[nodiscard]] KernelTime lone_decode(const KernelWork& work, const KernelStyle& style) const;
  [[nodiscard]] KernelTime memory(const KernelWork& work, const KernelStyle& style) const;

  const GpuSpec* gpu_;
  const KernelRates* rates_;
  std::array<FormatRates, 9> formats_{};
  double bandwidth_ = 0.0;  ///< bytes per second
  double units_ = 1.0;      ///< SMs or CUs
  double l2_bytes_ = 0.0;
  double unit_ratio_ = 1.0;
  double power_ratio_ = 1.0;
};

/// Time of a collective on the card's links (hw/collective.cpp). Above `one_shot_limit`, where
/// there is one, an all-reduce takes the library's ring even if the engines' own would be faster.
KernelTime collective_time(const GpuSpec& gpu, const KernelRates& rates,
                           const CollectiveShape& shape, Bytes one_shot_limit = {});

/// Whether an all-reduce may take the engines' own kernel.
bool takes_one_shot(const CollectiveShape& shape, Bytes one_shot_limit);

/// Formulas of this layer, for `explain` and docs/formulas.md.
std::span<const Formula> hw_formulas();

}  // namespace gpusize
