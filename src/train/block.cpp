#include "gpusize/train/block.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/core/check.hpp"
#include "gpusize/ops/weight_plan.hpp"
#include "train/block_builder.hpp"

namespace gpusize {
namespace {

constexpr double kMiB = 1048576.0;

/// Formats of the linear layers while training.
WeightPlan plan_of(const TrainJob& job) {
  const auto name = [&]() -> std::string_view {
    switch (job.spec.precision) {
      case TrainPrecision::kFp32: return "fp32";
      case TrainPrecision::kFp8:
      case TrainPrecision::kMxfp8:
      case TrainPrecision::kFp8Block: return "fp8";
      case TrainPrecision::kNvfp4: return "nvfp4";
      default: return job.spec.fp16 ? "fp16" : "bf16";
    }
  };
  auto plan = plan_weights(*job.model, name());
  GPUSIZE_CHECK(plan.ok(), "every training format is a weight format");
  return std::move(plan).value();
}

/// The graph's layout: expert ranks stand where serving has attention data parallelism.
Layout graph_layout(const TrainLayout& l) {
  Layout out;
  out.tp = l.tp;
  out.pp = 1;
  out.ep = l.ep;
  out.dp = std::max<std::int64_t>(1, l.ep * l.etp / l.tp);
  return out;
}

/// Each context rank has its share of the queries and, balanced, half of all keys on average.
StepShape step_shape(const TrainJob& job) {
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = static_cast<double>(job.layout.micro_batch);
  const double cp = static_cast<double>(job.layout.cp);
  shape.query_tokens = job.spec.sequence / cp;
  shape.context_tokens = (job.spec.sequence - shape.query_tokens) / 2.0;
  shape.logit_rows = shape.tokens();
  return shape;
}

/// Keys and values travel once around the context ranks, in the forward pass (K, V) and twice as
/// much in the backward pass (K, V and their gradients) (arXiv:2310.01889).
void add_context_ring(const TrainJob& job, const Operator& core, BlockCost& block) {
  const std::int64_t cp = job.layout.cp;
  if (cp <= 1 || core.work.cls != KernelClass::kPrefillAttention) return;
  const AttentionShape& a = core.work.attention;
  CollectiveShape ring;
  ring.kind = CollectiveKind::kAllGather;
  ring.ranks = cp;
  ring.message =
      Bytes::from_base(a.sequences * job.spec.sequence * a.kv_heads * (a.qk_dim + a.v_dim) * 2.0);
  ring.across_nodes = cp * job.layout.tp > job.gpu->link_domain_gpus;
  const Seconds once = collective_time(*job.gpu, *job.rates, ring).time;
  block.link_forward.context += once;
  block.link_backward.context += 2.0 * once;
  if (job.spec.recompute == Recompute::kFull) block.link_recompute.context += once;
}

bool dropped(const SavedTensor& t, const TrainSpec& spec) {
  if (spec.recompute != Recompute::kSelective) return false;
  const RecomputeParts& p = spec.parts;
  if (t.in_ffn && p.ffn) return true;
  switch (t.unless) {
    case KeptUnless::kCoreAttention: return p.core_attention;
    case KeptUnless::kNorms: return p.norms;
    case KeptUnless::kActivation: return p.activation;
    case KeptUnless::kSharedExpert: return p.shared_expert;
    case KeptUnless::kUpProjection: return p.up_projection;
    case KeptUnless::kFfn:
    case KeptUnless::kAlways: return false;
  }
  return false;
}

double size_of(const SavedTensor& t, bool rounded) {
  const double one = t.elements * t.element_bytes;
  return t.count * (rounded ? allocated_bytes(one) : one);
}

}  // namespace

bool is_kept(const SavedTensor& tensor, const TrainSpec& spec) {
  return spec.recompute != Recompute::kFull && !dropped(tensor, spec);
}

double allocated_bytes(double bytes) {
  if (bytes < 10.0 * kMiB) return std::ceil(bytes / 512.0) * 512.0;
  const double segment = std::ceil(bytes / (2.0 * kMiB)) * 2.0 * kMiB;
  return segment - bytes <= kMiB ? segment : std::ceil(bytes / 512.0) * 512.0;
}

Bytes BlockCost::kept(const TrainSpec& spec, double residual, bool rounded) const {
  if (spec.recompute == Recompute::kFull) {
    const double bytes = input_elements * residual;
    return Bytes::from_base(rounded ? allocated_bytes(bytes) : bytes);
  }
  double sum = 0.0;
  for (const SavedTensor& t : tensors) {
    if (!dropped(t, spec)) sum += size_of(t, rounded);
  }
  return Bytes::from_base(sum);
}

Bytes BlockCost::whole(bool rounded) const {
  double sum = 0.0;
  for (const SavedTensor& t : tensors) sum += size_of(t, rounded);
  return Bytes::from_base(sum);
}

namespace {

/// Operators outside the layers.
bool outside_layers(std::string_view name) {
  return name.starts_with("embedding") || name.starts_with("lm_head") || name == "final_norm" ||
         name == "sampling" || name == "pipeline.send";
}

/// The vocabulary's share of the head: a scalar head multiplies by one column.
bool makes_logits(std::string_view name) {
  return name.starts_with("lm_head") || name == "sampling";
}

/// The model with one layer of kind `kind`.
ModelSpec one_layer(const ModelSpec& model, std::size_t kind) {
  ModelSpec out = model;
  out.kinds = {model.kinds[kind]};
  out.layers = {0};
  out.mtp = {};
  return out;
}

}  // namespace

ModelCosts model_costs(const TrainJob& job) {
  const train::BlockBuilder builder(job);
  const WeightPlan plan = plan_of(job);
  GraphInput input;
  input.weights = &plan;
  input.layout = graph_layout(job.layout);
  input.shape = step_shape(job);
  input.node_gpus = std::max<std::int64_t>(1, job.gpu->link_domain_gpus);

  ModelCosts out;
  out.kinds.resize(job.model->kinds.size());
  out.residual_bytes = builder.residual_bytes();
  const double tokens = input.shape.tokens();
  const double split = job.layout.sequence_parallel ? static_cast<double>(job.layout.tp) : 1.0;
  if (!job.spec.scalar_head)
    out.logits =
        tokens * static_cast<double>(job.model->vocab) / static_cast<double>(job.layout.tp);
  std::vector<Operator> graph;
  for (std::size_t k = 0; k < out.kinds.size(); ++k) {
    const ModelSpec model = one_layer(*job.model, k);
    input.model = &model;
    build_graph(input, graph);
    out.kinds[k].input_elements = tokens * static_cast<double>(job.model->hidden) / split;
    for (const Operator& op : graph) {
      if (!outside_layers(op.name)) {
        builder.add(op, &model.kinds.front().ffn, out.kinds[k]);
        if (op.name == "attention.core") add_context_ring(job, op, out.kinds[k]);
      } else if (k == 0 && !(job.spec.scalar_head && makes_logits(op.name))) {
        builder.add(op, nullptr, op.name.starts_with("embedding") ? out.embedding : out.head);
      }
    }
  }
  return out;
}

}  // namespace gpusize
