#pragma once
// Leaves of derivations: catalog facts in base units with their sources.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gpusize/catalog/engine.hpp"
#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/model.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/core/derivation.hpp"

namespace gpusize {

/// A formula whose value is what its text gives: the steps between facts and the code's number.
Why derive(const Formula& formula, std::string label, WhyInputs inputs, std::string note = {});

/// A stated figure of a card, as written.
Why gpu_fact_why(const GpuSpec& gpu, std::string_view key);
/// Driver-visible memory in bytes.
Why gpu_memory_why(const GpuSpec& gpu);
/// Bytes per second.
Why gpu_bandwidth_why(const GpuSpec& gpu);
/// Dense TFLOPS of a format that the card computes in, as written.
Why gpu_stated_peak_why(const GpuSpec& gpu, Dtype dtype);
/// The same in FLOP/s.
Why gpu_peak_why(const GpuSpec& gpu, Dtype dtype);
/// SMs or CUs; a stated assumption when the catalog has none.
Why gpu_units_why(const GpuSpec& gpu, double used);
/// Bytes of L2; none counts as zero.
Why gpu_l2_why(const GpuSpec& gpu, double used);
/// One-direction bandwidth to all peers, to one peer, to the host, to other nodes; bytes per
/// second.
Why gpu_link_why(const GpuSpec& gpu);
Why gpu_peer_why(const GpuSpec& gpu);
Why gpu_host_link_why(const GpuSpec& gpu);
Why gpu_network_why(const GpuSpec& gpu, double used);

/// A number of the rates file. `group` names the fits that judge it (`gemm`, `decode_attention`).
Why rate_why(const KernelRates& rates, std::string_view group, std::string_view key, double value,
             std::string unit);

/// A number of the engine profile under `key`, in base units; an unstated one is a default.
Why engine_why(const EngineProfile& engine, std::string_view key, double value, std::string unit);

/// A number from the model's config (hidden size, heads, ...).
Why config_why(const ModelSpec& model, std::string label, double value, std::string unit = {});

/// A fixed number of the method, said with its reason.
Why constant_why(std::string label, double value, std::string unit, std::string reason);

}  // namespace gpusize
