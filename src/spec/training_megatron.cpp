// Megatron-LM and Megatron-Core: megatron/training/arguments.py.

#include <array>

#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

using enum RowShape;
using K = TrainKey;

constexpr std::array kGranularity{TrainWord{"full", "full"}, TrainWord{"selective", "selective"}};
constexpr std::array kSharding{TrainWord{"no_shard", "0"}, TrainWord{"optim", "1"},
                               TrainWord{"optim_grads", "2"}, TrainWord{"optim_grads_params", "3"}};
constexpr std::array kOptimizers{TrainWord{"adam", "adamw"}, TrainWord{"sgd", "momentum"},
                                 TrainWord{"muon", "muon"}, TrainWord{"dist_muon", "muon"}};
constexpr std::array kFp8{TrainWord{"e4m3", "fp8"}, TrainWord{"hybrid", "fp8"}};
constexpr std::array kFp8Recipes{TrainWord{"tensorwise", "fp8"}, TrainWord{"delayed", "fp8"},
                                 TrainWord{"mxfp8", "mxfp8"}, TrainWord{"blockwise", "fp8-block"},
                                 TrainWord{"custom", ""}};
constexpr std::array kFp4{TrainWord{"e2m1", "nvfp4"}, TrainWord{"nvfp4", "nvfp4"}};
constexpr std::array kMomentFormats{TrainWord{"fp32", "fp32"}, TrainWord{"bf16", "bf16"},
                                    TrainWord{"fp16", "bf16"}, TrainWord{"fp8", "fp8"}};
constexpr std::array kAttention{TrainWord{"flash", "flash"}, TrainWord{"fused", "flash"},
                                TrainWord{"auto", "-"}, TrainWord{"unfused", "unfused"},
                                TrainWord{"local", "unfused"}};

constexpr std::string_view kUneven = "stages are taken as even as layers allow";
constexpr std::string_view kProfile = "the profile's share of hidden traffic is used";

constexpr std::array kRows{
    TrainRow{"tensor-model-parallel-size", kCount, K::kTp},
    TrainRow{"pipeline-model-parallel-size", kCount, K::kPp},
    TrainRow{"context-parallel-size", kCount, K::kCp},
    TrainRow{"expert-model-parallel-size", kCount, K::kEp},
    TrainRow{"expert-tensor-parallel-size", kCount, K::kEtp},
    TrainRow{"num-layers-per-virtual-pipeline-stage", kCount, K::kChunkLayers},
    TrainRow{"num-virtual-stages-per-pipeline-rank", kCount, K::kChunks},
    TrainRow{"virtual-pipeline-model-parallel-size", kCount, K::kChunks},
    TrainRow{"micro-batch-size", kCount, K::kMicroBatch},
    TrainRow{"global-batch-size", kCount, K::kGlobalBatch},
    TrainRow{"seq-length", kCount, K::kSequence},
    TrainRow{"train-iters", kAmount, K::kSteps},
    TrainRow{"train-samples", kAmount, K::kSamples},
    TrainRow{"sequence-parallel", kSwitch, K::kSequenceParallel, "yes"},
    TrainRow{"use-distributed-optimizer", kSwitch, K::kZero, "1"},
    TrainRow{"data-parallel-sharding-strategy", kWord, K::kZero, {}, kSharding},
    TrainRow{"use-torch-fsdp2", kSwitch, K::kZero, "3"},
    TrainRow{"bf16", kSwitch, K::kWide, "bf16"},
    TrainRow{"fp16", kSwitch, K::kWide, "fp16"},
    TrainRow{"fp8-format", kWord, K::kNarrow, {}, kFp8},
    TrainRow{"fp8-recipe", kWord, K::kNarrow, {}, kFp8Recipes},
    TrainRow{"fp4-format", kWord, K::kNarrow, {}, kFp4},
    TrainRow{"optimizer", kWord, K::kOptimizer, {}, kOptimizers},
    TrainRow{"exp-avg-dtype", kWord, K::kMoments, {}, kMomentFormats},
    TrainRow{"exp-avg-sq-dtype", kWord, K::kSecondMoments, {}, kMomentFormats},
    TrainRow{"activation-func-fp8-input-store", kSwitch, K::kActivationCache, "fp8"},
    TrainRow{"optimizer-cpu-offload", kSwitch, K::kOffload, "yes"},
    TrainRow{"recompute-activations", kSwitch, K::kRecompute, "selective"},
    TrainRow{"recompute-granularity", kWord, K::kRecompute, {}, kGranularity},
    TrainRow{"recompute-modules", kText, K::kRecomputeParts},
    TrainRow{"use-flash-attn", kSwitch, K::kAttention, "flash"},
    TrainRow{"attention-backend", kWord, K::kAttention, {}, kAttention},
    TrainRow{"mtp-num-layers", kSwitch, K::kMtp, "yes"},
    // The model.
    TrainRow{"num-layers", kSize},
    TrainRow{"hidden-size", kSize},
    TrainRow{"ffn-hidden-size", kSize},
    TrainRow{"num-attention-heads", kSize},
    TrainRow{"group-query-attention", kTrait},
    TrainRow{"num-query-groups", kSize},
    TrainRow{"kv-channels", kSize},
    TrainRow{"max-position-embeddings", kSize},
    TrainRow{"position-embedding-type", kTrait},
    TrainRow{"normalization", kTrait},
    TrainRow{"swiglu", kTrait},
    TrainRow{"untie-embeddings-and-output-weights", kTrait},
    TrainRow{"disable-bias-linear", kTrait},
    TrainRow{"add-qkv-bias", kTrait},
    TrainRow{"qk-layernorm", kTrait},
    TrainRow{"vocab-size", kSize},
    TrainRow{"padded-vocab-size", kSize},
    TrainRow{"make-vocab-size-divisible-by", kSize},
    TrainRow{"tokenizer-type", kTrait},
    TrainRow{"multi-latent-attention", kTrait},
    TrainRow{"q-lora-rank", kSize},
    TrainRow{"kv-lora-rank", kSize},
    TrainRow{"qk-head-dim", kSize},
    TrainRow{"qk-pos-emb-head-dim", kSize},
    TrainRow{"v-head-dim", kSize},
    TrainRow{"num-experts", kSize},
    TrainRow{"moe-ffn-hidden-size", kSize},
    TrainRow{"moe-router-topk", kSize},
    TrainRow{"moe-shared-expert-intermediate-size", kSize},
    TrainRow{"moe-layer-freq", kTrait},
    // Not sized.
    TrainRow{"recompute-num-layers", kGap, {}, "recomputation is taken for all layers alike"},
    TrainRow{"decoder-first-pipeline-num-layers", kGap, {}, kUneven},
    TrainRow{"decoder-last-pipeline-num-layers", kGap, {}, kUneven},
    TrainRow{"pipeline-model-parallel-layout", kGap, {}, kUneven},
    TrainRow{"account-for-embedding-in-pipeline-split", kGap, {}, kUneven},
    TrainRow{"account-for-loss-in-pipeline-split", kGap, {}, kUneven},
    TrainRow{"cpu-offloading", kGap, {}, "activations are kept on the GPU"},
    TrainRow{"cpu-offloading-num-layers", kGap, {}, "activations are kept on the GPU"},
    TrainRow{"fp8-param-gather", kGap, {}, "weights are gathered in 16 bits"},
    TrainRow{"num-distributed-optimizer-instances", kGap, {}, "one instance is taken"},
    TrainRow{"tp-comm-overlap", kGap, {}, kProfile},
    TrainRow{"overlap-moe-expert-parallel-comm", kGap, {}, kProfile},
    TrainRow{"moe-expert-capacity-factor", kGap, {}, "no token is dropped or padded"},
    TrainRow{"moe-pad-expert-input-to-capacity", kGap, {}, "no token is dropped or padded"},
    TrainRow{"rampup-batch-size", kGap, {}, "the full batch is taken from the first step on"},
    TrainRow{"hierarchical-context-parallel-sizes", kGap, {}, "one ring of context ranks is taken"},
    TrainRow{"cp-comm-type", kGap, {}, "one ring of context ranks is taken"},
    TrainRow{"encoder-num-layers", kGap, {}, "only decoders are sized"},
    TrainRow{"window-size", kGap, {}, "attention over all tokens is taken"},
    TrainRow{"hybrid-override-pattern", kGap, {}, "layers are taken as transformer layers"},
    TrainRow{"main-params-dtype", kGap, {}, "master weights are fp32"},
    TrainRow{"main-grads-dtype", kGap, {}, "gradients are summed as the profile says"},
    TrainRow{"hidden-dropout", kGap, {}, "masks of dropout are not counted"},
    TrainRow{"attention-dropout", kGap, {}, "masks of dropout are not counted"},
    TrainRow{"deepspeed-config", kFile},
};

constexpr std::string_view kIrrelevant =
    "lr lr-* min-lr weight-decay* start-weight-decay end-weight-decay adam-* clip-grad "
    "init-method-std "
    "init-* data-* split vocab-file merge-file tokenizer-* save save-* load load-* eval-* log-* "
    "tensorboard-* wandb-* exit-* seed finetune no-load-* no-save-* dataloader-type num-workers "
    "distributed-backend distributed-timeout-minutes override-opt_param-scheduler use-mcore-models "
    "transformer-impl overlap-* rotary-* use-rotary-position-embeddings no-rope-fusion "
    "no-masked-softmax-fusion no-gradient-accumulation-fusion gradient-accumulation-fusion "
    "no-position-embedding no-create-attention-mask-in-dataloader "
    "accumulate-allreduce-grads-in-fp32 attention-softmax-in-fp32 apply-layernorm-1p norm-epsilon "
    "layernorm-epsilon moe-router-* moe-aux-* moe-z-* moe-grouped-gemm moe-permute-fusion "
    "moe-token-dispatcher-type moe-enable-deepep moe-per-layer-logging moe-shared-expert-overlap "
    "recompute-method distribute-saved-activations fp8-* fp4-* first-last-layers-bf16 "
    "num-layers-at-start-in-bf16 num-layers-at-end-in-bf16 use-precision-aware-optimizer "
    "optimizer-offload-fraction mock-data manual-gc* check-for-* timing-* profile* "
    "use-pytorch-profiler "
    "use-dist-ckpt dist-ckpt-* ckpt-* async-save auto-detect-ckpt-format enable-experimental "
    "cross-entropy-loss-fusion cross-entropy-fusion-impl attention-mask-in-cuda hidden-act "
    "squared-relu mtp-loss-scaling-factor beta-* calculate-per-token-loss use-megatron-fsdp "
    "use-custom-fsdp te-rng-tracker enable-cuda-graph external-cuda-graph cuda-graph-* "
    "defer-embedding-wgrad-compute delay-wgrad-compute reset-* eod-mask-loss short-seq-prob "
    "initial-loss-scale loss-scale* min-loss-scale hysteresis empty-unused-memory-level sft* "
    "muon-* "
    "nproc* nnodes num-processes num-machines num-gpus num-nodes node-rank master-* rdzv* "
    "max-restarts "
    "role standalone tee redirects local-ranks-filter module mscale* rope-* use-rope-scaling "
    "export-* kill-switch-path high-priority-stream-groups use-tp-pp-dp-mapping "
    "disable-symmetric-registration nccl-* deepspeed no-pipeline-parallel train-tokens "
    "iterations-to-skip phase-transition-iterations test-mode";

// What Megatron takes when nothing is said.
constexpr std::array kImplied{
    TrainImplied{K::kFramework, "megatron-core", "Megatron"},
    TrainImplied{K::kTp, "1", "tensor-model-parallel-size"},
    TrainImplied{K::kPp, "1", "pipeline-model-parallel-size"},
    TrainImplied{K::kCp, "1", "context-parallel-size"},
    TrainImplied{K::kEp, "1", "expert-model-parallel-size"},
    TrainImplied{K::kZero, "0", "use-distributed-optimizer"},
    TrainImplied{K::kSequenceParallel, "no", "sequence-parallel"},
    TrainImplied{K::kRecompute, "none", "recompute-granularity"},
    TrainImplied{K::kOptimizer, "adamw", "optimizer"},
    TrainImplied{K::kWide, "fp32", "bf16"},
};

}  // namespace

const TrainDialect kMegatronArguments{"Megatron arguments", kRows, kIrrelevant, kImplied, true};

}  // namespace gpusize
