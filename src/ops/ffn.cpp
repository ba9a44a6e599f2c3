#include "ops/graph_parts.hpp"

namespace gpusize {

void add_dense_ffn(const OperatorSink& sink, const FfnContext& c) {
  const double width =
      static_cast<double>(c.spec->intermediate) / static_cast<double>(c.input->layout.tp);
  const double inner = (c.spec->gated ? 2.0 : 1.0) * width;
  const WeightFormat& format = c.format(TensorRole::kDenseFfn);
  sink.quantise("ffn.quantise", c.tokens, c.hidden(), format);
  sink.gemm("ffn.gate_up", c.tokens, inner, c.hidden(), format);
  sink.elementwise("ffn.act", c.tokens * inner, c.tokens * width);
  sink.quantise("ffn.down_quantise", c.tokens, width, format);
  sink.gemm("ffn.down", c.tokens, c.hidden(), width, format);
}

}  // namespace gpusize
