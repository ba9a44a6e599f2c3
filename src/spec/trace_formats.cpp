#include <array>

#include "gpusize/spec/trace.hpp"

namespace gpusize {
namespace {

// Headers as published: Azure/AzurePublicDataset (2023 and 2024), HPMLL/BurstGPT,
// kvcache-ai/Mooncake, microsoft/vidur, vllm-project/vllm (timed traces of its benchmark).
constexpr std::array<TraceFormat, 5> kFormats{{
    {"azure", "Azure LLM inference traces of 2023 and 2024", "TIMESTAMP", "ContextTokens",
     "GeneratedTokens", 1.0, false, "", 0},
    {"burstgpt", "BurstGPT", "Timestamp", "Request tokens", "Response tokens", 1.0, false, "", 0},
    {"vidur", "Vidur's processed traces", "arrived_at", "num_prefill_tokens", "num_decode_tokens",
     1.0, false, "", 0},
    {"mooncake", "Mooncake, milliseconds and hashes of 512-token blocks", "timestamp",
     "input_length", "output_length", 1e-3, true, "hash_ids", 512},
    {"vllm", "vLLM benchmark requests", "timestamp", "prompt_len", "output_len", 1.0, true, "", 0},
}};

}  // namespace

std::span<const TraceFormat> trace_formats() { return kFormats; }

}  // namespace gpusize
