#include "train/operator_rules.hpp"

#include <algorithm>
#include <array>

namespace gpusize::train {
namespace {

using enum OpRole;
using enum InputPlace;

constexpr std::array<OperatorRule, 48> kRules{{
    {"embedding", kEmbedding},
    {"embedding.norm", kNorm},
    {"attention.norm", kNorm, 2.0},
    {"attention.post_norm", kNorm, 2.0},
    {"ffn.norm", kNorm, 2.0},
    {"ffn.post_norm", kNorm, 2.0},
    {"final_norm", kNorm, 2.0},
    {"attention.qk_norm", kNorm},
    {"attention.latent_norm", kNorm},
    {"linear.norm", kNorm},
    {"mtp.norm", kNorm, 2.0},
    {"attention.qkv", kProjection, 3.0, kFromNorm},
    {"attention.qkv_a", kProjection, 2.0, kFromNorm},
    {"attention.q", kProjection, 1.0, kFromNorm},
    {"attention.kv_a", kProjection, 1.0, kShared},
    {"attention.q_b", kProjection, 1.0, kOwn, false, false, true},
    {"attention.kv_b", kProjection, 1.0, kOwn, false, false, true},
    {"attention.out", kProjection, 1.0, kShared},
    {"linear.in", kProjection, 1.0, kFromNorm},
    {"linear.in_decay", kProjection, 1.0, kShared},
    {"attention.rope", kRope},
    {"attention.core", kCore},
    {"linear.core", kCore},
    {"ffn.gate_up", kProjection, 2.0, kFromNorm, true},
    {"ffn.act", kActivation, 1.0, kOwn, true},
    {"ffn.down", kProjection, 1.0, kFromActivation, true},
    {"moe.router", kProjection, 1.0, kFromNorm, true},
    {"moe.topk", kRouter, 1.0, kOwn, true},
    {"moe.permute", kPermute, 1.0, kOwn, true},
    {"moe.gate_up", kProjection, 1.0, kOwn, true},
    {"moe.act", kActivation, 1.0, kOwn, true},
    {"moe.down", kProjection, 1.0, kFromActivation, true},
    {"moe.finalize", kFinalize, 1.0, kOwn, true},
    {"moe.shared_gate_up", kProjection, 2.0, kShared, true, true},
    {"moe.shared_act", kActivation, 1.0, kOwn, true, true},
    {"moe.shared_down", kProjection, 1.0, kFromActivation, true, true},
    {"lm_head", kProjection, 1.0, kFromNorm},
    {"lm_head.allgather", kSkipped},
    {"sampling", kLoss},
    {"indexer.q", kProjection, 1.0, kShared},
    {"indexer.k", kProjection, 1.0, kShared},
    {"indexer.qk", kProjection, 1.0, kShared},
    {"indexer.weights", kProjection, 1.0, kShared},
    {"attention.q_absorb", kProjection, 1.0, kShared},
    {"attention.v_up", kProjection, 1.0, kShared},
    {"hyper.mix", kProjection},
    {"mtp.projection", kProjection},
    {"pipeline.send", kSkipped},
}};

OpRole role_of(KernelClass cls) {
  switch (cls) {
    case KernelClass::kGemm:
    case KernelClass::kGroupedGemm: return kProjection;
    case KernelClass::kDecodeAttention:
    case KernelClass::kPrefillAttention: return kCore;
    case KernelClass::kCollective: return kCollective;
    case KernelClass::kMemory: return kPlain;
  }
  return kPlain;
}

}  // namespace

OperatorRule rule_of(const Operator& op) {
  const auto found = std::find_if(kRules.begin(), kRules.end(),
                                  [&](const OperatorRule& r) { return r.name == op.name; });
  if (found != kRules.end()) return *found;
  OperatorRule rule{op.name, role_of(op.work.cls)};
  if (op.work.quantises) rule.role = kCast;
  rule.in_ffn = op.name.starts_with("ffn.") || op.name.starts_with("moe.");
  return rule;
}

}  // namespace gpusize::train
