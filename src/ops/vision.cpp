// Prefill of a vision tower: patch embedding, blocks with full attention inside an image,
// projector.

#include "ops/attention_common.hpp"

namespace gpusize {

void vision_operators(const ModelSpec& model, const WeightPlan& weights, double images,
                      double patches, std::int64_t tp, std::vector<Operator>& out) {
  if (!model.vision || images <= 0.0 || patches <= 0.0) return;
  const VisionSpec& v = *model.vision;
  const WeightFormat& format = weights.of(TensorRole::kVision);
  const double rows = images * patches;
  const double ranks = dbl(tp);
  const double d = dbl(v.hidden);
  const double width = d / ranks;
  const double heads = std::max(1.0, dbl(v.heads) / ranks);
  const OperatorSink once{out, 1.0, OperatorPart::kVision};
  const OperatorSink blocks{out, dbl(v.layers), OperatorPart::kVision};
  once.gemm("vision.patches", rows, d, dbl(v.patch_inputs), format);
  blocks.elementwise("vision.norm", 2.0 * rows * d, 2.0 * rows * d, d).launches = 2.0;
  blocks.gemm("vision.qkv", rows, 3.0 * width, d, format);
  StepShape shape;
  shape.phase = Phase::kPrefill;
  shape.sequences = images;
  shape.query_tokens = patches;
  const double head_dim = d / std::max(1.0, dbl(v.heads));
  add_core(blocks, "vision.core", shape,
           {heads, heads, head_dim, head_dim, patches, patches,
            2.0 * heads * head_dim * kActivationBytes, false});
  blocks.gemm("vision.out", rows, d, width, format);
  blocks.gemm("vision.up", rows, dbl(v.intermediate) / ranks, d, format);
  blocks.elementwise("vision.act", rows * dbl(v.intermediate) / ranks,
                     rows * dbl(v.intermediate) / ranks);
  blocks.gemm("vision.down", rows, d, dbl(v.intermediate) / ranks, format);
  const OperatorSink reduces{out, 2.0 * dbl(v.layers), OperatorPart::kVision};
  reduces.collective("vision.allreduce", CollectiveKind::kAllReduce, tp,
                     rows * d * kActivationBytes, false);
  if (v.projector_in == 0) return;
  const double merged = rows / dbl(v.merged_patches);
  once.gemm("vision.merge", merged, dbl(v.projector_in) / ranks, dbl(v.projector_in), format);
  once.gemm("vision.project", merged, dbl(v.projector_out), dbl(v.projector_in) / ranks, format);
}

}  // namespace gpusize
