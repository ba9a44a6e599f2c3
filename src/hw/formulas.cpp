#include <array>

#include "gpusize/hw/device.hpp"

namespace gpusize {
namespace {

// Times in seconds, sizes in bytes and FLOPs; rates as fractions of the card's datasheet figures.
constexpr std::array<Formula, 11> kFormulas{{
    {"hw.gemm.memory_time", "bytes / (bandwidth * memory_fraction)", "s",
     "roofline (Williams et al., CACM 52(4), 2009)"},
    {"hw.gemm.compute_time",
     "2 * (k + fill_depth * unit_ratio) * (m * n + tile_fraction * 16384 * units) / "
     "(peak * (1 - (1 - flop_fraction) * unit_ratio) * scaled_fraction) * "
     "(1 + duty * power_ratio * throttle * ideal / (ideal + throttle_time))",
     "s", "own H100 kernel timings: k fill, mean loss of the last wave, power throttling"},
    {"hw.gemm.time",
     "launch + per_depth_byte * operand_bytes * k / (1 + k / depth_saturation) + "
     "(memory_time ^ blend + compute_time ^ blend) ^ (1 / blend)",
     "s", "p-norm of the two roofline branches; own H100 kernel timings"},
    {"hw.grouped_gemm.compute_time",
     "2 * (k + fill_depth) * n * (m + groups * pad_rows) / (peak * flop_fraction) * "
     "(1 + power_ratio * throttle * ideal / (ideal + throttle_time))",
     "s", "own H100 grouped-GEMM timings: rows padded per group"},
    {"hw.grouped_gemm.time", "launch + (memory_time ^ blend + compute_time ^ blend) ^ (1 / blend)", "s",
     "own H100 grouped-GEMM timings"},
    {"hw.attention.prefill_time",
     "launch + per_kv_token * kv_read + 4 * sequences * heads * queries * (kv_mean + extra_context) * "
     "(dim + extra_dim) * 128 / (128 + extra_dim) / (peak * flop_fraction) + "
     "memory_passes * 4 * sequences * queries * dim * (heads + kv_heads) / bandwidth",
     "s", "FlashAttention-style kernels; own H100 and published vendor timings"},
    {"hw.attention.decode_time",
     "launch + sqrt((max(memory_time, compute_time) + per_block * blocks / units) ^ 2 + latency ^ 2 * kv_read)", "s",
     "split-KV decode kernels; own H100 and published vendor timings"},
    {"hw.attention.latent_decode_time",
     "launch + sqrt(((memory_time ^ 3 + compute_time ^ 3) ^ (1 / 3) + per_block * blocks / units) ^ 2 + "
     "latency ^ 2 * kv_read)",
     "s", "MLA decode kernels; published vendor timings"},
    {"hw.memory.time",
     "launches * launch + row * per_row + bytes / (bandwidth * memory_fraction) * bytes / (bytes + l2_fraction * l2)",
     "s", "own H100 kernel timings: operands of a short chain stay in L2"},
    {"hw.collective.time",
     "launch + (ranks - 2) * per_rank + wire / (link_fraction * switch_gain * bandwidth) + ramp * sqrt(wire)", "s",
     "ring volumes (Thakur, Rabenseifner and Gropp 2005); published NCCL and engine timings"},
    {"hw.collective.network_time", "network_launch + max(inside_time, wire / (network_fraction * network))", "s",
     "the slower of the node's links and the network"},
}};

}  // namespace

std::span<const Formula> hw_formulas() { return kFormulas; }

}  // namespace gpusize
