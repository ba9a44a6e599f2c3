#pragma once
// Adds operators to block costs, one rule at a time.

#include "gpusize/train/block.hpp"
#include "train/operator_rules.hpp"

namespace gpusize::train {

/// What all rules of one job share.
class BlockBuilder {
 public:
  explicit BlockBuilder(const TrainJob& job);

  /// Adds `op` to `block`; `ffn` is the feed-forward block of its layer (null outside layers).
  void add(const Operator& op, const FfnSpec* ffn, BlockCost& block) const;

  [[nodiscard]] double residual_bytes() const { return residual_; }

 private:
  struct Pass {
    double bytes = 0.0;
    double kernels = 1.0;
  };
  void norm(const Operator& op, const OperatorRule& rule, BlockCost& block) const;
  void projection(const Operator& op, const OperatorRule& rule, BlockCost& block) const;
  void adapter(const Operator& op, const OperatorRule& rule, BlockCost& block) const;
  void rope(const Operator& op, BlockCost& block) const;
  void core(const Operator& op, BlockCost& block) const;
  void scores(const Operator& op, BlockCost& block) const;
  void activation(const Operator& op, const OperatorRule& rule, const FfnSpec* ffn,
                  BlockCost& block) const;
  void loss(const Operator& op, BlockCost& block) const;
  void plain(const Operator& op, const OperatorRule& rule, BlockCost& block) const;
  void collective(const Operator& op, const FfnSpec* ffn, BlockCost& block) const;
  [[nodiscard]] Seconds all_to_all(const CollectiveShape& flat, const FfnSpec& ffn) const;

  void elementwise(const Operator& op, Pass forward, Pass backward, KeptUnless unless, bool in_ffn,
                   BlockCost& block) const;
  [[nodiscard]] Seconds memory_time(Pass pass) const {
    return memory_time(pass, job_.framework->elementwise_traffic);
  }
  [[nodiscard]] Seconds memory_time(Pass pass, double traffic) const;
  void finish(const Operator& op, Seconds forward, Seconds backward, KeptUnless unless, bool in_ffn,
              BlockCost& block) const;
  void keep(BlockCost& block, SavedTensor tensor) const;
  [[nodiscard]] bool again(KeptUnless unless, bool in_ffn) const;
  [[nodiscard]] bool weights_train() const { return job_.spec.method == TrainMethod::kFull; }

  const TrainJob& job_;
  Device device_;
  KernelStyle style_;
  double residual_ = 2.0;  ///< bytes per element of the residual stream
  double norm_split_ = 1.0;
  bool eager_ = false;
  bool autocast_ = false;
  bool narrow_cache_ = false;  ///< keeps_fp8()
};

}  // namespace gpusize::train
