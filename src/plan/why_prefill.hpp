#pragma once
// The time of a prompt's attention down to its shape, the card's figures and the rates.

#include "plan/why_kernel.hpp"

namespace gpusize {

/// Seconds of one prefill attention kernel of `work`, by `engine`, whose style is `style`.
Why why_prefill_attention(const Device& device, const KernelStyle& style,
                          const EngineProfile& engine, const KernelWork& work,
                          const ShapeWhy& shape);

}  // namespace gpusize
