#pragma once
// Short ways to append tensor groups.

#include "gpusize/ops/tensors.hpp"

namespace gpusize {

using TensorList = std::vector<TensorGroup>;

/// A linear layer's matrix.
inline TensorGroup& add_matrix(TensorList& out, std::string_view name, TensorRole role,
                               Sharding sharding, std::int64_t rows, std::int64_t cols) {
  TensorGroup& group = out.emplace_back();
  group.name = name;
  group.role = role;
  group.sharding = sharding;
  group.rows = rows;
  group.cols = cols;
  group.quantisable = true;
  return group;
}

/// A matrix or vector that no quantiser touches.
inline TensorGroup& add_wide(TensorList& out, std::string_view name, TensorRole role,
                             Sharding sharding, std::int64_t rows, std::int64_t cols = 1) {
  TensorGroup& group = add_matrix(out, name, role, sharding, rows, cols);
  group.quantisable = false;
  return group;
}

inline TensorGroup& add_norm(TensorList& out, std::string_view name, std::int64_t elements) {
  return add_wide(out, name, TensorRole::kNorm, Sharding::kReplicated, elements);
}

}  // namespace gpusize
