// Launchers of training jobs: Megatron-LM scripts and torchrun, accelerate or deepspeed around
// them.

#include <array>

#include "spec/engine_args.hpp"

namespace gpusize {
namespace {

using A = ServingArgs;

constexpr std::array<std::string_view, 3> kMegatronCommands{"pretrain_gpt.py", "pretrain_mamba.py",
                                                            "pretrain_llama.py"};
constexpr std::array<std::string_view, 6> kLaunchers{
    "torchrun",  "-m torch.distributed.run", "-m torch.distributed.launch", "accelerate launch",
    "deepspeed", "-m torchtitan.train"};

constexpr std::array kArgs{
    arg("nproc-per-node", &A::processes_per_node),
    arg("num-processes", &A::processes),
    arg("num-gpus", &A::processes_per_node),
    arg("nnodes", &A::nodes),
    arg("num-machines", &A::nodes),
    arg("num-nodes", &A::nodes),
    arg("tensor-model-parallel-size", &A::tp),
    arg("pipeline-model-parallel-size", &A::pp),
    arg("expert-model-parallel-size", &A::ep),
    arg("context-parallel-size", &A::cp),
    arg("micro-batch-size", &A::micro_batch),
    arg("train-batch-size", &A::micro_batch),
    arg("per-device-train-batch-size", &A::micro_batch),
    arg("global-batch-size", &A::global_batch),
    arg("seq-length", &A::seq_len),
    arg("max-context-width", &A::seq_len),
    arg("tokenizer-model", &A::tokenizer),
    arg("model-name-or-path", &A::model),
    arg("data-parallel-sharding-strategy", &A::sharding),
    arg("sharding-strategy", &A::sharding),
    arg("use-megatron-fsdp", &A::megatron_fsdp),
    arg("deepspeed", &A::config_file),
};
constexpr std::string_view kValues =
    "master-addr master-port node-rank rdzv-id rdzv-backend rdzv-endpoint max-restarts role "
    "num-layers "
    "hidden-size ffn-hidden-size num-attention-heads max-position-embeddings train-iters "
    "train-samples lr "
    "min-lr lr-decay-style weight-decay adam-beta1 adam-beta2 clip-grad data-path split vocab-file "
    "merge-file save load save-interval eval-interval eval-iters config config-file "
    "main-process-ip "
    "main-process-port machine-rank mixed-precision include hostfile module m";
constexpr std::string_view kSwitches =
    "fp16 bf16 use-mcore-models use-distributed-optimizer overlap-grad-reduce overlap-param-gather "
    "sequence-parallel swiglu untie-embeddings-and-output-weights disable-bias-linear standalone "
    "use-flash-attn multi-latent-attention qk-layernorm group-query-attention";

}  // namespace

const EngineReader kMegatron{.id = "megatron",
                             .commands = kMegatronCommands,
                             .images = {},
                             .args = kArgs,
                             .other_values = kValues,
                             .other_switches = kSwitches,
                             .environment = {},
                             .training = true};
const EngineReader kTorchrun{.id = "torchrun",
                             .commands = kLaunchers,
                             .images = {},
                             .args = kArgs,
                             .other_values = kValues,
                             .other_switches = kSwitches,
                             .environment = {},
                             .abbreviations = false,
                             .training = true};

}  // namespace gpusize
