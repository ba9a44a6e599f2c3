// TensorRT-LLM: `trtllm-serve`, its YAML of LLM options, and Dynamo's worker.

#include <array>

#include "spec/engine_args.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 3> kCommands{"trtllm-serve serve", "trtllm-serve",
                                                    "-m dynamo.trtllm"};
constexpr std::array<std::string_view, 2> kImages{"tensorrt-llm/release", "tensorrtllm-runtime"};

using A = ServingArgs;
constexpr std::array kArgs{
    arg("model", &A::model),
    arg("model-path", &A::model),
    arg("served-model-name", &A::served_name),
    arg("tokenizer", &A::tokenizer),
    arg("tp-size", &A::tp),
    arg("tensor-parallel-size", &A::tp),
    arg("pp-size", &A::pp),
    arg("pipeline-parallel-size", &A::pp),
    arg("ep-size", &A::ep),
    arg("expert-parallel-size", &A::ep),
    arg("moe-expert-parallel-size", &A::ep),
    arg("enable-attention-dp", &A::attention_dp),
    arg("max-batch-size", &A::max_num_seqs),
    arg("max-num-tokens", &A::max_batched_tokens),
    arg("max-seq-len", &A::max_model_len),
    arg("kv-cache-free-gpu-memory-fraction", &A::memory_fraction),
    arg("free-gpu-memory-fraction", &A::memory_fraction),
    arg("kv-cache-config.free-gpu-memory-fraction", &A::memory_fraction),
    arg("kv-cache-config.dtype", &A::kv_cache_dtype),
    arg("kv-cache-dtype", &A::kv_cache_dtype),
    arg("kv-cache-config.tokens-per-block", &A::block_size),
    arg("kv-cache-config.max-tokens", &A::kv_cache_tokens),
    arg("tokens-per-block", &A::block_size),
    arg("kv-block-size", &A::block_size),
    arg("dtype", &A::dtype),
    arg("quantization", &A::quantization),
    arg("speculative-config.decoding-type", &A::speculative),
    arg("extra-llm-api-options", &A::config_file),
    arg("extra-engine-args", &A::config_file),
    arg("config", &A::config_file),
};
constexpr std::string_view kOtherValues =
    "host port backend max-beam-width gpus-per-node num-postprocess-workers cluster-size "
    "reasoning-parser "
    "tool-parser metadata-server-config-file server-role log-level endpoint disaggregation-mode "
    "disaggregation-strategy publish-events-port custom-jinja-template modality revision "
    "fail-fast-on-attention";
constexpr std::string_view kOtherSwitches =
    "trust-remote-code publish-events-and-metrics fail-fast enable-chunked-prefill";

}  // namespace

const EngineReader kTensorRtLlm{.id = "tensorrt-llm",
                                .commands = kCommands,
                                .images = kImages,
                                .args = kArgs,
                                .other_values = kOtherValues,
                                .other_switches = kOtherSwitches,
                                .environment = {},
                                .released_as = "tensorrt-llm/release",
                                .positional_model = true};

}  // namespace gpusize
