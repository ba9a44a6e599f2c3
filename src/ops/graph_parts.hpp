#pragma once
// The parts of a graph besides attention.

#include "gpusize/ops/graph.hpp"
#include "ops/operator_list.hpp"

namespace gpusize {

/// One feed-forward block on one GPU.
struct FfnContext {
  const FfnSpec* spec = nullptr;
  const GraphInput* input = nullptr;
  double tokens = 0.0;  ///< of this attention-DP rank
  bool mtp = false;

  [[nodiscard]] const WeightFormat& format(TensorRole role) const {
    return input->weights->of(role, mtp);
  }
  [[nodiscard]] double hidden() const { return static_cast<double>(input->model->hidden); }
};

/// Whether a group of `ranks` neighbouring GPUs reaches beyond one node.
inline bool crosses_nodes(const GraphInput& input, std::int64_t ranks) {
  return ranks > input.node_gpus;
}

/// All-reduce of `tokens` hidden vectors over the tensor-parallel ranks.
inline void add_all_reduce(const OperatorSink& sink, std::string_view name, const GraphInput& input,
                           double tokens) {
  const double message = tokens * static_cast<double>(input.model->hidden) * kActivationBytes;
  sink.collective(name, CollectiveKind::kAllReduce, input.layout.tp, message,
                  crosses_nodes(input, input.layout.tp), static_cast<double>(input.node_gpus));
}

/// Dense block: norms and all-reduce are the caller's.
void add_dense_ffn(const OperatorSink& sink, const FfnContext& context);
/// Router, dispatch, experts, combine, shared experts; ends reduced.
void add_moe(const OperatorSink& sink, const FfnContext& context);

}  // namespace gpusize
