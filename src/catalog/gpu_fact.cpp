#include "gpusize/catalog/gpu_fact.hpp"

#include <algorithm>
#include <array>

namespace gpusize {
namespace {

using enum FactGroup;

constexpr std::array<GpuFactKind, 38> kKinds{{
    {"memory_sold_gb", "memory as sold", "GB", kMemory},
    {"memory_reported_mib", "memory as reported", "MiB", kMemory},
    {"memory_visible_mib", "memory for programs", "MiB", kMemory},
    {"memory_type", "memory type", "", kMemory},
    {"memory_bandwidth_gb_s", "memory bandwidth", "GB/s", kMemory},
    {"l2_cache_mb", "L2 cache", "MB", kMemory},
    {"devices_per_board", "devices per board", "", kMemory},
    {"compute_units", "compute units", "", kCompute},
    {"boost_clock_mhz", "boost clock", "MHz", kCompute},
    {"peak_clock_mhz", "clock of the peaks", "MHz", kCompute},
    {"fp64_tflops", "FP64", "TFLOPS", kCompute},
    {"fp64_tensor_tflops", "FP64 tensor", "TFLOPS", kCompute},
    {"fp32_tflops", "FP32", "TFLOPS", kCompute},
    {"tf32_tflops", "TF32, dense", "TFLOPS", kCompute},
    {"fp16_tflops", "FP16, dense", "TFLOPS", kCompute},
    {"bf16_tflops", "BF16, dense", "TFLOPS", kCompute},
    {"fp8_tflops", "FP8, dense", "TFLOPS", kCompute},
    {"int8_tops", "INT8, dense", "TOPS", kCompute},
    {"fp6_tflops", "FP6, dense", "TFLOPS", kCompute},
    {"fp4_tflops", "FP4, dense", "TFLOPS", kCompute},
    {"structured_sparsity", "2:4 sparsity", "", kCompute},
    {"tdp_w", "TDP", "W", kPower},
    {"idle_w", "idle power", "W", kPower},
    {"host_link", "host link", "", kLinks},
    {"host_cpu", "processor of its host, where one comes with it", "", kLinks},
    {"scaleup_link", "card link", "", kLinks},
    {"scaleup_topology", "link topology", "", kLinks},
    {"scaleup_gb_s_per_direction", "to all peers, each way", "GB/s", kLinks},
    {"peer_gb_s_per_direction", "to one peer, each way", "GB/s", kLinks},
    {"scaleup_domain_gpus", "cards in a link domain", "", kLinks},
    {"node_gpus", "cards in a node", "", kLinks},
    {"node_network_gb_s_per_gpu_per_direction", "network per card, each way", "GB/s", kLinks},
    {"compute_capability", "compute capability", "", kSoftware},
    {"min_toolkit", "oldest toolkit", "", kSoftware},
    {"min_driver", "oldest driver", "", kSoftware},
    {"mig", "MIG", "", kSoftware},
    {"vgpu", "vGPU", "", kSoftware},
    {"launch_year", "launched", "", kLifeCycle},
}};

constexpr std::array<std::string_view, 6> kGroups{"memory", "compute",  "power",
                                                  "links",  "software", "life-cycle"};

struct UnitRange {
  std::string_view unit;
  PlausibleRange range;
};
constexpr std::array<UnitRange, 8> kUnitRanges{{
    {"GB", {1.0, 1e5}},
    {"MiB", {512.0, 1e8}},
    {"MB", {0.0, 1e5}},
    {"GB/s", {0.0, 1e6}},
    {"MHz", {10.0, 1e5}},
    {"TFLOPS", {0.0, 1e6}},
    {"TOPS", {0.0, 1e6}},
    {"W", {1.0, 1e5}},
}};

}  // namespace

PlausibleRange plausible_range(std::string_view unit) {
  for (const UnitRange& row : kUnitRanges) {
    if (row.unit == unit) return row.range;
  }
  return {};
}

std::string_view name_of(FactGroup group) { return kGroups.at(static_cast<std::size_t>(group)); }

std::span<const GpuFactKind> gpu_fact_kinds() { return kKinds; }

const GpuFactKind* gpu_fact_kind(std::string_view key) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const GpuFactKind& k) { return k.key == key; });
  return found == kKinds.end() ? nullptr : found;
}

}  // namespace gpusize
