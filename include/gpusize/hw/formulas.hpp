#pragma once
// The kernel-time formulas as data, one object each: device.cpp and collective.cpp compute them,
// `explain` prints and replays these texts. Times in seconds, sizes in bytes and FLOPs; rates are
// fractions of the card's datasheet figures.

#include "gpusize/core/formula.hpp"

namespace gpusize::formulas {

inline constexpr std::string_view kRoofline = "roofline (Williams et al., CACM 52(4), 2009)";
inline constexpr std::string_view kRing = "ring algorithms: Thakur, Rabenseifner and Gropp 2005";

// What a card is against the one that its rates were fitted on.
inline constexpr Formula kUnitRatio{"hw.unit_ratio", "min(1, peak / units / reference_unit)", "",
                                    "parts with fewer FLOPs per SM lose less to prologues"};
inline constexpr Formula kPowerRatio{"hw.power_ratio", "min(2, peak / tdp / reference_watt)", "",
                                     "what drives power throttling"};

// GEMM.
inline constexpr Formula kGemmMemoryTime{
    "hw.gemm.memory_time",
    "(weight_bytes + activation_bytes) / (bandwidth * memory_fraction * widened_fraction)", "s",
    kRoofline};
inline constexpr Formula kGemmIdealTime{"hw.gemm.ideal_time", "2 * m * n * k / peak", "s",
                                        kRoofline};
inline constexpr Formula kGemmFraction{
    "hw.gemm.fraction", "(1 - (1 - flop_fraction) * unit_ratio) * scaled_fraction * gemm_rate", "",
    "own H100 kernel timings; published timings of cut-down parts"};
inline constexpr Formula kGemmComputeTime{
    "hw.gemm.compute_time",
    "2 * (k + fill_depth * unit_ratio) * (m * n + tile_fraction * 16384 * units) / (peak * "
    "fraction) * "
    "(1 + duty * power_ratio * throttle * ideal / (ideal + throttle_time))",
    "s", "own H100 kernel timings: k fill, mean loss of the last wave, power throttling"};
inline constexpr Formula kGemmTime{
    "hw.gemm.time",
    "launch + per_depth_byte * operand_bytes * k / (1 + k / depth_saturation) + "
    "(memory_time ^ blend + compute_time ^ blend) ^ (1 / blend)",
    "s", "p-norm of the two roofline branches; own H100 kernel timings"};

// Grouped GEMM.
inline constexpr Formula kGroupedFraction{
    "hw.grouped_gemm.fraction",
    "flop_fraction * min(1, gemm_fraction / gemm_fraction_bf16) * scaled_fraction * gemm_rate", "",
    "narrow formats lose as much as their plain GEMM does"};
inline constexpr Formula kGroupedComputeTime{
    "hw.grouped_gemm.compute_time",
    "2 * (k + fill_depth) * n * (m + groups * pad_rows) / (peak * fraction) * "
    "(1 + power_ratio * throttle * ideal / (ideal + throttle_time))",
    "s", "own H100 grouped-GEMM timings: rows padded per group"};
inline constexpr Formula kGroupedTime{
    "hw.grouped_gemm.time", "launch + (memory_time ^ blend + compute_time ^ blend) ^ (1 / blend)",
    "s", "own H100 grouped-GEMM timings"};

// PyTorch's kernels one by one.
inline constexpr Formula kRowScaledComputeTime{
    "hw.row_scaled.compute_time",
    "2 * ceil(ceil(m / 128) * ceil(n / 128) / units) * units * 128 * 128 * (k + fill_depth) / "
    "(peak * flop_fraction) * (1 + power_ratio * throttle * ideal / (ideal + throttle_time))",
    "s", "own H100 and H200 kernel timings: whole tiles in whole waves, k not split"};
inline constexpr Formula kRowScaledTime{
    "hw.row_scaled.time",
    "launch + (memory_time ^ blend + compute_time ^ blend + stream_time ^ blend) ^ (1 / blend)",
    "s", "own H100 and H200 kernel timings"};
inline constexpr Formula kRowScaledStreamTime{
    "hw.row_scaled.stream_time", "weight_bytes / units * per_depth / 256", "s",
    "own H100 and H200 kernel timings: 128 columns of 16 bits pass an SM in per_depth"};
inline constexpr Formula kUnfusedComputeTime{
    "hw.unfused.compute_time",
    "2 * (k + fill_depth) * n * (m + groups * pad_rows) / (peak * flop_fraction) * "
    "(1 + power_ratio * throttle * ideal / (ideal + throttle_time))",
    "s", "own H100 and H200 kernel timings: rows padded per group"};
inline constexpr Formula kUnfusedWalkTime{
    "hw.unfused.walk_time", "max(1, groups * n / 128 / units) * k * per_depth", "s",
    "own H100 and H200 kernel timings: what one SM can stream of a tile's weights"};
inline constexpr Formula kUnfusedTime{
    "hw.unfused.time",
    "launch + (memory_time ^ blend + compute_time ^ blend + walk_time ^ blend) ^ (1 / blend)", "s",
    "own H100 and H200 kernel timings"};
inline constexpr Formula kUnfusedOperators{
    "hw.unfused.operators_time",
    "memory_kernels + sort * copies / (copies + 1024) + "
    "(choices * per_choice + moved_elements * per_element) / units",
    "s", "own H100 and H200 kernel timings: choice, sort and scatter of token copies"};

// Attention.
inline constexpr Formula kPrefillComputeTime{
    "hw.attention.prefill_compute_time",
    "4 * sequences * heads * queries * (kv_mean + extra_context) * "
    "((qk_dim + v_dim) / 2 + extra_dim / exponentials) * 128 / (128 + extra_dim) / "
    "(peak * flop_fraction)",
    "s", "FlashAttention-style kernels; own H100 and published vendor timings"};
inline constexpr Formula kPrefillMemoryTime{
    "hw.attention.prefill_memory_time",
    "memory_passes * 2 * sequences * queries * (qk_dim + v_dim) * (heads + kv_heads) / bandwidth",
    "s", "published vendor timings"};
inline constexpr Formula kPrefillTime{
    "hw.attention.prefill_time", "launch + per_kv_token * kv_read + compute_time + memory_time",
    "s", "FlashAttention-style kernels; own H100 and published vendor timings"};
inline constexpr Formula kScoreTime{
    "hw.attention.score_time",
    "score_bytes * sequences * heads * queries * (kv_mean + min(queries, rows) / 2) / "
    "(bandwidth * memory_fraction)",
    "s", "attention as separate products and a softmax: its scores go through memory, unmasked"};
inline constexpr Formula kUnfusedPrefillTime{
    "hw.attention.unfused_prefill_time",
    "launch + per_kv_token * kv_read + compute_time + memory_time + score_time", "s",
    "as fused, and the traffic of the scores"};
inline constexpr Formula kDecodeMemoryTime{
    "hw.attention.decode_memory_time",
    "(kv_bytes + activation_bytes) / (bandwidth * memory_fraction)", "s", kRoofline};
inline constexpr Formula kDecodeComputeTime{"hw.attention.decode_compute_time",
                                            "flops / (peak * flop_fraction)", "s", kRoofline};
inline constexpr Formula kDecodeTime{
    "hw.attention.decode_time",
    "launch + sqrt((max(memory_time, compute_time) + per_block * sequences * kv_heads / units) ^ 2 "
    "+ "
    "latency ^ 2 * kv_read)",
    "s", "split-KV decode kernels; own H100 and published vendor timings"};
inline constexpr Formula kLoneReadTime{
    "hw.attention.lone_read_time", "kv_bytes * heads / kv_heads / units * lone_token / 512", "s",
    "one query head a block, keys and values of its group read anew through the caches, at the "
    "time of 512 bytes (a token, 128 elements, 16 bits); published vendor timings"};
inline constexpr Formula kLoneDecodeTime{
    "hw.attention.lone_decode_time",
    "launch + sqrt((max(memory_time, cache_time) + per_block * sequences * heads / units) ^ 2 + "
    "latency ^ 2 * kv_read)",
    "s", "masked multi-head attention of TensorRT-LLM before 0.10; published vendor timings"};
inline constexpr Formula kUnsplitWalkTime{
    "hw.attention.unsplit_walk_time",
    "blocks / units * (per_block + kv_read * 0.5 * (qk_dim + v_dim) / 128 * per_block_token)", "s",
    "FlashAttention-2 without split-KV: own H100 and H200 kernel timings"};
inline constexpr Formula kUnsplitDecodeTime{
    "hw.attention.unsplit_decode_time",
    "launch + sqrt(max(memory_time, walk_time) ^ 2 + latency ^ 2 * kv_read)", "s",
    "the slower of bandwidth and the SMs' own walks; own H100 and H200 kernel timings"};
inline constexpr Formula kLatentDecodeTime{
    "hw.attention.latent_decode_time",
    "launch + sqrt(((memory_time ^ 3 + compute_time ^ 3) ^ (1 / 3) + "
    "per_block * sequences * heads / units) ^ 2 + latency ^ 2 * kv_read)",
    "s", "MLA decode kernels; published vendor timings"};

// Attention by the library whose kernel ran (hw/attention.cpp).
inline constexpr Formula kLibraryWorkDim{
    "hw.library.work_dim",
    "(dim + softmax_dims * unit_tflops / exponentials) * 128 / (128 + softmax_dims * unit_tflops)",
    "", "exponentials beside the products of a pair; published vendor timings"};
inline constexpr Formula kLibraryMeanKeys{
    "hw.library.mean_keys",
    "min((ceil((keys - new + span) / key_tile) + ceil(keys / key_tile)) * key_tile / 2, "
    "ceil((window + span - 1) / key_tile) * key_tile)",
    "", "causal blocks of `span` queries walk whole tiles of keys, the first few and the last all"};
inline constexpr Formula kLibraryBlockTime{
    "hw.library.block_time",
    "4 * rows * keys * work_dim * units / (peak * flop_fraction) + per_tile", "s",
    "one SM, rows of queries of one or of packed heads; published vendor timings"};
inline constexpr Formula kLibraryPrefillTime{
    "hw.library.prefill_time",
    "launch + max(blocks / units * mean_block + tail * longest_block, longest_block) + "
    "memory_passes * read_time + per_cache_element * cache_elements / units",
    "s", "all blocks over all SMs, then the longest alone, but for persistent kernels (tail 0)"};
inline constexpr Formula kLibraryDecodeTime{
    "hw.library.decode_time",
    "launch + transposes + windowed + "
    "sqrt((max(read_time, walk_time) ^ 1.5 + "
    "(lanes * (per_block + per_query * block_heads * dim / 1024)) ^ 1.5) ^ (4 / 3) + "
    "latency ^ 2 * keys)",
    "s", "blocks of packed heads, keys split over SMs or walked alone; published vendor timings"};
inline constexpr Formula kLibraryReadTime{
    "hw.library.read_time",
    "max(bytes * (1 - hit) / (bandwidth * memory_fraction) + "
    "bytes * hit / max(bandwidth * memory_fraction, l2_rate * units), "
    "bytes * per_narrow_byte / units)",
    "s",
    "timing loops find in L2 what fits into it: hit = 1 / (1 + (bytes / l2) ^ 12); SMs may bound "
    "what is read of narrow caches"};
inline constexpr Formula kLibraryLatentDecodeTime{
    "hw.library.latent_decode_time",
    "launch + sqrt((max((memory_time ^ 3 + compute_time ^ 3) ^ (1 / 3), per_token * "
    "ceil(keys / 64) * 64 * max(1, loaded * lanes + 1 / 2)) + lanes * per_block) ^ 2 + "
    "latency ^ 2 * keys)",
    "s", "MLA decode kernels, keys of a sequence walked by one block; published vendor timings"};
inline constexpr Formula kLibraryLatentSplitTime{
    "hw.library.latent_split_time",
    "launch + sqrt(max((memory_time ^ 3 + compute_time ^ 3) ^ (1 / 3), "
    "ceil(blocks * splits / units) * (per_token * keys + per_block)) ^ 2 + latency ^ 2 * keys)",
    "s",
    "MLA decode kernels with a fixed number of splits, in whole waves; published vendor timings"};
inline constexpr Formula kLibraryHostTime{
    "hw.library.host_time", "(card_time ^ 4 + host ^ 4) ^ (1 / 4)", "s",
    "calls that no graph replays: the host and the card overlap but for the last launch"};

// Elementwise kernels.
inline constexpr Formula kMemoryBytes{
    "hw.memory.bytes", "(weight_bytes + activation_bytes + kv_bytes) * traffic * min(1, kernels)",
    "B", "each operand once, times the engine's fusion"};
inline constexpr Formula kMemoryTime{
    "hw.memory.time",
    "launches * kernels * launch + min(1, kernels) * row_reduction * row * per_row + "
    "bytes / (bandwidth * memory_fraction) * bytes / (bytes + l2_fraction * l2)",
    "s", "own H100 kernel timings: operands of a short chain stay in L2"};
inline constexpr Formula kLaunchTime{
    "hw.memory.launch_time",
    "launches * kernels * launch + min(1, kernels) * row_reduction * row * per_row", "s",
    "own H100 kernel timings"};

// Collectives.
inline constexpr Formula kWireAllReduce{"hw.collective.wire_all_reduce",
                                        "2 * (ranks - 1) / ranks * message", "B", kRing};
inline constexpr Formula kWireGather{"hw.collective.wire_gather", "(ranks - 1) / ranks * message",
                                     "B", kRing};
inline constexpr Formula kWireSend{"hw.collective.wire_send", "message", "B", "definition"};
inline constexpr Formula kMeshBandwidth{"hw.collective.mesh_bandwidth",
                                        "min(link, (group - 1) * peer)", "B/s",
                                        "each pair of a mesh has a link of its own"};
inline constexpr Formula kAlgorithmTime{
    "hw.collective.time",
    "launch + (max(ranks, 2) - 2) * per_rank + wire / (link_fraction * switch_gain * bandwidth) + "
    "ramp * sqrt(wire)",
    "s", "ring volumes (Thakur, Rabenseifner and Gropp 2005); published NCCL and engine timings"};
inline constexpr Formula kOneShotTime{
    "hw.collective.one_shot_time",
    "launch + (max(ranks, 2) - 2) * per_rank + wire / (link_fraction * switch_gain * bandwidth) + "
    "ramp * sqrt(ranks / 4) * sqrt(wire)",
    "s", "every rank's piece ramps up by itself; published timings of engines' own all-reduce"};
inline constexpr Formula kAllToAllTime{
    "hw.collective.all_to_all_time",
    "all_to_all_launch * launch + wire / (link_fraction * switch_gain * bandwidth) + "
    "ramp * sqrt(wire)",
    "s", "all pairs at once, no step per rank; published NCCL timings"};
inline constexpr Formula kFasterAlgorithm{"hw.collective.all_reduce_time", "min(ring, one_shot)",
                                          "s",
                                          "engines keep a one-shot all-reduce for small messages"};
inline constexpr Formula kCollectiveInStep{
    "hw.collective.in_step_time", "collective_time + wait", "s",
    "own steps on two GPUs: kernels before a collective do not end together"};
inline constexpr Formula kNetworkTime{
    "hw.collective.network_time",
    "network_launch + max(inside_time, wire / (network_fraction * network))", "s",
    "the slower of the node's links and the network"};

// Engines that do not replay graphs.
inline constexpr Formula kEagerTime{"hw.eager_time", "max(kernel_time, launches * eager_launch)",
                                    "s", "the host feeds kernels one by one"};

}  // namespace gpusize::formulas
