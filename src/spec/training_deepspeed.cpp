// DeepSpeed's JSON config (deepspeed.ai/docs/config-json).

#include <array>

#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

using enum RowShape;
using K = TrainKey;

constexpr std::array kOptimizers{
    TrainWord{"adam", "adamw"},       TrainWord{"adamw", "adamw"},
    TrainWord{"fusedadam", "adamw"},  TrainWord{"sgd", "sgd"},
    TrainWord{"muon", "muon"},        TrainWord{"lamb", "adamw"},
    TrainWord{"lion", "momentum"},    TrainWord{"onebitadam", ""},
    TrainWord{"zerooneadam", ""},     TrainWord{"onebitlamb", ""},
    TrainWord{"adagrad", "momentum"},
};
constexpr std::array kOffload{TrainWord{"cpu", "yes"}, TrainWord{"none", "-"},
                              TrainWord{"nvme", ""}};

constexpr std::string_view kHost = "activations are kept on the GPU";
constexpr std::string_view kOneBit = "gradients travel whole";
constexpr std::string_view kHierarchy = "weights are gathered over all ranks";

constexpr std::array kRows{
    TrainRow{"train_micro_batch_size_per_gpu", kCount, K::kMicroBatch},
    TrainRow{"train_batch_size", kCount, K::kGlobalBatch},
    TrainRow{"gradient_accumulation_steps", kCount, K::kAccumulation},
    TrainRow{"zero_optimization.stage", kLevel, K::kZero},
    TrainRow{"zero_optimization.offload_optimizer.device", kWord, K::kOffload, {}, kOffload},
    TrainRow{"zero_optimization.cpu_offload", kSwitch, K::kOffload, "yes"},
    TrainRow{"bf16.enabled", kSwitch, K::kWide, "bf16"},
    TrainRow{"bfloat16.enabled", kSwitch, K::kWide, "bf16"},
    TrainRow{"fp16.enabled", kSwitch, K::kWide, "fp16"},
    TrainRow{"optimizer.type", kWord, K::kOptimizer, {}, kOptimizers},
    TrainRow{"tensor_parallel.autotp_size", kCount, K::kTp},
    TrainRow{"zero_optimization.offload_param.device", kGap, {}, "weights are kept on the GPU"},
    TrainRow{"zero_optimization.zero_hpz_partition_size", kGap, {}, kHierarchy},
    TrainRow{"zero_optimization.zero_quantized_weights", kGap, {}, kHierarchy},
    TrainRow{"zero_optimization.zero_quantized_gradients", kGap, {}, kOneBit},
    TrainRow{"zero_optimization.mics_shard_size", kCount, K::kShardGroup},
    TrainRow{"activation_checkpointing.partition_activations",
             kGap,
             {},
             "kept layer inputs are not split over tensor ranks"},
    TrainRow{"activation_checkpointing.cpu_checkpointing", kGap, {}, kHost},
    TrainRow{
        "communication_data_type", kGap, {}, "gradients travel in the format they are summed in"},
    TrainRow{"data_types.grad_accum_dtype", kGap, {}, "gradients are summed as the profile says"},
    TrainRow{"sparse_attention", kGap, {}, "attention over all tokens is taken"},
    TrainRow{"compression_training", kGap, {}, "weights and activations are not compressed"},
    TrainRow{"curriculum_learning.enabled", kGap, {}, "every sequence has the full length"},
    TrainRow{"elasticity.enabled", kGap, {}, "the number of GPUs is taken as fixed"},
};

constexpr std::string_view kIrrelevant =
    "optimizer.params* scheduler* steps_per_print wall_clock_breakdown dump_state "
    "gradient_clipping "
    "prescale_gradients gradient_predivide_factor sparse_gradients fp16.* bf16.* bfloat16.* "
    "zero_allow_untested_optimizer zero_force_ds_cpu_optimizer tensorboard* wandb* csv_monitor* "
    "comet* flops_profiler* comms_logger* autotuning* aio* checkpoint* "
    "zero_optimization.overlap_comm zero_optimization.contiguous_gradients "
    "zero_optimization.reduce_scatter zero_optimization.reduce_bucket_size "
    "zero_optimization.allgather_partitions zero_optimization.allgather_bucket_size "
    "zero_optimization.round_robin_gradients zero_optimization.sub_group_size "
    "zero_optimization.stage3_* zero_optimization.offload_optimizer.* "
    "zero_optimization.offload_param.* zero_optimization.elastic_checkpoint "
    "zero_optimization.load_from_fp32_weights zero_optimization.ignore_unused_parameters "
    "zero_optimization.legacy_stage1 zero_optimization.memory_efficient_linear "
    "zero_optimization.mics_hierarchical_params_gather activation_checkpointing.* amp* "
    "data_types.* seed disable_allgather dataloader_drop_last memory_breakdown comms* "
    "curriculum_learning.* elasticity.* tensor_parallel.* compile* data_efficiency* "
    "train_steps seq_parallel_communication_data_type hybrid_engine*";

constexpr std::array kImplied{
    TrainImplied{K::kFramework, "deepspeed", "DeepSpeed"},
    TrainImplied{K::kZero, "0", "zero_optimization.stage"},
};

}  // namespace

const TrainDialect kDeepSpeedConfig{"DeepSpeed JSON", kRows, kIrrelevant, kImplied};

}  // namespace gpusize
