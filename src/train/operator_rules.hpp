#pragma once
// How each operator of the graph trains: what its backward pass needs and which kernels model code
// launches for it. One row per operator name; what is not listed follows its kernel class.

#include <string_view>

#include "gpusize/ops/graph.hpp"

namespace gpusize::train {

enum class OpRole : std::uint8_t {
  kEmbedding,
  kNorm,        ///< `operands` 2: with the residual add before it
  kProjection,  ///< GEMM with weights
  kRope,
  kCore,        ///< softmax attention
  kActivation,  ///< gate and up to one width
  kRouter,      ///< top-k over expert scores
  kPermute,     ///< copies of tokens to their experts
  kFinalize,    ///< weighted sum of the experts' results
  kLoss,
  kCast,  ///< into a narrow format
  kPlain,
  kCollective,
  kSkipped,  ///< part of inference alone
};

/// Where the input of a projection is kept.
enum class InputPlace : std::uint8_t {
  kOwn,             ///< a tensor of its own
  kFromNorm,        ///< the output of a norm: split over tensor ranks when sequence-parallel
  kFromActivation,  ///< the output of the activation before it: comes back with that
  kShared,          ///< already kept by the operator before it
};

struct OperatorRule {
  std::string_view name;
  OpRole role = OpRole::kPlain;
  double operands = 1.0;  ///< norms: tensors read; projections: linear modules fused into one
  InputPlace input = InputPlace::kOwn;
  bool in_ffn = false;  ///< part of the feed-forward block
  bool shared_expert = false;
  bool up_projection = false;  ///< from a latent vector (MLA)
};

/// The rule of an operator.
OperatorRule rule_of(const Operator& op);

}  // namespace gpusize::train
