#pragma once
// A made-up card and rates with round numbers, so that expected times can be worked out by hand.

#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/core/work.hpp"

namespace gpusize::test {

/// 1 TB/s, 100 TFLOP/s in bf16 and 200 in fp8, 100 units, 50 MB of L2, 8 switched cards at 100
/// GB/s.
inline GpuSpec round_card() {
  GpuSpec gpu;
  gpu.id = "ROUND-1";
  gpu.name = "Round card";
  gpu.vendor = "nvidia";
  gpu.architecture = "round";
  gpu.memory = 80.0 * units::GiB;
  gpu.memory_bandwidth = 1.0 * units::TB_per_s;
  gpu.l2_cache = 50.0 * units::MB;
  gpu.compute_units = 100.0;
  gpu.dense_peaks[Dtype::kBf16] = 100.0 * units::TFLOP_per_s;
  gpu.dense_peaks[Dtype::kFp8] = 200.0 * units::TFLOP_per_s;
  gpu.topology = LinkTopology::kSwitched;
  gpu.link_per_direction = 100.0 * units::GB_per_s;
  gpu.peer_per_direction = 100.0 * units::GB_per_s;
  gpu.host_link = 32.0 * units::GB_per_s;
  gpu.link_domain_gpus = 8;
  gpu.node_gpus = 8;
  gpu.network_per_gpu = 50.0 * units::GB_per_s;
  return gpu;
}

/// Rates that change nothing: every fraction 1, every latency 0, no blending to speak of.
inline KernelRates ideal_rates() {
  KernelRates rates;
  rates.id = "round";
  rates.gemm.blend = 30.0;
  rates.gemm.tile_fraction = 0.0;
  for (const Dtype dtype : {Dtype::kBf16, Dtype::kFp8})
    rates.gemm.by_dtype[dtype] = {1.0, 1.0, 0.0, 1.0};
  rates.grouped = {Seconds{}, 1.0, 1.0, 0.0, 30.0, 0.0, 0.0};
  rates.prefill = {Seconds{}, 1.0, 0.0, 0.0, 0.0, Seconds{}};
  rates.decode = {Seconds{}, 1.0, 1.0, Seconds{}, Seconds{}};
  rates.latent_decode = rates.decode;
  rates.memory = {Seconds{}, 1.0, 0.0, Seconds{}};
  const CollectiveAlgorithm ideal{Seconds{}, Seconds{}, 1.0, 1.0, Seconds{}};
  rates.collective = {ideal, ideal, ideal, 1.0, Seconds{}, 1.0};
  return rates;
}

/// C[m,n] of 16 bits = A[m,k] W[n,k], both in `dtype`.
inline KernelWork product(double m, double n, double k, Dtype dtype) {
  KernelWork work;
  work.cls = KernelClass::kGemm;
  work.compute = dtype;
  work.weight = dtype;
  work.gemm = {m, n, k, 1.0};
  work.flops = 2.0 * m * n * k * units::FLOP;
  work.weight_bytes = n * k * bytes_of(dtype) * units::B;
  work.activation_bytes = m * (k * bytes_of(dtype) + n * 2.0) * units::B;
  return work;
}

}  // namespace gpusize::test
