// SGLang: options as in python/sglang/srt/server_args.py of 0.4 and 0.5.

#include <array>

#include "spec/engine_args.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::string_view, 5> kCommands{"-m sglang.launch_server", "sglang serve",
                                                    "-m sglang.srt.server", "-m dynamo.sglang",
                                                    "-m dynamo.sglang.worker"};
constexpr std::array<std::string_view, 4> kImages{"lmsysorg/sglang", "sglang-runtime",
                                                  "sglang/sglang", "rocm/sgl-dev"};

using A = ServingArgs;
constexpr std::array kArgs{
    arg("model-path", &A::model),
    arg("model", &A::model),
    arg("served-model-name", &A::served_name),
    arg("tokenizer-path", &A::tokenizer),
    arg("tp", &A::tp),
    arg("tp-size", &A::tp),
    arg("tensor-parallel-size", &A::tp),
    arg("pp", &A::pp),
    arg("pp-size", &A::pp),
    arg("pipeline-parallel-size", &A::pp),
    arg("dp", &A::dp),
    arg("dp-size", &A::dp),
    arg("data-parallel-size", &A::dp),
    arg("ep", &A::ep),
    arg("ep-size", &A::ep),
    arg("expert-parallel-size", &A::ep),
    arg("enable-ep-moe", &A::expert_parallel, "ep-size"),
    arg("enable-dp-attention", &A::attention_dp),
    arg("nnodes", &A::nodes),
    arg("context-length", &A::max_model_len),
    arg("max-running-requests", &A::max_num_seqs),
    arg("chunked-prefill-size", &A::max_batched_tokens),
    arg("max-total-tokens", &A::kv_cache_tokens),
    arg("mem-fraction-static", &A::memory_fraction),
    arg("kv-cache-dtype", &A::kv_cache_dtype),
    arg("quantization", &A::quantization),
    arg("dtype", &A::dtype),
    arg("page-size", &A::block_size),
    arg("disable-cuda-graph", &A::enforce_eager),
    arg("speculative-algorithm", &A::speculative),
    arg("speculative-algo", &A::speculative, "speculative-algorithm"),
};
constexpr std::string_view kOtherValues =
    "host port tokenizer-mode load-format model-loader-extra-config quantization-param-path device "
    "chat-template completion-template revision max-queued-requests max-prefill-tokens "
    "schedule-policy "
    "schedule-conservativeness cpu-offload-gb max-micro-batch-size stream-interval random-seed "
    "constrained-json-whitespace-pattern watchdog-timeout dist-timeout download-dir base-gpu-id "
    "gpu-id-step "
    "log-level log-level-http log-requests-level api-key file-storage-path reasoning-parser "
    "tool-call-parser load-balance-method dist-init-addr nccl-init-addr node-rank "
    "json-model-override-args "
    "preferred-sampling-params lora-paths max-loras-per-batch lora-backend attention-backend "
    "prefill-attention-backend decode-attention-backend sampling-backend grammar-backend "
    "speculative-draft-model-path speculative-num-steps speculative-eagle-topk "
    "speculative-num-draft-tokens ep-num-redundant-experts ep-dispatch-algorithm "
    "init-expert-location "
    "eplb-algorithm moe-dense-tp-size moe-a2a-backend moe-runner-backend deepep-mode deepep-config "
    "cuda-graph-max-bs cuda-graph-bs disaggregation-mode disaggregation-bootstrap-port "
    "disaggregation-transfer-backend disaggregation-ib-device num-reserved-decode-tokens "
    "hicache-ratio hicache-size hicache-storage-backend max-mamba-cache-size mm-attention-backend "
    "crash-dump-folder num-continuous-decode-steps weight-version fp8-gemm-backend "
    "fp4-gemm-backend "
    "nsa-prefill-backend nsa-decode-backend prefill-round-robin-balance";
constexpr std::string_view kOtherSwitches =
    "trust-remote-code skip-tokenizer-init skip-server-warmup enable-metrics log-requests "
    "show-time-cost "
    "disable-radix-cache disable-cuda-graph-padding disable-outlines-disk-cache "
    "disable-custom-all-reduce disable-overlap-schedule enable-mixed-chunk enable-torch-compile "
    "enable-deepep-moe enable-eplb enable-dp-lm-head enable-two-batch-overlap "
    "enable-flashinfer-moe "
    "enable-hierarchical-cache enable-multimodal enable-memory-saver enable-p2p-check "
    "disable-shared-experts-fusion is-embedding enable-lora enable-nccl-nvls enable-symm-mem "
    "disable-flashinfer-autotune enable-cache-report allow-auto-truncate delete-ckpt-after-loading "
    "triton-attention-reduce-in-fp32 disable-chunked-prefix-cache disable-fast-image-processor";

constexpr std::array kEnvironment{arg("SGLANG_MODEL_PATH", &A::model)};

}  // namespace

const EngineReader kSglang{.id = "sglang",
                           .commands = kCommands,
                           .images = kImages,
                           .args = kArgs,
                           .other_values = kOtherValues,
                           .other_switches = kOtherSwitches,
                           .environment = kEnvironment,
                           .released_as = "lmsysorg/sglang"};

}  // namespace gpusize
