// Engines with few options that matter: Text Generation Inference, llama.cpp's server, LMDeploy and
// Triton's TensorRT-LLM launchers.

#include <array>

#include "spec/engine_args.hpp"

namespace gpusize {
namespace {

using A = ServingArgs;

constexpr std::array<std::string_view, 1> kTgiCommands{"text-generation-launcher"};
constexpr std::array<std::string_view, 1> kTgiImages{"text-generation-inference"};
constexpr std::array kTgiArgs{
    arg("model-id", &A::model),
    arg("num-shard", &A::tp),
    arg("quantize", &A::quantization),
    arg("dtype", &A::dtype),
    arg("kv-cache-dtype", &A::kv_cache_dtype),
    arg("max-concurrent-requests", &A::max_num_seqs),
    arg("max-total-tokens", &A::max_model_len),
    arg("max-batch-prefill-tokens", &A::max_batched_tokens),
    arg("max-batch-total-tokens", &A::kv_cache_tokens),
    arg("cuda-memory-fraction", &A::memory_fraction),
};
constexpr std::string_view kTgiValues =
    "max-input-length max-input-tokens max-batch-size waiting-served-ratio max-waiting-tokens "
    "hostname "
    "port master-addr master-port huggingface-hub-cache revision speculate max-stop-sequences "
    "max-top-n-tokens rope-scaling rope-factor shard-uds-path api-key tokenizer-config-path "
    "validation-workers";
constexpr std::array kTgiEnvironment{
    arg("MODEL_ID", &A::model),
    arg("NUM_SHARD", &A::tp),
    arg("QUANTIZE", &A::quantization),
    arg("DTYPE", &A::dtype),
    arg("KV_CACHE_DTYPE", &A::kv_cache_dtype),
    arg("MAX_CONCURRENT_REQUESTS", &A::max_num_seqs),
    arg("MAX_TOTAL_TOKENS", &A::max_model_len),
    arg("MAX_BATCH_PREFILL_TOKENS", &A::max_batched_tokens),
    arg("MAX_BATCH_TOTAL_TOKENS", &A::kv_cache_tokens),
    arg("CUDA_MEMORY_FRACTION", &A::memory_fraction),
};

constexpr std::array<std::string_view, 2> kLlamaCommands{"llama-server", "-m llama_cpp.server"};
constexpr std::array<std::string_view, 2> kLlamaImages{"llama.cpp", "llama-cpp-python"};
constexpr std::array kLlamaArgs{
    arg("m", &A::model),
    arg("model", &A::model),
    arg("hf-repo", &A::model),
    arg("hf", &A::model),
    arg("hfr", &A::model),
    arg("alias", &A::served_name),
    arg("ctx-size", &A::max_model_len),
    arg("c", &A::max_model_len),
    arg("parallel", &A::max_num_seqs),
    arg("np", &A::max_num_seqs),
    arg("batch-size", &A::max_batched_tokens),
    arg("b", &A::max_batched_tokens),
    arg("cache-type-k", &A::kv_cache_dtype),
    arg("ctk", &A::kv_cache_dtype),
};
constexpr std::string_view kLlamaValues =
    "host port n-gpu-layers ngl gpu-layers threads t ubatch-size ub split-mode sm tensor-split ts "
    "main-gpu "
    "mg cache-type-v ctv hf-file hff chat-template api-key override-tensor ot";
constexpr std::array kLlamaEnvironment{
    arg("LLAMA_ARG_MODEL", &A::model), arg("LLAMA_ARG_HF_REPO", &A::model),
    arg("LLAMA_ARG_CTX_SIZE", &A::max_model_len), arg("LLAMA_ARG_N_PARALLEL", &A::max_num_seqs)};

constexpr std::array<std::string_view, 1> kLmdeployCommands{"lmdeploy serve api_server"};
constexpr std::array<std::string_view, 1> kLmdeployImages{"openmmlab/lmdeploy"};
constexpr std::array kLmdeployArgs{
    arg("tp", &A::tp),
    arg("dp", &A::dp),
    arg("ep", &A::ep),
    arg("session-len", &A::max_model_len),
    arg("max-batch-size", &A::max_num_seqs),
    arg("cache-max-entry-count", &A::memory_fraction),
    arg("max-prefill-token-num", &A::max_batched_tokens),
    arg("model-name", &A::served_name),
    arg("dtype", &A::dtype),
    arg("model-format", &A::quantization),
};
constexpr std::string_view kLmdeployValues =
    "server-name server-port backend quant-policy log-level chat-template cache-block-seq-len";

constexpr std::array<std::string_view, 2> kTritonCommands{"launch_triton_server.py",
                                                          "tritonserver"};
constexpr std::array<std::string_view, 1> kTritonImages{"nvidia/tritonserver"};
constexpr std::array kTritonArgs{
    arg("tp", &A::tp),
    arg("pp", &A::pp),
    arg("tensor-parallel-size", &A::tp),
    arg("pipeline-parallel-size", &A::pp),
};
constexpr std::string_view kTritonValues =
    "model-repo model-repository triton-model-repo-dir world-size gpu-per-node http-port grpc-port";

}  // namespace

const EngineReader kTgi{
    .id = "tgi",
    .commands = kTgiCommands,
    .images = kTgiImages,
    .args = kTgiArgs,
    .other_values = kTgiValues,
    .other_switches = "trust-remote-code sharded json-output disable-custom-kernels",
    .environment = kTgiEnvironment,
    .released_as = "text-generation-inference",
    .abbreviations = false,
    .takes_all_gpus = true};
const EngineReader kLlamaCpp{.id = "llama-cpp",
                             .commands = kLlamaCommands,
                             .images = kLlamaImages,
                             .args = kLlamaArgs,
                             .other_values = kLlamaValues,
                             .other_switches = "flash-attn fa mlock no-mmap metrics jinja",
                             .environment = kLlamaEnvironment,
                             .abbreviations = false,
                             .takes_all_gpus = true};
const EngineReader kLmdeploy{.id = "lmdeploy",
                             .commands = kLmdeployCommands,
                             .images = kLmdeployImages,
                             .args = kLmdeployArgs,
                             .other_values = kLmdeployValues,
                             .other_switches = "enable-prefix-caching eager-mode",
                             .environment = {},
                             .positional_model = true};
const EngineReader kTriton{.id = "triton+trtllm",
                           .commands = kTritonCommands,
                           .images = kTritonImages,
                           .args = kTritonArgs,
                           .other_values = kTritonValues,
                           .other_switches = "",
                           .environment = {},
                           .abbreviations = false,
                           .takes_all_gpus = true};

}  // namespace gpusize
