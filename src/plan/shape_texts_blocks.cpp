// Operators of src/ops/graph.cpp, ffn.cpp and moe.cpp.

#include <array>

#include "plan/shape_book.hpp"

namespace gpusize {
namespace {

constexpr auto kTexts = std::to_array<ShapeText>({
    // Symbols.
    {"", "tokens", "sequences * q"},
    {"", "width", "intermediate / tp"},
    {"", "shared_width", "shared_intermediate / tp"},
    {"", "expert_width", "expert_intermediate * ep / (tp * dp)"},
    {"", "expert_rows", "tokens * dp * top_k_experts / ep"},
    {"", "distinct_experts", "experts * (1 - (1 - top_k_experts / experts) ^ (tokens * dp))"},
    {"", "unique_tokens", "tokens * dp * (1 - (1 - 1 / ep) ^ top_k_experts)"},
    {"", "ranks_reached", "min(top_k_experts, ep * (1 - (1 - 1 / ep) ^ top_k_experts))"},
    {"", "nodes", "tp * dp / node_gpus"},
    {"", "groups_used", "group_limit * (1 - (1 - 1 / group_limit) ^ top_k_experts)"},

    // Around the layers.
    {"embedding", "elements", "2 * tokens * hidden"},
    {"embedding", "elements", "3 * tokens * hidden"},
    {"embedding.allreduce", "message", "tokens * hidden * 2"},
    {"embedding.allreduce", "network", "2 * (tp - 1) / tp * tokens * hidden * 2 / node_gpus"},
    {"embedding.norm", "elements", "2 * tokens * hidden"},
    {"embedding.norm", "row", "hidden"},
    {"final_norm", "elements", "4 * logit_rows * hidden"},
    {"final_norm", "row", "hidden"},
    {"lm_head", "m", "logit_rows"},
    {"lm_head", "n", "vocab / tp"},
    {"lm_head", "k", "hidden"},
    {"lm_head.allgather", "message", "logit_rows * vocab * 2"},
    {"sampling", "activation_bytes", "logit_rows * vocab * (2 + 2 * 4)"},
    {"sampling", "row", "vocab"},
    {"pipeline.send", "message", "tokens * max(streams, 1) * hidden * 2"},
    {"pipeline.send", "count", "pp - 1"},

    // Norms: residual and block output in, residual and norm out.
    {"attention.norm", "elements", "4 * tokens * hidden"},
    {"attention.norm", "row", "hidden"},
    {"attention.post_norm", "elements", "4 * tokens * hidden"},
    {"attention.post_norm", "row", "hidden"},
    {"attention.allreduce", "message", "tokens * hidden * 2"},
    {"attention.allreduce", "network", "2 * (tp - 1) / tp * tokens * hidden * 2 / node_gpus"},
    {"ffn.norm", "elements", "4 * tokens * hidden"},
    {"ffn.norm", "row", "hidden"},
    {"ffn.post_norm", "elements", "4 * tokens * hidden"},
    {"ffn.post_norm", "row", "hidden"},
    {"hyper.mix", "n", "(2 + streams) * streams"},
    {"hyper.mix", "k", "streams * hidden"},
    {"hyper.gather", "elements", "tokens * (streams + 1) * hidden"},
    {"hyper.gather", "row", "streams * hidden"},
    {"hyper.scatter", "elements", "tokens * (2 * streams + 1) * hidden"},

    // Dense feed-forward.
    {"ffn.quantise", "elements", "tokens * hidden"},
    {"ffn.gate_up", "n", "matrices_in * width"},
    {"ffn.gate_up", "k", "hidden"},
    {"ffn.act", "elements", "tokens * (matrices_in + 1) * width"},
    {"ffn.down_quantise", "elements", "tokens * width"},
    {"ffn.down", "n", "hidden"},
    {"ffn.down", "k", "width"},
    {"ffn.allreduce", "message", "tokens * hidden * 2"},
    {"ffn.allreduce", "network", "2 * (tp - 1) / tp * tokens * hidden * 2 / node_gpus"},

    // Experts.
    {"moe.router", "n", "experts"},
    {"moe.router", "k", "hidden"},
    {"moe.topk", "elements", "tokens * experts + 2 * tokens * top_k_experts"},
    {"moe.topk", "row", "experts"},
    {"moe.permute", "activation_bytes", "(unique_tokens + expert_rows) * hidden * 2"},
    {"moe.permute", "activation_bytes", "(unique_tokens + expert_rows) * hidden * 1"},
    {"moe.permute", "activation_bytes", "(unique_tokens + expert_rows) * hidden * 0.5"},
    {"moe.quantise", "elements", "tokens * hidden"},
    {"moe.gate_up", "m", "expert_rows"},
    {"moe.gate_up", "n", "matrices_in * expert_width"},
    {"moe.gate_up", "k", "hidden"},
    {"moe.gate_up", "groups", "min(distinct_experts / ep, expert_rows)"},
    {"moe.act", "elements", "expert_rows * (matrices_in + 1) * expert_width"},
    {"moe.down_quantise", "elements", "expert_rows * expert_width"},
    {"moe.down", "m", "expert_rows"},
    {"moe.down", "n", "hidden"},
    {"moe.down", "k", "expert_width"},
    {"moe.down", "groups", "min(distinct_experts / ep, expert_rows)"},
    {"moe.finalize", "elements", "(expert_rows + unique_tokens) * hidden"},
    {"moe.shared_quantise", "elements", "tokens * hidden"},
    {"moe.shared_gate_up", "n", "matrices_in * shared_width"},
    {"moe.shared_gate_up", "k", "hidden"},
    {"moe.shared_act", "elements", "tokens * (matrices_in + 1) * shared_width"},
    {"moe.shared_down_quantise", "elements", "tokens * shared_width"},
    {"moe.shared_down", "n", "hidden"},
    {"moe.shared_down", "k", "shared_width"},
    {"moe.shared_allreduce", "message", "tokens * hidden * 2"},
    {"moe.shared_allreduce", "network", "2 * (tp - 1) / tp * tokens * hidden * 2 / node_gpus"},
    {"moe.dispatch", "message", "tokens * dp * hidden * 2"},
    {"moe.dispatch", "message", "tokens / tp * top_k_experts * hidden * 2"},
    {"moe.dispatch", "message", "tokens / tp * top_k_experts * hidden * (1 + 4 / 128)"},
    {"moe.dispatch", "message", "tokens / tp * ranks_reached * hidden * 2"},
    {"moe.dispatch", "message", "tokens / tp * ranks_reached * hidden * (1 + 4 / 128)"},
    {"moe.dispatch", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - groups_used / expert_groups) ^ (expert_groups / "
     "nodes)) "
     "* hidden * (1 + 4 / 128)"},
    {"moe.dispatch", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - groups_used / expert_groups) ^ (expert_groups / "
     "nodes)) "
     "* hidden * 2"},
    {"moe.dispatch", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - 1 / nodes) ^ groups_used) * hidden * (1 + 4 / 128)"},
    {"moe.dispatch", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - 1 / nodes) ^ groups_used) * hidden * 2"},
    {"moe.dispatch", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - 1 / nodes) ^ top_k_experts) * hidden * (1 + 4 / 128)"},
    {"moe.dispatch", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - 1 / nodes) ^ top_k_experts) * hidden * 2"},
    {"moe.combine", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - groups_used / expert_groups) ^ (expert_groups / "
     "nodes)) "
     "* hidden * 2"},
    {"moe.combine", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - 1 / nodes) ^ groups_used) * hidden * 2"},
    {"moe.combine", "network",
     "tokens / tp * (nodes - 1) * (1 - (1 - 1 / nodes) ^ top_k_experts) * hidden * 2"},
    {"moe.combine", "message", "tokens * hidden * 2"},
    {"moe.combine", "network", "2 * (tp - 1) / tp * tokens * hidden * 2 / node_gpus"},
    {"moe.combine", "message", "tokens * dp * hidden * 2"},
    {"moe.combine", "message", "tokens / tp * top_k_experts * hidden * 2"},
    {"moe.combine", "message", "tokens / tp * ranks_reached * hidden * 2"},
    {"moe.allreduce", "message", "unique_tokens * hidden * 2"},
    {"moe.gather", "message", "tokens * hidden * 2"},

    // Rows that a quantisation kernel reduces.
    {"attention.quantise", "row", "hidden"},
    {"attention.out_quantise", "row", "v_width"},
    {"attention.out_quantise", "row", "q_width"},
    {"ffn.quantise", "row", "hidden"},
    {"ffn.down_quantise", "row", "width"},
    {"moe.quantise", "row", "hidden"},
    {"moe.down_quantise", "row", "expert_width"},
    {"moe.shared_quantise", "row", "hidden"},
    {"moe.shared_down_quantise", "row", "shared_width"},
    {"linear.quantise", "row", "hidden"},
    {"linear.out_quantise", "row", "value_width"},
    {"linear.out_quantise", "row", "lightning_width"},

    // Of any operator.
    {"*", "m", "tokens"},
    {"*", "sequences", "sequences"},
    {"*", "queries", "q"},
    {"*", "ranks", "tp"},
    {"*", "ranks", "ep"},
    {"*", "ranks", "tp * dp"},
    {"*", "ranks", "tp * dp / ep"},
    {"*", "ranks", "2"},
    {"*", "groups", "1"},
    {"*", "launches", "1"},
    {"*", "row", "0"},
    {"*", "count", "layers"},
    {"*", "count", "1"},
    {"*", "weight_bytes", "0"},
    {"*", "activation_bytes", "0"},
    {"*", "kv_bytes", "0"},
    {"*", "comm_bytes", "0"},
    {"*", "flops", "0"},
});

}  // namespace

std::span<const ShapeText> block_texts() { return kTexts; }

}  // namespace gpusize
