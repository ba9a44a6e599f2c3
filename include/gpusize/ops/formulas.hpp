#pragma once
// The published formulas of this layer. Ids are permanent; the texts are evaluated by the tests and
// must give the code's values. Symbols: h hidden, heads, kv_heads, head_dim; sequences S with q new
// tokens each and c cached ones; attended: mean tokens seen by a query.

#include <span>

#include "gpusize/core/formula.hpp"

namespace gpusize {

namespace formulas {

inline constexpr Formula kGemmFlops{"gemm.flops", "2 * m * n * k", "FLOP",
                                    "Golub and Van Loan, Matrix Computations, sec. 1.1"};
inline constexpr Formula kGemmWeightBytes{"gemm.weight_bytes", "groups * n * k * bytes_per_element",
                                          "B", "each touched matrix is read once"};
inline constexpr Formula kBlockScaledBytes{
    "weights.fp8_block.bytes",
    "rows * cols + scale_bytes * ceil(rows / block_rows) * ceil(cols / block_cols)", "B",
    "DeepSeek-V3 README_WEIGHTS.md, FP8 weight documentation"};
inline constexpr Formula kGroupScaledBytes{
    "weights.group.bytes_per_element", "bits / 8 + scale_bytes / group", "B",
    "AWQ arXiv:2306.00978; OCP Microscaling formats v1.0 sec. 5"};
inline constexpr Formula kTensorParallelShare{"weights.tensor_parallel.bytes", "bytes / tp", "B",
                                              "Megatron-LM arXiv:1909.08053 sec. 3"};
inline constexpr Formula kExpertShare{
    "weights.expert_parallel.bytes", "bytes * ceil(experts / ep) / experts * ep / (tp * dp)", "B",
    "whole experts over ep ranks, the rest split as in Megatron-LM"};

inline constexpr Formula kCausalMean{
    "attn.causal.mean_attended", "c + (q + 1) / 2", "token",
    "sum over causal positions; FlashAttention-2 arXiv:2307.08691 sec. 4.1"};
inline constexpr Formula kPrefillFlops{"attn.prefill.flops",
                                       "2 * sequences * q * heads * attended * (qk_dim + v_dim)",
                                       "FLOP", "QK^T and PV products; arXiv:2307.08691 sec. 4.1"};
inline constexpr Formula kDecodeKvRead{"attn.decode.kv_bytes",
                                       "sequences * read_tokens * bytes_per_token", "B",
                                       "each cached vector is read once per step"};

inline constexpr Formula kGqaKv{"attn.gqa.kv_bytes_per_token",
                                "2 * layers * kv_heads * head_dim * dtype_bytes", "B/token",
                                "GQA arXiv:2305.13245 sec. 2"};
inline constexpr Formula kWindowKv{"attn.window.kv_bytes",
                                   "2 * kv_heads * head_dim * dtype_bytes * min(tokens, window)",
                                   "B", "Mistral 7B arXiv:2310.06825 sec. 2"};
inline constexpr Formula kMlaKv{"attn.mla.kv_bytes_per_token",
                                "layers * (kv_lora_rank + rope_dim) * dtype_bytes", "B/token",
                                "DeepSeek-V2 arXiv:2405.04434 sec. 2.1.2 and table 1"};
inline constexpr Formula kMlaDecodeFlops{
    "attn.mla.decode.flops", "2 * sequences * q * heads * attended * (2 * kv_lora_rank + rope_dim)",
    "FLOP", "absorbed form; FlashMLA README, arXiv:2405.04434 sec. 2.1.2"};
inline constexpr Formula kMlaPrefillFlops{
    "attn.mla.prefill.flops",
    "2 * sequences * q * heads * attended * (nope_dim + rope_dim + v_dim)", "FLOP",
    "expanded form; arXiv:2405.04434 sec. 2.1.2"};
inline constexpr Formula kSparseKvFp8{
    "attn.sparse_mla.kv_bytes_per_token_fp8",
    "layers * (kv_lora_rank + 4 * kv_lora_rank / 128 + 2 * rope_dim) + "
    "indexers * (indexer_dim + 4 * indexer_dim / 128)",
    "B/token", "FlashMLA README: 656 B per token and layer; DeepGEMM index cache: 132 B"};
inline constexpr Formula kIndexerFlops{"attn.indexer.flops",
                                       "2 * sequences * q * attended * indexer_heads * indexer_dim",
                                       "FLOP", "DeepSeek-V3.2 arXiv:2512.02556 sec. 2.1"};
inline constexpr Formula kSelected{"attn.sparse.attended", "min(top_k, c + 1)", "token",
                                   "DeepSeek-V3.2 arXiv:2512.02556 sec. 2.1"};
inline constexpr Formula kCompressedKv{
    "attn.compressed.kv_bytes_per_token", "(head_dim / ratio + indexer_dim / ratio) * dtype_bytes",
    "B/token", "DeepSeek-V4 inference/model.py: one entry per ratio tokens"};
inline constexpr Formula kCompressedAttended{"attn.compressed.attended",
                                             "min(window, c + 1) + min(top_k, (c + 1) / ratio)",
                                             "token", "DeepSeek-V4 inference/model.py"};
inline constexpr Formula kBlockAttended{"attn.block_sparse.attended", "min(blocks * block, c + 1)",
                                        "token", "MiniMax-M3 config sparse_attention_config"};
inline constexpr Formula kDeltaState{
    "attn.gated_delta.state_bytes",
    "value_heads * key_dim * value_dim * state_bytes + "
    "(2 * key_heads * key_dim + value_heads * value_dim) * (conv_kernel - 1) * 2",
    "B", "Gated DeltaNet arXiv:2412.06464 sec. 3; Qwen3-Next modelling file"};
inline constexpr Formula kDeltaFlops{
    "attn.gated_delta.decode.flops", "7 * tokens * value_heads * key_dim * value_dim", "FLOP",
    "decay, read, rank-one write and query of the state, arXiv:2412.06464 eq. 10"};
inline constexpr Formula kLightningState{
    "attn.lightning.state_bytes", "heads * head_dim * head_dim * state_bytes", "B",
    "Lightning attention arXiv:2401.04658 sec. 3; MiniMax-01 arXiv:2501.08313"};

inline constexpr Formula kDistinctExperts{
    "moe.distinct_experts", "experts * (1 - (1 - top_k / experts) ^ tokens)", "1",
    "expected occupancy, each token choosing without replacement"};
inline constexpr Formula kExpertRows{"moe.rows_per_rank", "tokens * dp * top_k / ep", "1",
                                     "balanced routing over ep ranks"};
inline constexpr Formula kDispatchBytes{
    "moe.dispatch.message", "tokens / tp * copies * h * dtype_bytes", "B",
    "DeepEP README: each token is sent to the ranks of its experts"};
inline constexpr Formula kAllReduceBytes{"collective.all_reduce.wire_bytes",
                                         "2 * (ranks - 1) / ranks * message", "B",
                                         "ring algorithm; Thakur, Rabenseifner and Gropp 2005"};

}  // namespace formulas

/// All formulas of this layer.
std::span<const Formula> ops_formulas();

}  // namespace gpusize
