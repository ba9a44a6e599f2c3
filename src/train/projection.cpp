// Linear layers and their adapters: one product forward, two backward.

#include <algorithm>

#include "train/block_builder.hpp"

namespace gpusize::train {
namespace {

constexpr double kHalf = 2.0;
constexpr double kFp32 = 4.0;

/// The gradient of the input: m x n times n x k.
KernelWork input_gradient(const KernelWork& forward) {
  KernelWork out = forward;
  std::swap(out.gemm.n, out.gemm.k);
  return out;
}

/// The gradient of the weights: n x m times m x k, one per group; `gradient` bytes per element.
KernelWork weight_gradient(const KernelWork& forward, double gradient, double input) {
  KernelWork out = forward;
  const GemmShape& s = forward.gemm;
  if (forward.cls == KernelClass::kGroupedGemm && s.groups > 0.0) {
    // Each group multiplies its own rows; the kernel's row count stands for n of every group.
    out.gemm = {s.n * s.groups, s.k, s.m / s.groups, s.groups};
    out.equal_groups = true;
  } else {
    out.gemm = {s.n, s.k, s.m, 1.0};
  }
  out.weight = forward.compute;
  out.weight_bytes = Bytes::from_base(s.groups * s.n * s.k * gradient);
  out.activation_bytes = Bytes::from_base(s.m * (s.n + s.k) * input);
  return out;
}

}  // namespace

void BlockBuilder::projection(const Operator& op, const OperatorRule& rule,
                              BlockCost& block) const {
  const KernelWork& work = op.work;
  const GemmShape& s = work.gemm;
  const bool trains = weights_train();
  const bool narrow = bits_of(device_.compute_format(work.compute)) < 16.0;
  const double input_bytes = narrow ? bytes_of(work.compute) : kHalf;
  const double split = rule.input == InputPlace::kFromNorm ? norm_split_ : 1.0;
  const double modules = rule.operands;
  KeptUnless unless = KeptUnless::kAlways;
  if (rule.input == InputPlace::kFromNorm) unless = KeptUnless::kNorms;
  if (rule.input == InputPlace::kFromActivation) unless = KeptUnless::kActivation;
  if (rule.shared_expert) unless = KeptUnless::kSharedExpert;
  if (rule.up_projection) unless = KeptUnless::kUpProjection;
  // A norm or an activation that runs again brings the input back; the product does not run again.
  const bool runs_with_part = rule.shared_expert || rule.up_projection;
  const KeptUnless run_again = runs_with_part ? unless : KeptUnless::kAlways;

  // The output of attention is kept once, for its own backward pass and as this input.
  const bool kept_as_output = narrow_cache_ && op.name == "attention.out";

  Pass casts{0.0, 0.0};
  Pass back{0.0, 0.0};
  const bool adapted = !trains && op.name != "lm_head" && op.name != "moe.router";
  if (autocast_) {
    // Every module casts its own copy of an fp32 input, and its fp32 weight.
    const bool wide_input = rule.input == InputPlace::kFromNorm;
    const double copies = wide_input ? modules : 0.0;
    casts.bytes = copies * s.m * s.k * 6.0 + s.groups * s.n * s.k * 6.0;
    casts.kernels = copies + modules;
    back.bytes = copies * s.m * s.k * 6.0 +
                 (copies > 1.0 ? (copies - 1.0) * s.m * s.k * 12.0 : 0.0) +
                 s.groups * s.n * s.k * 6.0;
    back.kernels = 2.0 * copies + modules;
    if (wide_input) {
      keep(block, {op.name, "input, cast", s.m * s.k, kHalf, modules, unless, rule.in_ffn});
    } else if (rule.input != InputPlace::kShared) {
      keep(block, {op.name, "input", s.m * s.k, kHalf, 1.0, unless, rule.in_ffn});
    }
  } else if ((rule.input != InputPlace::kShared || narrow) && !kept_as_output) {
    const bool wide_adapter =
        adapted && job_.spec.fp32_adapters.value_or(job_.framework->fp32_adapters);
    if ((trains || adapted) && !wide_adapter)
      keep(block, {op.name, "input", s.m * s.k / split, input_bytes, 1.0, unless, rule.in_ffn});
  }

  const Seconds forward = device_.time(work, style_).time + memory_time(casts);
  const Seconds input = device_.time(input_gradient(work), style_).time;
  Seconds weight;
  if (trains) {
    const double gradient = job_.framework->persistent_gradients && job_.framework->fp32_gradients
                                ? 2.0 * kFp32  // added to what is there
                                : kHalf;
    weight = device_.time(weight_gradient(work, gradient, input_bytes), style_).time;
  }
  block.flops += work.flops;
  if (!trains) block.frozen_flops += work.flops;
  block.weight_gradients += weight;
  // Experts are multiplied one after the other, their inputs made narrow one by one.
  const double each = work.cls == KernelClass::kGroupedGemm ? s.groups * (narrow ? 2.0 : 1.0)
                      : eager_                              ? modules
                                                            : 1.0;
  block.forward_kernels += casts.kernels + each;
  block.backward_kernels += back.kernels + each * (trains ? 2.0 : 1.0);
  block.widest_elements = std::max(block.widest_elements, s.m * s.n / (eager_ ? modules : 1.0));
  finish(op, forward, input + weight + memory_time(back), run_again, rule.in_ffn, block);
  if (adapted) adapter(op, rule, block);
}

/// Low-rank matrices beside every linear module of a layer (arXiv:2106.09685): x A B, scaled,
/// added.
void BlockBuilder::adapter(const Operator& op, const OperatorRule& rule, BlockCost& block) const {
  const bool experts = op.work.cls == KernelClass::kGroupedGemm;
  if (experts && !job_.spec.lora_experts) return;
  const bool wide = job_.spec.fp32_adapters.value_or(job_.framework->fp32_adapters);
  const GemmShape& s = op.work.gemm;
  const double rank = static_cast<double>(job_.spec.lora_rank);
  const double modules = rule.operands;
  const double bytes = wide ? kFp32 : kHalf;
  if (wide)
    keep(block, {op.name, "adapter input, fp32", s.m * s.k, kFp32, modules, KeptUnless::kAlways,
                 rule.in_ffn});
  keep(block,
       {op.name, "adapter middle", s.m * rank, bytes, modules, KeptUnless::kAlways, rule.in_ffn});
  // Two thin products, a scaling, a sum; casts to fp32 and back where adapters are wide.
  const double in = s.m * s.k * (wide ? kHalf + 2.0 * kFp32 : kHalf) * modules;
  const double out = s.m * s.n * (wide ? 28.0 : 12.0);
  const double kernels = modules * (wide ? 6.0 : 4.0);
  const Pass forward{in + out, kernels};
  const Pass backward{1.5 * (in + out), 1.5 * kernels};
  block.adapter_kernels += kernels;
  block.backward_kernels += backward.kernels;
  finish(op, memory_time(forward), memory_time(backward), KeptUnless::kAlways, rule.in_ffn, block);
}

}  // namespace gpusize::train
