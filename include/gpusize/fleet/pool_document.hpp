#pragma once
// The result document of `pool`.

#include <memory>
#include <span>
#include <vector>

#include "gpusize/core/formula.hpp"
#include "gpusize/fleet/pool.hpp"

namespace gpusize {

/// Solves the pool and writes everything it says. `models` as in the pool. `status`: `optimal`
/// (proven), `feasible` (the gap is stated) or `infeasible`.
Result<ResultDocument> pool_document(const Catalog& catalog, const PoolSpec& pool,
                                     const std::vector<std::shared_ptr<const ModelSpec>>& models);

std::span<const Formula> pool_formulas();

}  // namespace gpusize
