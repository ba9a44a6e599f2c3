// vLLM: `vllm serve`, its API server modules and Dynamo's worker. Options as in vllm/engine/
// arg_utils.py and entrypoints/openai/cli_args.py of 0.6 to 0.22.

#include <array>

#include "spec/engine_args.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 8> kCommands{
    "-m huggingfaceserver",
    "vllm serve",
    "-m vllm.entrypoints.openai.api_server",
    "-m vllm.entrypoints.api_server",
    "-m vllm.entrypoints.cli.main serve",
    "-m dynamo.vllm",
    "-m vllm serve",
    "api_server.py",
};
constexpr std::array<std::string_view, 8> kImages{"vllm/vllm-openai", "vllm-openai",  "llm-d/llm-d",
                                                  "llm-d-cuda",       "llm-d-rocm",   "rocm/vllm",
                                                  "vllm-runtime",     "vllm/vllm-tpu"};

using A = ServingArgs;
constexpr std::array kArgs{
    arg("model", &A::model),
    arg("model-id", &A::model),  // KServe's Hugging Face server in front of vLLM
    arg("served-model-name", &A::served_name),
    arg("tokenizer", &A::tokenizer),
    arg("tensor-parallel-size", &A::tp),
    arg("tp", &A::tp),
    arg("pipeline-parallel-size", &A::pp),
    arg("pp", &A::pp),
    arg("data-parallel-size", &A::dp),
    arg("dp", &A::dp),
    arg("data-parallel-size-local", &A::dp_local),
    arg("dpl", &A::dp_local),
    arg("enable-expert-parallel", &A::expert_parallel),
    arg("ep", &A::expert_parallel),
    arg("nnodes", &A::nodes),
    arg("n", &A::nodes),
    arg("max-model-len", &A::max_model_len),
    arg("max-num-seqs", &A::max_num_seqs),
    arg("max-num-batched-tokens", &A::max_batched_tokens),
    arg("gpu-memory-utilization", &A::memory_fraction),
    arg("kv-cache-memory-bytes", &A::kv_cache_bytes),
    arg("kv-cache-dtype", &A::kv_cache_dtype),
    arg("quantization", &A::quantization),
    arg("q", &A::quantization),
    arg("dtype", &A::dtype),
    arg("block-size", &A::block_size),
    arg("enforce-eager", &A::enforce_eager),
    arg("speculative-config", &A::speculative),
    arg("speculative-model", &A::speculative, "speculative-config"),
    arg("config", &A::config_file),
};
constexpr std::string_view kOtherValues =
    "host port uvicorn-log-level allowed-origins allowed-methods allowed-headers api-key "
    "lora-modules "
    "chat-template chat-template-content-format response-role ssl-keyfile ssl-certfile "
    "ssl-ca-certs "
    "ssl-cert-reqs root-path middleware max-log-len tool-call-parser tool-parser-plugin "
    "reasoning-parser "
    "task runner convert skip-tokenizer-init tokenizer-mode revision code-revision "
    "tokenizer-revision "
    "allowed-local-media-path download-dir load-format config-format seed hf-config-path hf-token "
    "hf-overrides rope-scaling rope-theta quantization-param-path distributed-executor-backend "
    "data-parallel-address data-parallel-rpc-port data-parallel-backend data-parallel-rank "
    "data-parallel-start-rank data-parallel-hybrid-lb-port master-addr master-port node-rank "
    "max-parallel-loading-workers ray-workers-use-nsight swap-space cpu-offload-gb "
    "num-gpu-blocks-override "
    "max-logprobs guided-decoding-backend logits-processor-pattern model-impl limit-mm-per-prompt "
    "mm-processor-kwargs max-loras max-lora-rank lora-extra-vocab-size lora-dtype max-cpu-loras "
    "device num-scheduler-steps scheduler-delay-factor speculative-draft-tensor-parallel-size "
    "num-speculative-tokens otlp-traces-endpoint collect-detailed-traces scheduling-policy "
    "scheduler-cls "
    "override-neuron-config override-pooler-config override-generation-config generation-config "
    "compilation-config O kv-transfer-config kv-events-config worker-cls worker-extension-cls "
    "prefix-caching-hash-algo max-num-partial-prefills max-long-partial-prefills "
    "long-prefill-token-threshold max-seq-len-to-capture cuda-graph-sizes additional-config "
    "model-loader-extra-config ignore-patterns attention-backend all2all-backend "
    "decode-context-parallel-size "
    "dcp prefill-context-parallel-size dbo-decode-token-threshold dbo-prefill-token-threshold "
    "eplb-config "
    "num-redundant-experts eplb-window-size eplb-step-interval structured-outputs-config "
    "mm-encoder-tp-mode mm-processor-cache-gb mamba-cache-dtype mamba-ssm-cache-dtype "
    "async-scheduling-mode "
    "api-server-count kv-offloading-size kv-offloading-backend performance-mode linear-backend "
    "moe-backend stream-interval profiler-config pooler-config logits-processors";
constexpr std::string_view kOtherSwitches =
    "trust-remote-code enable-prefix-caching enable-chunked-prefill disable-log-stats "
    "disable-log-requests "
    "enable-log-requests disable-sliding-window disable-custom-all-reduce use-v2-block-manager "
    "enable-lora "
    "fully-sharded-loras enable-prompt-adapter enable-auto-tool-choice enable-reasoning "
    "disable-frontend-multiprocessing enable-request-id-headers return-tokens-as-token-ids "
    "disable-fastapi-docs enable-prompt-tokens-details enable-server-load-tracking "
    "allow-credentials "
    "enable-sleep-mode calculate-kv-scales disable-async-output-proc multi-step-stream-outputs "
    "disable-chunked-mm-input enable-eplb enable-dbo headless data-parallel-hybrid-lb "
    "data-parallel-external-lb async-scheduling disable-hybrid-kv-cache-manager "
    "disable-uvicorn-access-log "
    "enable-return-routed-experts use-tqdm-on-load enable-ssl-refresh log-config-file "
    "enable-mfu-metrics "
    "disable-mm-preprocessor-cache disable-cascade-attn allow-deprecated-quantization "
    "enable-multimodal-encoder-data-parallel enable-flashinfer-autotune interleave-mm-strings "
    "disable-nccl-for-dp-synchronization enable-layerwise-nvtx-tracing language-model-only";

constexpr std::array kEnvironment{
    arg("VLLM_MODEL", &A::model),
    arg("VLLM_TENSOR_PARALLEL_SIZE", &A::tp),
};

}  // namespace

const EngineReader kVllm{.id = "vllm",
                         .commands = kCommands,
                         .images = kImages,
                         .args = kArgs,
                         .other_values = kOtherValues,
                         .other_switches = kOtherSwitches,
                         .environment = kEnvironment,
                         .extra_args_variable = "VLLM_ADDITIONAL_ARGS",
                         .released_as = "vllm/vllm-openai",
                         .positional_model = true};

}  // namespace gpusize
