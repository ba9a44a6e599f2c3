#pragma once
// What is trained, how, and spread over which GPUs.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/framework.hpp"
#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/model.hpp"
#include "gpusize/catalog/rates.hpp"

namespace gpusize {

enum class TrainMethod : std::uint8_t { kFull, kLora, kQlora };

/// How weights, arithmetic and optimizer are stored.
enum class TrainPrecision : std::uint8_t {
  kFp32,      ///< everything in fp32
  kAmp,       ///< fp32 weights, cast to 16 bits for each use (torch.autocast, FSDP mixed precision)
  kMixed,     ///< 16-bit weights beside fp32 master weights (Megatron, DeepSpeed)
  kPure,      ///< 16-bit weights, gradients and optimizer states
  kFp8,       ///< as kMixed, linear layers multiply in fp8 with a scale per tensor or row
  kMxfp8,     ///< as kFp8, scales per 32 numbers
  kNvfp4,     ///< as kMixed, linear layers multiply in nvfp4
  kFp8Block,  ///< DeepSeek-V3: fp8 with block scales, 16-bit moments (arXiv:2412.19437 sec. 3.3)
};

enum class OptimizerKind : std::uint8_t { kAdamW, kAdam8bit, kAdafactor, kSgd, kMomentum, kMuon };
enum class Recompute : std::uint8_t { kNone, kSelective, kFull };
enum class PipelineSchedule : std::uint8_t { kGPipe, k1F1B, kInterleaved, kZeroBubble, kDualPipe };

/// Parts of a layer that selective recomputation runs again (Megatron's names).
struct RecomputeParts {
  bool core_attention = false;
  bool norms = false;
  bool activation = false;  ///< what follows gate and up: `mlp act`, `moe_act`
  bool ffn = false;         ///< the whole feed-forward block: `mlp`, `moe`
  bool shared_expert = false;
  bool up_projection = false;  ///< `mla_up_proj`
  bool operator==(const RecomputeParts&) const = default;
};

/// What is computed, whatever the GPUs.
struct TrainSpec {
  TrainMethod method = TrainMethod::kFull;
  TrainPrecision precision = TrainPrecision::kMixed;
  bool fp16 = false;                   ///< 16 bits mean fp16 (V100), else bf16
  std::optional<double> moment_width;  ///< bytes per element of a moment; nothing: by precision
  std::optional<bool> fp8_cache;       ///< activations kept in fp8; nothing: by precision
  OptimizerKind optimizer = OptimizerKind::kAdamW;
  Recompute recompute = Recompute::kNone;
  RecomputeParts parts{.core_attention = true};  ///< of kSelective
  bool unfused_attention = false;                ///< scores are written to memory
  bool dropout = false;                          ///< masks are kept (GPT-2 and GPT-3 recipes)
  std::optional<bool> fp32_adapters;             ///< nothing: as the framework does
  std::int64_t lora_rank = 16;
  bool lora_experts = false;  ///< adapters on routed experts too
  bool mtp = false;           ///< train the multi-token-prediction module too
  bool free_routing = false;  ///< experts are chosen freely, not spread evenly by force
  bool scalar_head = false;   ///< one number per token instead of logits (reward and value models)
  double sequence = 4096.0;   ///< tokens per sequence
  double global_batch = 1.0;  ///< sequences per optimizer step
};

/// How it is spread: tp * pp * cp * dp GPUs. `ep` ranks hold whole experts, each expert over `etp`
/// tensor ranks; they lie inside a pipeline stage.
struct TrainLayout {
  std::int64_t tp = 1;
  std::int64_t pp = 1;
  std::int64_t cp = 1;
  std::int64_t ep = 1;
  std::int64_t etp = 1;
  std::int64_t dp = 1;
  std::int64_t interleave = 1;   ///< model chunks per stage (virtual pipeline)
  std::int64_t zero = 0;         ///< ZeRO stage; 3 also names FSDP full shard
  std::int64_t shard_group = 0;  ///< ranks that share one copy (FSDP hybrid); 0: all of dp * cp
  std::int64_t micro_batch = 1;  ///< sequences per pass
  PipelineSchedule schedule = PipelineSchedule::k1F1B;
  bool sequence_parallel = false;
  bool offload_optimizer = false;  ///< states and master weights on the host

  /// A rank of DualPipe runs a stage and its mirror image, with the weights of both.
  [[nodiscard]] bool mirrored() const { return schedule == PipelineSchedule::kDualPipe && pp > 1; }
  [[nodiscard]] std::int64_t gpus() const { return tp * pp * cp * dp; }
  /// Ranks with the same weights: they share gradients and sharded state.
  [[nodiscard]] std::int64_t replicas() const { return dp * cp; }
  [[nodiscard]] std::int64_t shards() const {
    return shard_group > 0 && shard_group < replicas() ? shard_group : replicas();
  }
  /// Copies of each expert.
  [[nodiscard]] std::int64_t expert_replicas() const { return tp * cp * dp / (ep * etp); }
  bool operator==(const TrainLayout&) const = default;
};

/// Passes per optimizer step on one GPU.
double microbatches(const TrainSpec& spec, const TrainLayout& layout);

struct PostTraining;  // post_training.hpp

/// One run to be estimated. Pointers are into the catalog and outlive the job.
struct TrainJob {
  const ModelSpec* model = nullptr;
  const GpuSpec* gpu = nullptr;
  const KernelRates* rates = nullptr;
  const FrameworkProfile* framework = nullptr;
  TrainSpec spec;
  TrainLayout layout;
  std::shared_ptr<const PostTraining> post;  ///< nothing: the next token is learned
};

std::string_view name_of(TrainMethod method);
std::string_view name_of(TrainPrecision precision);
std::string_view name_of(OptimizerKind optimizer);
std::string_view name_of(Recompute recompute);
std::string_view name_of(PipelineSchedule schedule);
std::optional<TrainMethod> train_method_from(std::string_view name);
std::optional<TrainPrecision> train_precision_from(std::string_view name);
std::optional<OptimizerKind> optimizer_from(std::string_view name);
std::optional<Recompute> recompute_from(std::string_view name);
std::optional<PipelineSchedule> schedule_from(std::string_view name);
std::vector<std::string> train_method_names();
std::vector<std::string> train_precision_names();
std::vector<std::string> optimizer_names();
std::vector<std::string> schedule_names();

/// What a job recomputes, in Megatron's words; none unless `selective`.
std::vector<std::string_view> parts_of(const TrainSpec& spec);
/// Names of the parts.
std::vector<std::string> recompute_part_names();
/// The recomputed part of a name; fails with nothing.
std::optional<bool RecomputeParts::*> recompute_part_from(std::string_view name);

/// `tp8 pp16 dp4, 8 sequences per pass`: degrees above one.
std::string describe(const TrainLayout& layout);

/// Bytes of one parameter and its companions, before any sharding.
struct StateBytes {
  double weight = 2.0;     ///< the copy that the forward pass reads or casts from
  double compute = 0.0;    ///< further copies in the compute format, kept between steps
  double gradient = 2.0;   ///< as accumulated
  double master = 0.0;     ///< fp32 copy beside 16-bit weights
  double moments = 0.0;    ///< optimizer states of a matrix
  double transient = 0.0;  ///< copies made anew in every step (autocast)
};
/// Whether attention writes its scores to memory: asked for, or the framework has no fused kernel
/// for the model's learned sinks.
bool writes_scores(const TrainSpec& spec, const FrameworkProfile& framework,
                   const ModelSpec& model);
/// Whether inputs of gated activations and outputs of attention are kept in fewer than 16 bits
/// (arXiv:2412.19437 sec. 3.3.3; nothing said: with its precision).
bool keeps_fp8(const TrainSpec& spec);
StateBytes state_bytes(const TrainSpec& spec, const FrameworkProfile& framework);

}  // namespace gpusize
