#pragma once
// The time of one kernel down to its shape, the card's figures and the rates.

#include <functional>
#include <string_view>

#include "gpusize/catalog/engine.hpp"
#include "gpusize/core/derivation.hpp"
#include "gpusize/core/shared_whys.hpp"
#include "gpusize/hw/device.hpp"

namespace gpusize {

/// Gives the reason of one number of a kernel's shape: `m`, `n`, `k`, `groups`, `flops`,
/// `weight_bytes`, `activation_bytes`, `kv_bytes`, `sequences`, `heads`, `qk_dim`, `v_dim`,
/// `queries`, `kv_mean`, `kv_read`, `launches`, `row`, `ranks`, `message`.
using ShapeWhy = std::function<Why(std::string_view symbol, double value)>;

/// Seconds of one execution of `work`; kernels with the same `shared` state a fact once.
Why why_kernel(const Device& device, const KernelStyle& style, const EngineProfile& engine,
               const KernelWork& work, const ShapeWhy& shape, SharedWhys& shared);

/// Seconds of one collective (why_collective.cpp); `one_shot_limit` as in `collective_time`.
Why why_collective(const Device& device, const CollectiveShape& shape, Bytes one_shot_limit,
                   const ShapeWhy& whys);

}  // namespace gpusize
