#pragma once
// How one replica of a model is spread over GPUs.

#include <cstdint>
#include <string>

namespace gpusize {

/// Parallel degrees of one replica. It takes tp * pp * dp GPUs; `ep` GPUs inside tp * dp hold whole
/// experts (1: each expert is split over the tensor-parallel ranks). `dp` is attention data
/// parallelism: every rank has requests and KV cache of its own.
struct Layout {
  std::int64_t tp = 1;
  std::int64_t pp = 1;
  std::int64_t ep = 1;
  std::int64_t dp = 1;

  [[nodiscard]] std::int64_t gpus() const { return tp * pp * dp; }
  /// How many ranks share one expert: tp * dp / ep.
  [[nodiscard]] std::int64_t expert_tp() const { return tp * dp / ep; }
  bool operator==(const Layout&) const = default;
};

/// `tp8`, `tp8 pp2 ep8 dp8`: degrees above one (tp always).
std::string describe(const Layout& layout);

}  // namespace gpusize
