#include "train/block_builder.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize::train {
namespace {

constexpr double kHalf = 2.0;  // bytes of a 16-bit element
constexpr double kFp32 = 4.0;

KernelStyle style_of(const FrameworkProfile& framework) {
  KernelStyle style;
  style.gemm_rate = framework.gemm_rate;
  style.elementwise_traffic = 1.0;
  return style;
}

KeptUnless unless_of(const OperatorRule& rule) {
  return rule.shared_expert ? KeptUnless::kSharedExpert : KeptUnless::kAlways;
}

}  // namespace

BlockBuilder::BlockBuilder(const TrainJob& job)
    : job_(job), device_(*job.gpu, *job.rates), style_(style_of(*job.framework)) {
  eager_ = job.framework->eager;
  autocast_ = job.spec.precision == TrainPrecision::kAmp && eager_;
  const bool wide = autocast_ || job.spec.precision == TrainPrecision::kFp32;
  residual_ = wide ? kFp32 : kHalf;
  narrow_cache_ = keeps_fp8(job.spec);
  if (job.layout.sequence_parallel) norm_split_ = static_cast<double>(job.layout.tp);
}

bool BlockBuilder::again(KeptUnless unless, bool in_ffn) const {
  const TrainSpec& s = job_.spec;
  if (s.recompute == Recompute::kNone) return false;
  if (s.recompute == Recompute::kFull) return true;
  if (in_ffn && s.parts.ffn) return true;
  switch (unless) {
    case KeptUnless::kCoreAttention: return s.parts.core_attention;
    case KeptUnless::kNorms: return s.parts.norms;
    case KeptUnless::kActivation: return s.parts.activation;
    case KeptUnless::kSharedExpert: return s.parts.shared_expert;
    case KeptUnless::kUpProjection: return s.parts.up_projection;
    case KeptUnless::kFfn:
    case KeptUnless::kAlways: return false;
  }
  return false;
}

void BlockBuilder::keep(BlockCost& block, SavedTensor tensor) const {
  if (tensor.elements > 0.0 && tensor.count > 0.0) block.tensors.push_back(tensor);
}

void BlockBuilder::finish(const Operator& op, Seconds forward, Seconds backward, KeptUnless unless,
                          bool in_ffn, BlockCost& block) const {
  const bool routed = in_ffn && op.name.starts_with("moe.") && op.name != "moe.router" &&
                      unless != KeptUnless::kSharedExpert;
  if (routed && job_.spec.free_routing) {
    forward = job_.framework->free_routing * forward;
    backward = job_.framework->free_routing * backward;
  }
  block.forward += forward;
  block.backward += backward;
  if (again(unless, in_ffn)) {
    block.recompute += forward;
    block.recomputed_flops += op.work.flops;
  }
  block.operators.push_back({op.name, forward, backward, op.work.flops});
}

/// `kernels` equal kernels that move `traffic` times `bytes` together.
Seconds BlockBuilder::memory_time(Pass pass, double traffic) const {
  if (pass.kernels <= 0.0 || pass.bytes <= 0.0) return {};
  KernelWork work;
  work.cls = KernelClass::kMemory;
  work.activation_bytes = Bytes::from_base(pass.bytes * traffic / pass.kernels);
  return pass.kernels * device_.time(work, style_).time;
}

void BlockBuilder::elementwise(const Operator& op, Pass forward, Pass backward, KeptUnless unless,
                               bool in_ffn, BlockCost& block) const {
  block.forward_kernels += forward.kernels;
  block.backward_kernels += backward.kernels;
  finish(op, memory_time(forward), memory_time(backward), unless, in_ffn, block);
}

void BlockBuilder::norm(const Operator& op, const OperatorRule& rule, BlockCost& block) const {
  const double moved = op.work.activation_bytes.in(units::B) / kHalf;  // elements in and out
  const double elements = moved / (2.0 * rule.operands) / norm_split_;
  const bool add = rule.operands > 1.0;
  const bool separate =
      eager_ && !job_.model->norm_bias;  // RMSNorm in model code; LayerNorm is one
  const KeptUnless unless = KeptUnless::kNorms;
  if (!separate) {
    const double forward = add ? 2.0 * residual_ + 2.0 * kHalf : residual_ + kHalf;
    keep(block, {op.name, "input", elements, residual_, 1.0, KeptUnless::kAlways, rule.in_ffn});
    elementwise(op, {elements * forward, eager_ && add ? 2.0 : 1.0},
                {elements * 2.0 * forward, eager_ && add ? 3.0 : 1.0}, unless, rule.in_ffn, block);
    return;
  }
  // pow, mean, rsqrt, two products; 16-bit streams are widened before and narrowed after. The
  // widened input is kept for the norm itself, the normed one for the gain's gradient.
  const bool widened = residual_ < kFp32;
  const double stream = add ? 2.0 * residual_ + kHalf : 0.0;
  const double forward = stream + (widened ? 30.0 : 28.0);
  const double kernels = (add ? 1.0 : 0.0) + (widened ? 8.0 : 6.0);
  keep(block, {op.name, "input, fp32", elements, kFp32, 1.0, unless, rule.in_ffn});
  if (weights_train())
    keep(block, {op.name, "normed", elements, residual_, 1.0, unless, rule.in_ffn});
  elementwise(op, {elements * forward, kernels}, {elements * 2.0 * forward, 2.0 * kernels}, unless,
              rule.in_ffn, block);
}

void BlockBuilder::rope(const Operator& op, BlockCost& block) const {
  const double elements = op.work.activation_bytes.in(units::B) / (2.0 * kHalf);
  // Model code: two products, a rotated half (negate, join) and a sum, for Q and for K.
  const double bytes = eager_ ? (autocast_ ? 30.0 : 20.0) : 4.0;
  const double kernels = eager_ ? (autocast_ ? 12.0 : 10.0) : 1.0;
  elementwise(op, {elements * bytes, kernels}, {elements * bytes, kernels},
              KeptUnless::kUpProjection, false, block);
}

void BlockBuilder::core(const Operator& op, BlockCost& block) const {
  const AttentionShape& a = op.work.attention;
  const double rows = a.sequences * a.query_tokens;
  keep(block,
       {op.name, "query", rows * a.query_heads * a.qk_dim, kHalf, 1.0, KeptUnless::kUpProjection});
  keep(block,
       {op.name, "key", rows * a.kv_heads * a.qk_dim, kHalf, 1.0, KeptUnless::kUpProjection});
  if (!a.shared_kv)
    keep(block,
         {op.name, "value", rows * a.kv_heads * a.v_dim, kHalf, 1.0, KeptUnless::kUpProjection});
  // The next linear layer's input; DeepSeek-V3 keeps one copy for both in E5M6, 12 bits
  // (arXiv:2412.19437 sec. 3.3.3).
  constexpr double kE5m6 = 1.5;
  keep(block, {op.name, "output", rows * a.query_heads * a.v_dim, narrow_cache_ ? kE5m6 : kHalf});
  block.forward_kernels += 1.0;
  block.backward_kernels += 3.0;
  block.flops += op.work.flops;
  block.attention_flops += op.work.flops;
  if (writes_scores(job_.spec, *job_.framework, *job_.model)) {
    scores(op, block);
    return;
  }
  keep(block,
       {op.name, "log-sum-exp", rows * a.query_heads, kFp32, 1.0, KeptUnless::kCoreAttention});
  const Seconds forward = job_.framework->attention_forward * device_.time(op.work, style_).time;
  finish(op, forward, job_.framework->attention_backward * forward, KeptUnless::kCoreAttention,
         false, block);
}

/// Attention whose scores are written: two batched products and a softmax (arXiv:2205.05198 sec. 4:
/// 5 a s / h bytes per token and hidden element with dropout).
void BlockBuilder::scores(const Operator& op, BlockCost& block) const {
  const AttentionShape& a = op.work.attention;
  const double heads = a.sequences * a.query_heads;
  const double keys = job_.spec.sequence;  // masked pairs are written like the others
  const double pairs = heads * a.query_tokens * keys;
  keep(block, {op.name, "probabilities", pairs, kHalf, 1.0, KeptUnless::kCoreAttention});
  if (job_.spec.dropout) {
    keep(block, {op.name, "dropout mask", pairs, 1.0, 1.0, KeptUnless::kCoreAttention});
    keep(block, {op.name, "dropped probabilities", pairs, kHalf, 1.0, KeptUnless::kCoreAttention});
  }
  KernelWork product;
  product.cls = KernelClass::kGroupedGemm;
  product.equal_groups = true;
  product.compute = op.work.compute;
  product.weight = op.work.compute;
  product.gemm = {heads * a.query_tokens, keys, 0.5 * (a.qk_dim + a.v_dim), heads};
  product.activation_bytes =
      Bytes::from_base(kHalf * (pairs + heads * (a.query_tokens + keys) * a.qk_dim));
  const Seconds one = device_.time(product, style_).time;
  const double soft = job_.spec.dropout ? 9.0 : 4.0;
  // Scaling, mask and softmax are one kernel: what it moves is known.
  const Seconds forward = 2.0 * one + memory_time({pairs * soft, 2.0}, 1.0);
  finish(op, forward, 4.0 * one + memory_time({pairs * 1.5 * soft, 2.0}, 1.0),
         KeptUnless::kCoreAttention, false, block);
}

void BlockBuilder::activation(const Operator& op, const OperatorRule& rule, const FfnSpec* ffn,
                              BlockCost& block) const {
  const bool gated = ffn == nullptr || ffn->gated;
  const double in = gated ? 2.0 : 1.0;
  const double elements = op.work.activation_bytes.in(units::B) / kHalf / (in + 1.0);
  const KeptUnless unless = unless_of(rule);
  keep(block, {op.name, gated ? "gate and up" : "input", elements, narrow_cache_ ? 1.0 : kHalf, in,
               unless, rule.in_ffn});
  if (gated && eager_)
    keep(block, {op.name, "activated gate", elements, kHalf, 1.0, unless, rule.in_ffn});
  const double forward = eager_ && gated ? 10.0 : kHalf * (in + 1.0);
  const double backward = eager_ && gated ? 18.0 : kHalf * (2.0 * in + 1.0);
  elementwise(op, {elements * forward, eager_ ? in : 1.0},
              {elements * backward, eager_ ? 3.0 : 1.0},
              rule.shared_expert ? unless : KeptUnless::kActivation, rule.in_ffn, block);
}

void BlockBuilder::loss(const Operator& op, BlockCost& block) const {
  // The operator counts 10 bytes per logit of the whole vocabulary.
  const double elements =
      op.work.activation_bytes.in(units::B) / 10.0 / static_cast<double>(job_.layout.tp);
  elementwise(op, {elements * 14.0, 4.0}, {elements * 22.0, 3.0}, KeptUnless::kAlways, false,
              block);
}

void BlockBuilder::plain(const Operator& op, const OperatorRule& rule, BlockCost& block) const {
  const double bytes = op.work.activation_bytes.in(units::B);
  const bool gathers = rule.role == OpRole::kEmbedding;
  if (rule.role == OpRole::kFinalize) {
    // The results of all experts are kept for the gradient of their weights, unless the weights
    // are multiplied in before the down projection.
    if (!job_.framework->weights_before_down)
      keep(block, {op.name, "expert results", bytes / kHalf / 2.0, kHalf, 1.0, KeptUnless::kAlways,
                   rule.in_ffn});
  } else if (rule.role == OpRole::kPlain) {
    keep(block,
         {op.name, "input", bytes / kHalf / 2.0, kHalf, 1.0, KeptUnless::kAlways, rule.in_ffn});
  }
  elementwise(op, {bytes, 1.0}, {gathers ? 2.0 * bytes : bytes, gathers ? 2.0 : 1.0},
              KeptUnless::kAlways, rule.in_ffn, block);
}

/// Tokens cross the network once per node that has any of their experts and spread inside it over
/// its links; both go on at once (DeepEP, arXiv:2412.19437 sec. 3.2.2).
Seconds BlockBuilder::all_to_all(const CollectiveShape& flat, const FfnSpec& ffn) const {
  const std::int64_t inside = std::max<std::int64_t>(1, job_.gpu->link_domain_gpus);
  if (!flat.across_nodes || flat.ranks <= inside)
    return collective_time(*job_.gpu, *job_.rates, flat).time;
  const double ranks = static_cast<double>(flat.ranks);
  const double nodes = std::ceil(ranks / static_cast<double>(inside));
  const double top_k = static_cast<double>(ffn.top_k);
  const auto reached = [&](double places) {
    return std::min(top_k, places * (1.0 - std::pow(1.0 - 1.0 / places, top_k)));
  };
  double hit = reached(nodes);
  if (ffn.group_limit > 0 && ffn.expert_groups > 0) {
    // Groups fill nodes in order: a token reaches no more nodes than its groups lie on.
    const double per_node = static_cast<double>(ffn.expert_groups) / nodes;
    hit = std::min(hit, static_cast<double>(ffn.group_limit) * std::max(1.0, 1.0 / per_node));
  }
  CollectiveShape local = flat;
  local.ranks = inside;
  local.across_nodes = false;
  CollectiveShape remote = flat;
  remote.ranks = static_cast<std::int64_t>(nodes);
  remote.message = hit / reached(ranks) * flat.message;
  return max(collective_time(*job_.gpu, *job_.rates, local).time,
             collective_time(*job_.gpu, *job_.rates, remote).time);
}

void BlockBuilder::collective(const Operator& op, const FfnSpec* ffn, BlockCost& block) const {
  const bool spread = op.work.collective.kind == CollectiveKind::kAllToAll && ffn != nullptr;
  Seconds time = spread ? all_to_all(op.work.collective, *ffn) : device_.time(op.work, style_).time;
  if (spread && job_.spec.free_routing) time = job_.framework->free_routing * time;
  const bool expert = op.work.collective.kind == CollectiveKind::kAllToAll ||
                      (op.name.starts_with("moe.") && op.name != "moe.shared_allreduce" &&
                       op.name != "moe.combine");
  const auto add = [&](LinkTimes& times) { (expert ? times.expert : times.tensor) += time; };
  add(block.link_forward);
  add(block.link_backward);
  const bool in_ffn = op.name.starts_with("moe.") || op.name.starts_with("ffn.");
  if (again(KeptUnless::kAlways, in_ffn)) add(block.link_recompute);
}

void BlockBuilder::add(const Operator& op, const FfnSpec* ffn, BlockCost& block) const {
  const OperatorRule rule = rule_of(op);
  switch (rule.role) {
    case OpRole::kNorm: return norm(op, rule, block);
    case OpRole::kProjection: return projection(op, rule, block);
    case OpRole::kRope: return rope(op, block);
    case OpRole::kCore: return core(op, block);
    case OpRole::kActivation: return activation(op, rule, ffn, block);
    case OpRole::kLoss: return loss(op, block);
    case OpRole::kCollective: return collective(op, ffn, block);
    case OpRole::kSkipped: return;
    case OpRole::kCast:
    case OpRole::kRouter:
    case OpRole::kPermute:
    case OpRole::kFinalize:
    case OpRole::kEmbedding:
    case OpRole::kPlain: return plain(op, rule, block);
  }
}

}  // namespace gpusize::train
