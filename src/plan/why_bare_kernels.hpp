#pragma once
// The times of PyTorch's own kernels (hw/bare_kernels.cpp) down to shapes, figures and rates.

#include "plan/why_kernel.hpp"

namespace gpusize {

/// Reasons that these products share with the others.
struct BareGemmWhys {
  Why peak;
  Why units;
  Why power_ratio;
  Why ideal;
  Why throttle_time;
  Why fill_depth;  ///< of plain products of the format
};

/// Seconds of an 8-bit product scaled by row and column.
Why why_row_scaled_gemm(const KernelRates& rates, const KernelStyle& style, const ShapeWhy& shape,
                        const GemmShape& gemm, const Why& weight_bytes, const Why& memory_time,
                        const BareGemmWhys& whys);

/// Seconds of a grouped product of unfused experts.
Why why_unfused_grouped_gemm(const KernelRates& rates, const ShapeWhy& shape, const GemmShape& gemm,
                             const Why& memory_time, const BareGemmWhys& whys);

/// Seconds of the kernels around unfused experts; `memory_kernels`: what their bytes and launches
/// take.
Why why_unfused_operators(const UnfusedExpertRates& experts, const KernelRates& rates,
                          const ExpertShape& shape, const Why& memory_kernels, const Why& units);

}  // namespace gpusize
