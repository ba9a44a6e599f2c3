// accelerate's launch config with its FSDP and DeepSpeed parts, and what launchers of processes say
// on a command line.

#include <array>

#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

using enum RowShape;
using K = TrainKey;

constexpr std::array kMixed{TrainWord{"bf16", "bf16"}, TrainWord{"fp16", "fp16"},
                            TrainWord{"no", "-"}, TrainWord{"fp8", ""}};
// FSDP's numbers are those of torch's ShardingStrategy.
constexpr std::array kStrategy{
    TrainWord{"full_shard", "3"},
    TrainWord{"shard_grad_op", "2"},
    TrainWord{"no_shard", "0"},
    TrainWord{"hybrid_shard", "3"},
    TrainWord{"hybrid_shard_zero2", "2"},
    TrainWord{"1", "3"},
    TrainWord{"2", "2"},
    TrainWord{"3", "0"},
    TrainWord{"4", "3"},
    TrainWord{"5", "2"},
};
constexpr std::array kGroup{
    TrainWord{"hybrid_shard", "node"},
    TrainWord{"hybrid_shard_zero2", "node"},
    TrainWord{"full_shard", "-"},
    TrainWord{"shard_grad_op", "-"},
    TrainWord{"no_shard", "-"},
    TrainWord{"1", "-"},
    TrainWord{"2", "-"},
    TrainWord{"3", "-"},
    TrainWord{"4", "node"},
    TrainWord{"5", "node"},
};
constexpr std::array kReshard{TrainWord{"true", "3"},       TrainWord{"false", "2"},
                              TrainWord{"full_shard", "3"}, TrainWord{"shard_grad_op", "2"},
                              TrainWord{"no_shard", "0"},   TrainWord{"hybrid_shard", "3"}};
constexpr std::array kOffload{TrainWord{"cpu", "yes"}, TrainWord{"none", "-"},
                              TrainWord{"nvme", ""}};
constexpr std::array kDistributed{
    TrainWord{"fsdp", "transformers"},
    TrainWord{"multi_gpu", "transformers"},
    TrainWord{"no", "transformers"},
    TrainWord{"deepspeed", "deepspeed"},
    TrainWord{"megatron_lm", "megatron-core"},
    TrainWord{"tpu", ""},
    TrainWord{"multi_cpu", ""},
    TrainWord{"multi_npu", ""},
    TrainWord{"multi_xpu", ""},
};

constexpr std::array kRows{
    TrainRow{"distributed_type", kWord, K::kFramework, {}, kDistributed},
    TrainRow{"num_processes", kCount, K::kGpus},
    TrainRow{"num_machines", kCount, K::kNodes},
    TrainRow{"mixed_precision", kWord, K::kWide, {}, kMixed},
    TrainRow{"gradient_accumulation_steps", kCount, K::kAccumulation},
    TrainRow{"fsdp_config.fsdp_sharding_strategy", kWord, K::kZero, {}, kStrategy},
    TrainRow{"fsdp_config.fsdp_sharding_strategy", kWord, K::kShardGroup, {}, kGroup},
    TrainRow{"fsdp_config.fsdp_reshard_after_forward", kWord, K::kZero, {}, kReshard},
    TrainRow{"fsdp_config.fsdp_activation_checkpointing", kSwitch, K::kRecompute, "full"},
    TrainRow{"fsdp_config.fsdp_offload_params", kSwitch, K::kOffload, "yes"},
    TrainRow{"deepspeed_config.zero_stage", kLevel, K::kZero},
    TrainRow{"deepspeed_config.gradient_accumulation_steps", kCount, K::kAccumulation},
    TrainRow{"deepspeed_config.offload_optimizer_device", kWord, K::kOffload, {}, kOffload},
    TrainRow{"deepspeed_config.offload_param_device", kGap, {}, "weights are kept on the GPU"},
    TrainRow{"deepspeed_config.deepspeed_config_file", kFile},
    TrainRow{"megatron_lm_config.megatron_lm_tp_degree", kCount, K::kTp},
    TrainRow{"megatron_lm_config.megatron_lm_pp_degree", kCount, K::kPp},
    TrainRow{"parallelism_config.parallelism_config_tp_size", kCount, K::kTp},
    TrainRow{"parallelism_config.parallelism_config_cp_size", kCount, K::kCp},
    TrainRow{"parallelism_config.parallelism_config_dp_shard_size", kCount, K::kShardGroup},
    TrainRow{
        "dynamo_config.dynamo_backend", kGap, {}, "kernels are counted as eager PyTorch runs them"},
    TrainRow{"fp8_config", kGap, {}, "linear layers are taken in 16 bits"},
    TrainRow{"use_cpu", kGap, {}, "the run is sized on GPUs"},
};

constexpr std::string_view kIrrelevant =
    "compute_environment debug downcast_bf16 machine_rank main_process_ip main_process_port "
    "main_training_function rdzv_backend same_network gpu_ids enable_cpu_affinity tpu_* "
    "deepspeed_config.deepspeed_multinode_launcher deepspeed_config.zero3_* "
    "deepspeed_config.gradient_clipping deepspeed_config.deepspeed_hostfile "
    "deepspeed_config.deepspeed_moe_layer_cls_names fsdp_config.fsdp_auto_wrap_policy "
    "fsdp_config.fsdp_backward_prefetch* fsdp_config.fsdp_cpu_ram_efficient_loading "
    "fsdp_config.fsdp_forward_prefetch fsdp_config.fsdp_state_dict_type "
    "fsdp_config.fsdp_sync_module_states fsdp_config.fsdp_transformer_layer_cls_to_wrap "
    "fsdp_config.fsdp_use_orig_params fsdp_config.fsdp_version fsdp_config.fsdp_min_num_params "
    "megatron_lm_config.* parallelism_config.* dynamo_config.* ipex_config* mpirun_config* "
    "commands command_file tpu tpu_name";

constexpr std::array kImplied{TrainImplied{K::kFramework, "transformers", "accelerate"}};

constexpr std::array kLauncher{
    TrainRow{"nproc-per-node", kCount, K::kGpusPerNode},
    TrainRow{"num-gpus", kCount, K::kGpusPerNode},
    TrainRow{"num-processes", kCount, K::kGpus},
    TrainRow{"nnodes", kCount, K::kNodes},
    TrainRow{"num-nodes", kCount, K::kNodes},
    TrainRow{"num-machines", kCount, K::kNodes},
    TrainRow{"config-file", kFile},
};

}  // namespace

const TrainDialect kAccelerateConfig{"accelerate config", kRows, kIrrelevant, kImplied};
const TrainDialect kLauncherOptions{"launcher options", kLauncher, {}, {}, true};

}  // namespace gpusize
