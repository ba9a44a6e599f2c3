#include <array>

#include "gpusize/hw/device.hpp"

namespace gpusize {
namespace {

// Times in seconds, sizes in bytes and FLOPs; rates as fractions of the card's datasheet figures.
constexpr std::array<Formula, 7> kFormulas{{
    {"hw.gemm.memory_time", "bytes / (bandwidth * memory_fraction)", "s", "roofline (Williams et al., CACM 52(4), 2009)"},
    {"hw.gemm.compute_time",
     "2 * (k + fill_depth) * (m * n + tile_fraction * 16384 * units) / (peak * flop_fraction) * "
     "(1 + duty * throttle * ideal / (ideal + throttle_time))",
     "s", "own H100 kernel timings: k fill, mean loss of the last wave, power throttling"},
    {"hw.gemm.time", "launch + per_depth_byte * k * operand_bytes + (memory_time ^ p + compute_time ^ p) ^ (1 / p)",
     "s", "p-norm of the two roofline branches; own H100 kernel timings"},
    {"hw.attention.prefill_time",
     "launch + per_kv_token * kv_read + max(2 * sequences * heads * (qk_dim + v_dim) * queries * "
     "(kv_mean + extra_context) / (peak * flop_fraction), bytes / (bandwidth * memory_fraction))",
     "s", "own H100 kernel timings (cuDNN attention)"},
    {"hw.attention.decode_time",
     "launch + sqrt((kv_bytes * (1 + extra_tokens / kv) / (bandwidth * memory_fraction)) ^ 2 + "
     "(flops * (1 + extra_tokens / kv) / (peak * flop_fraction)) ^ 2 + latency ^ 2 * kv)",
     "s", "own H100 kernel timings (FlashAttention-2 split-KV decode)"},
    {"hw.memory.time",
     "launches * launch + row * per_row + bytes / (bandwidth * memory_fraction) * bytes / (bytes + l2_fraction * l2)",
     "s", "own H100 kernel timings: operands of a short chain stay in L2"},
    {"hw.collective.time", "start + (wire + min(wire, half_message)) / bandwidth", "s",
     "ring algorithms: Thakur, Rabenseifner and Gropp 2005"},
}};

}  // namespace

std::span<const Formula> hw_formulas() { return kFormulas; }

}  // namespace gpusize
