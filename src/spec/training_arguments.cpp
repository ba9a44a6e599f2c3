// Hugging Face TrainingArguments (JSON, YAML, command line) with the keys that TRL and PEFT add,
// and PEFT's adapter_config.json.

#include <array>

#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

using enum RowShape;
using K = TrainKey;

// transformers OptimizerNames; paged ones may spill to the host, which is not counted on.
constexpr std::array kOptimizers{
    TrainWord{"adamw_torch", "adamw"},
    TrainWord{"adamw_torch_fused", "adamw"},
    TrainWord{"adamw_hf", "adamw"},
    TrainWord{"adamw_apex_fused", "adamw"},
    TrainWord{"adamw_anyprecision", "adamw"},
    TrainWord{"paged_adamw", "adamw"},
    TrainWord{"paged_adamw_32bit", "adamw"},
    TrainWord{"adamw_8bit", "adam8bit"},
    TrainWord{"adamw_bnb_8bit", "adam8bit"},
    TrainWord{"paged_adamw_8bit", "adam8bit"},
    TrainWord{"adamw_torch_8bit", "adam8bit"},
    TrainWord{"adafactor", "adafactor"},
    TrainWord{"sgd", "sgd"},
    TrainWord{"rmsprop", "momentum"},
    TrainWord{"adagrad", "momentum"},
    TrainWord{"lion_32bit", "momentum"},
    TrainWord{"paged_lion_32bit", "momentum"},
    TrainWord{"adamw_torch_4bit", ""},
    TrainWord{"lion_8bit", ""},
    TrainWord{"paged_lion_8bit", ""},
    TrainWord{"lomo", ""},
    TrainWord{"adalomo", ""},
    TrainWord{"galore_adamw", ""},
    TrainWord{"galore_adamw_8bit", ""},
    TrainWord{"apollo_adamw", ""},
    TrainWord{"grokadamw", ""},
    TrainWord{"schedule_free_adamw", ""},
    TrainWord{"schedule_free_sgd", ""},
    TrainWord{"stable_adamw", ""},
};
constexpr std::array kAttention{TrainWord{"flash_attention_2", "flash"},
                                TrainWord{"flash_attention_3", "flash"},
                                TrainWord{"sdpa", "flash"},
                                TrainWord{"flex_attention", "flash"},
                                TrainWord{"eager", "unfused"},
                                TrainWord{"kernels-community/flash-attn", "flash"}};
constexpr std::array kDtypes{TrainWord{"bfloat16", "pure"}, TrainWord{"float16", "pure"},
                             TrainWord{"bf16", "pure"},     TrainWord{"fp16", "pure"},
                             TrainWord{"float32", "-"},     TrainWord{"fp32", "-"}};
constexpr std::array kFsdp{
    TrainWord{"full_shard", "3"},   TrainWord{"shard_grad_op", "2"},
    TrainWord{"hybrid_shard", "3"}, TrainWord{"hybrid_shard_zero2", "2"},
    TrainWord{"no_shard", "0"},     TrainWord{"true", "3"},
    TrainWord{"false", "-"},        TrainWord{"auto_wrap", "-"},
    TrainWord{"offload", "-"},
};
constexpr std::array kFsdpOffload{
    TrainWord{"offload", "yes"},
    TrainWord{"full_shard", "-"},
    TrainWord{"shard_grad_op", "-"},
    TrainWord{"hybrid_shard", "-"},
    TrainWord{"hybrid_shard_zero2", "-"},
    TrainWord{"no_shard", "-"},
    TrainWord{"true", "-"},
    TrainWord{"false", "-"},
    TrainWord{"auto_wrap", "-"},
};
constexpr std::array kFsdpGroup{
    TrainWord{"hybrid_shard", "node"}, TrainWord{"hybrid_shard_zero2", "node"},
    TrainWord{"full_shard", "-"},      TrainWord{"shard_grad_op", "-"},
    TrainWord{"no_shard", "-"},        TrainWord{"true", "-"},
    TrainWord{"false", "-"},           TrainWord{"auto_wrap", "-"},
    TrainWord{"offload", "-"},
};
constexpr std::array kPeft{TrainWord{"lora", "lora"},      TrainWord{"adalora", ""},
                           TrainWord{"prefix_tuning", ""}, TrainWord{"prompt_tuning", ""},
                           TrainWord{"ia3", ""},           TrainWord{"loha", ""},
                           TrainWord{"lokr", ""}};

constexpr std::string_view kAllLinear = "adapters are taken beside every linear layer of a block";
constexpr std::string_view kEager = "kernels are counted as eager PyTorch runs them";
constexpr std::string_view kPadding = "every sequence is taken at full length";

constexpr std::array kRows{
    TrainRow{"model_name_or_path", kText, K::kModel},
    TrainRow{"per_device_train_batch_size", kCount, K::kMicroBatch},
    TrainRow{"gradient_accumulation_steps", kCount, K::kAccumulation},
    TrainRow{"max_steps", kAmount, K::kSteps},
    TrainRow{"num_train_epochs", kAmount, K::kEpochs},
    TrainRow{"bf16", kSwitch, K::kWide, "bf16"},
    TrainRow{"fp16", kSwitch, K::kWide, "fp16"},
    TrainRow{"optim", kWord, K::kOptimizer, {}, kOptimizers},
    TrainRow{"gradient_checkpointing", kSwitch, K::kRecompute, "full"},
    TrainRow{"fsdp", kWords, K::kZero, {}, kFsdp},
    TrainRow{"fsdp", kWords, K::kOffload, {}, kFsdpOffload},
    TrainRow{"fsdp", kWords, K::kShardGroup, {}, kFsdpGroup},
    TrainRow{"fsdp_config.activation_checkpointing", kSwitch, K::kRecompute, "full"},
    TrainRow{"deepspeed", kFile},
    TrainRow{"max_length", kCount, K::kSequence},
    TrainRow{"max_seq_length", kCount, K::kSequence},
    TrainRow{"block_size", kCount, K::kSequence},
    TrainRow{"attn_implementation", kWord, K::kAttention, {}, kAttention},
    TrainRow{"dtype", kWord, K::kPrecision, {}, kDtypes},
    TrainRow{"torch_dtype", kWord, K::kPrecision, {}, kDtypes},
    TrainRow{"use_peft", kSwitch, K::kMethod, "lora"},
    TrainRow{"load_in_4bit", kSwitch, K::kMethod, "qlora"},
    TrainRow{"lora_r", kCount, K::kLoraRank},
    TrainRow{"tensor_parallel_size", kCount, K::kTp},
    TrainRow{"load_in_8bit", kGap, {}, "frozen weights are taken in 16 bits"},
    TrainRow{"lora_target_modules", RowShape::kTargets, {}, kAllLinear},
    TrainRow{"use_dora", kGap, {}, "plain LoRA is taken"},
    TrainRow{"torch_compile", kGap, {}, kEager},
    TrainRow{"use_liger_kernel", kGap, {}, kEager},
    TrainRow{"packing", kGap, {}, kPadding},
    TrainRow{"group_by_length", kGap, {}, kPadding},
    TrainRow{"auto_find_batch_size", kGap, {}, "the batch is taken as written"},
    TrainRow{"torch_empty_cache_steps", kGap, {}, "the allocator keeps what it holds"},
    TrainRow{"half_precision_backend", kGap, {}, "torch.autocast is taken"},
};

constexpr std::string_view kIrrelevant =
    "output_dir overwrite_output_dir do_* eval_* evaluation_strategy prediction_loss_only "
    "per_device_eval_batch_size per_gpu_* learning_rate weight_decay adam_* max_grad_norm "
    "lr_scheduler_* warmup_* logging_* log_* save_* use_cpu no_cuda seed data_seed jit_mode_eval "
    "bf16_full_eval fp16_full_eval fp16_opt_level tf32 local_rank ddp_* tpu_* debug "
    "dataloader_* past_index run_name disable_tqdm remove_unused_columns label_names "
    "load_best_model_at_end metric_for_best_model greater_is_better ignore_data_skip "
    "fsdp_min_num_params fsdp_transformer_layer_cls_to_wrap fsdp_config.* "
    "accelerator_config* label_smoothing_factor optim_args optim_target_modules length_column_name "
    "report_to push_to_hub* resume_from_checkpoint hub_* gradient_checkpointing_kwargs* "
    "include_* full_determinism torchdynamo ray_scope torch_compile_* split_batches "
    "average_tokens_across_devices neftune_noise_alpha restore_callback_states_from_checkpoint "
    "skip_memory_metrics use_legacy_prediction_loop mp_parameters trust_remote_code use_fast* "
    "model_revision dataset_* dataset tokenizer_name* config_name cache_dir token "
    "train_file validation_file lora_alpha lora_dropout lora_task_type lora_modules_to_save "
    "use_rslora bnb_* use_bnb_nested_quant completion_only_loss assistant_only_loss "
    "eos_token pad_token padding_free chat_template_path project enable_* batch_eval_metrics "
    "liger_kernel_config* parallelism_config* preprocessing_* streaming module master-* "
    "nproc* nnodes num-* node-rank rdzv* config-file machine-rank main-process-*";

constexpr std::array kImplied{
    TrainImplied{K::kFramework, "transformers", "transformers"},
    TrainImplied{K::kMicroBatch, "8", "per_device_train_batch_size"},
    TrainImplied{K::kAccumulation, "1", "gradient_accumulation_steps"},
    TrainImplied{K::kRecompute, "none", "gradient_checkpointing"},
    TrainImplied{K::kOptimizer, "adamw", "optim"},
    TrainImplied{K::kWide, "fp32", "bf16"},
};

constexpr std::array kAdapter{
    TrainRow{"peft_type", kWord, K::kMethod, {}, kPeft},
    TrainRow{"base_model_name_or_path", kText, K::kModel},
    TrainRow{"r", kCount, K::kLoraRank},
    TrainRow{"target_modules", RowShape::kTargets, {}, kAllLinear},
    TrainRow{"use_dora", kGap, {}, "plain LoRA is taken"},
    TrainRow{"modules_to_save", kGap, {}, "only adapters are trained"},
    TrainRow{"layers_to_transform", kGap, {}, kAllLinear},
};
constexpr std::string_view kAdapterIrrelevant =
    "auto_mapping* bias corda_config eva_config exclude_modules fan_in_fan_out inference_mode "
    "init_lora_weights layer_replication layers_pattern loftq_config* lora_alpha lora_bias "
    "lora_dropout megatron_config megatron_core qalora_group_size revision task_type "
    "trainable_token_indices use_qalora use_rslora alpha_pattern* rank_pattern* target_parameters "
    "arrow_config* ensure_weight_tying peft_version";

}  // namespace

const TrainDialect kTrainingArguments{"TrainingArguments", kRows, kIrrelevant, kImplied};
const TrainDialect kAdapterConfig{"adapter config", kAdapter, kAdapterIrrelevant, {}};

}  // namespace gpusize
