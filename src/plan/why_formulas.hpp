#pragma once
// Formulas that join layers: rows of the operator table, memory rows, bands, unit changes.

#include "gpusize/core/formula.hpp"

namespace gpusize::formulas {

inline constexpr std::string_view kDefinition = "definition";

// Steps.
inline constexpr Formula kOperatorTime{"step.operator_ms", "count * time * 1000", "ms",
                                       kDefinition};
inline constexpr Formula kOperatorAmount{"step.operator_amount", "count * amount", "", kDefinition};
inline constexpr Formula kHostTime{"step.host_ms", "(per_step + sequences * per_sequence) * 1000",
                                   "ms", "engine profile: scheduler, sampling, output handling"};
inline constexpr Formula kHostTimePrefill{
    "step.host_prefill_ms", "(per_step + sequences * per_sequence + per_prefill_step) * 1000", "ms",
    "engine profile: a step with new prompts costs more"};
inline constexpr Formula kMicroBatch{"step.micro_batch", "whole / 2", "",
                                     "two micro-batches; a single prompt is cut in two"};
inline constexpr Formula kMicroContext{"step.micro_context", "cached + new_tokens / 4", "tokens",
                                       "the second half of a prompt sees the first"};
inline constexpr Formula kTransferKernels{
    "step.transfer_kernels_ms",
    "count * 2 * (launch + 2 * message / (memory_fraction * bandwidth)) * 1000", "ms",
    "one kernel sends, one receives; each reads and writes the message"};
inline constexpr Formula kOverlap{
    "step.overlap_ms",
    "min(max((compute + transfers) / unit_share, communication) + min((compute + transfers) / "
    "unit_share, communication) / (2 * layers) - compute - communication, 0)",
    "ms", "one micro-batch computes while the other's tokens travel (DeepSeek, profile-data)"};
inline constexpr Formula kBand{"step.band", "value * (1 + width)", "",
                               "90 % of measured times lie inside"};
inline constexpr Formula kBandHigh{"step.band_high",
                                   "sqrt((scale * rates) ^ 2 + engine ^ 2 + links ^ 2)", "",
                                   "independent errors add in squares"};
inline constexpr Formula kBandLow{
    "step.band_low", "max(0 - sqrt((scale * rates) ^ 2 + engine ^ 2 + links ^ 2), 0 - 0.9)", "",
    "independent errors add in squares"};

// Bytes of operators.
inline constexpr Formula kGemmActivationBytes{"gemm.activation_bytes",
                                              "m * k * input_bytes + m * n * 2", "B",
                                              "operands once; 16-bit results"};
inline constexpr Formula kCoreActivationBytes{"attn.activation_bytes",
                                              "sequences * q * heads * (qk_dim + v_dim) * 2", "B",
                                              "Q in, output out, 16-bit"};
inline constexpr Formula kElementBytes{"elementwise.bytes", "elements * 2", "B",
                                       "16-bit elements read and written"};
inline constexpr Formula kQuantise8Bytes{"quantise.bytes_8_bit", "elements * (2 + 1)", "B",
                                         "16 bits in, 8 out"};
inline constexpr Formula kQuantise4Bytes{"quantise.bytes_4_bit", "elements * (2 + 0.5)", "B",
                                         "16 bits in, 4 out"};
inline constexpr Formula kCacheWriteBytes{"attn.cache_write_bytes", "tokens * bytes_per_token", "B",
                                          "new K and V are written to the cache"};

// Weights.
inline constexpr Formula kPlainMatrix{"weights.plain.bytes", "rows * cols * element_bytes", "B",
                                      kDefinition};
inline constexpr Formula kTensorScaledMatrix{"weights.fp8_tensor.bytes",
                                             "rows * cols * element_bytes + 2 * scale_bytes", "B",
                                             "one scale per matrix and one for its input"};
inline constexpr Formula kRowScaledMatrix{"weights.row_scaled.bytes",
                                          "rows * cols * element_bytes + scale_bytes * rows", "B",
                                          "one scale per output row"};
inline constexpr Formula kGroupScaledMatrix{
    "weights.group.bytes",
    "rows * cols * element_bytes + rows * ceil(cols / group) * scale_bytes + scalars", "B",
    "AWQ arXiv:2306.00978; OCP Microscaling formats v1.0 sec. 5"};
inline constexpr Formula kBlockScaledElement{
    "weights.fp8_block.bytes_per_element",
    "element_bytes + scale_bytes / (block_rows * block_cols)", "B",
    "DeepSeek-V3 README_WEIGHTS.md, FP8 weight documentation"};
inline constexpr Formula kGroupScaledElement{
    "weights.group.bytes_per_element_sum", "element_bytes + scale_bytes / group", "B",
    "AWQ arXiv:2306.00978; OCP Microscaling formats v1.0 sec. 5"};
inline constexpr Formula kLoadedGroup{"weights.on_gpu", "matrix_bytes * matrices * layers * share",
                                      "B", kDefinition};
inline constexpr Formula kPaddedExperts{
    "weights.padding",
    "((padded_rows * padded_cols - rows * cols) * element_bytes + (padded_rows * ceil(padded_cols "
    "/ group) - rows * ceil(cols / group)) * scale_bytes) * matrices * layers",
    "B", "layouts that the engine's kernels want"};
inline constexpr Formula kTensorShare{"weights.tensor_parallel.share", "1 / tp", "",
                                      "Megatron-LM arXiv:1909.08053 sec. 3"};
inline constexpr Formula kKvShare{"weights.kv_heads.share", "1 / min(tp, max(kv_heads, 1))", "",
                                  "a rank holds at least one kv head"};
inline constexpr Formula kExpertsShare{
    "weights.expert_parallel.share", "ceil(experts / ep) / experts * ep / (tp * dp)", "",
    "whole experts over ep ranks, the rest split as in Megatron-LM"};
inline constexpr Formula kGroupElements{"params.group", "rows * cols * matrices * layers", "",
                                        kDefinition};
inline constexpr Formula kGroupBytes{"checkpoint.group_bytes", "matrix_bytes * matrices * layers",
                                     "B", kDefinition};

// KV cache.
inline constexpr Formula kKvKind{"kv.kind", "layers * bytes_per_token", "B/token", kDefinition};
inline constexpr Formula kKvSequenceKind{
    "kv.sequence_kind",
    "layers * ((growing + unlisted) * tokens + windowed * min(tokens, window) + fixed)", "B",
    "K and V of every cached token; windows keep only their last tokens"};
inline constexpr Formula kKvSequenceGrowing{"kv.sequence_growing",
                                            "layers * bytes_per_token * tokens", "B",
                                            "K and V of every cached token"};
inline constexpr Formula kRoundedTokens{"kv.rounded_tokens", "ceil(tokens / block) * block",
                                        "tokens", "engines hand out whole blocks"};

// Memory of one GPU.
inline constexpr Formula kActivations{
    "mem.activations",
    "max(tokens * (residual + widest) * 2, logit_rows * vocab * logit_entry + tokens * hidden * 2)",
    "B", "16-bit activations of a fused implementation, or the logits of one step"};
inline constexpr Formula kResidual{"mem.residual", "(max(streams, 1) + 1) * hidden", "",
                                   "residual stream and the block's input"};
inline constexpr Formula kWidestAttention{"mem.widest_attention",
                                          "(heads + kv_heads) * (head_dim + v_head_dim) / tp", "",
                                          "Q, K, V and the output of one layer"};
inline constexpr Formula kWidestFfn{"mem.widest_ffn",
                                    "(matrices_in + 1) * (intermediate + shared_intermediate) / tp",
                                    "", "gate, up and their product"};
inline constexpr Formula kWidestExperts{
    "mem.widest_experts",
    "top_k_experts * dp / ep * (2 * hidden + (matrices_in + 1) * expert_intermediate / (tp * dp / "
    "ep))",
    "", "each token is copied to its experts: hidden in and out, gate, up and product"};
inline constexpr Formula kPeerBuffers{"mem.peer_buffers", "peers * per_peer", "B",
                                      "buffers of the communication library for each peer"};
inline constexpr Formula kFree{"mem.free", "capacity - weights - kv_cache - activations - runtime",
                               "B", kDefinition};
inline constexpr Formula kRoomAll{
    "mem.kv_room_all", "max(capacity - weights - activations - runtime, 0)", "B", "no reservation"};
inline constexpr Formula kRoomOfTotal{
    "mem.kv_room_of_total", "max(fraction * capacity - weights - activations - runtime, 0)", "B",
    "vLLM: gpu_memory_utilization of the whole card"};
inline constexpr Formula kRoomOfFree{
    "mem.kv_room_of_free", "max(fraction * (capacity - weights - activations - runtime), 0)", "B",
    "TensorRT-LLM: free_gpu_memory_fraction of what is left"};
inline constexpr Formula kRoomStatic{
    "mem.kv_room_static",
    "max(min(fraction * capacity - weights, capacity - weights - activations - runtime), 0)", "B",
    "SGLang: mem_fraction_static covers weights and KV pool"};
inline constexpr Formula kUsableOfTotal{"mem.usable_of_total", "fraction * capacity", "B",
                                        "vLLM: gpu_memory_utilization of the whole card"};
inline constexpr Formula kUsableSum{"mem.usable", "weights + activations + runtime + kv_room", "B",
                                    kDefinition};
inline constexpr Formula kSglangReserve{
    "mem.sglang_reserved_mib",
    "max(512 + 1.5 * chunk + 2 * graph_batch + 1024 * gpus / 8 + 3 * dp_graph_batch, least)", "MiB",
    "SGLang server_args.py"};
inline constexpr Formula kSglangFraction{"mem.sglang_fraction",
                                         "min(max((total - reserved) / total, 0.1), 0.95)", "",
                                         "SGLang server_args.py"};

// The estimate document.
inline constexpr Formula kReplicaGpus{"estimate.gpus", "tp * pp * dp", "GPUs", kDefinition};
inline constexpr Formula kPerRank{"estimate.sequences_per_rank", "ceil(batch / dp)", "sequences",
                                  "attention-DP ranks share the batch; the fullest rank counts"};
inline constexpr Formula kPerMicrobatch{"estimate.sequences_per_microbatch", "ceil(per_rank / pp)",
                                        "sequences", "one microbatch per pipeline stage"};
inline constexpr Formula kTokensNeeded{"estimate.tokens_per_sequence", "context + new_tokens",
                                       "tokens", kDefinition};
inline constexpr Formula kKvNeeded{"estimate.kv_cache", "sequences * bytes_per_sequence", "B",
                                   kDefinition};
inline constexpr Formula kStepTokens{"estimate.step_tokens", "sequences * new_tokens", "tokens",
                                     kDefinition};
inline constexpr Formula kTokensFit{"estimate.kv_tokens_that_fit",
                                    "floor(kv_room / bytes_per_token) * dp", "tokens",
                                    "every attention-DP rank has a cache of its own"};
inline constexpr Formula kSequencesFit{"estimate.sequences_that_fit",
                                       "floor(kv_room / bytes_per_sequence) * dp", "sequences",
                                       "every attention-DP rank has a cache of its own"};
inline constexpr Formula kImageTokens{"estimate.image_tokens", "tokens + images * image_tokens",
                                      "tokens", "image tokens stand in the prompt like text"};

// Serving.
inline constexpr Formula kMilliseconds{"unit.ms", "seconds * 1000", "ms", kDefinition};
inline constexpr Formula kSeconds{"unit.s", "ms / 1000", "s", kDefinition};
inline constexpr Formula kRunning{"serve.running", "in_flight / (dp * pp)", "requests",
                                  "ranks and microbatches share the requests"};
inline constexpr Formula kAtLeastOne{"serve.sequences", "max(running, 1)", "sequences",
                                     kDefinition};
inline constexpr Formula kLongInput{"serve.input", "max(input_tokens, 1)", "tokens", kDefinition};
inline constexpr Formula kLongOutput{"serve.output", "max(output_tokens, 1)", "tokens",
                                     kDefinition};
inline constexpr Formula kUncached{"serve.uncached", "input_tokens - cached_tokens", "tokens",
                                   "a cached prefix is attended to, not computed again"};
inline constexpr Formula kMeanContext{"serve.context", "input_tokens + 0.5 * output_tokens",
                                      "tokens", "half of the answer is written on average"};
inline constexpr Formula kChunks{"serve.chunks", "max(1, ceil(input_tokens / limit))", "",
                                 "chunked prefill"};
inline constexpr Formula kStaticTtft{"serve.static_ttft", "request_overhead + prefill_step", "s",
                                     "a static batch prefills all prompts first"};

}  // namespace gpusize::formulas
