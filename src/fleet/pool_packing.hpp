#pragma once
// Replicas moved between nodes until their peaks fit better.

#include <cstdint>
#include <vector>

#include "gpusize/fleet/pool_placing.hpp"

namespace gpusize {

/// One replica, or the part of a large one that lies on one node.
struct PlacedPiece {
  std::size_t model = 0;
  std::int64_t rank = 0;  ///< runs in the hours that need more than `rank` replicas
  std::int64_t size = 1;  ///< cards or slices
  std::size_t node = 0;   ///< of the model's kind
  bool fixed = false;     ///< part of a replica that spans nodes
};

/// Moves single pieces to other nodes of their kind; the cheapest placing met is kept, so it is
/// never worse. Threshold accepting as in pool_search.hpp; repeatable. `nodes` per kind.
void pack_nodes(const PoolProblem& problem, const std::vector<std::int64_t>& node_gpus,
                const std::vector<PoolReplicas>& models, const std::vector<std::size_t>& nodes,
                std::int64_t most_moves, std::vector<PlacedPiece>& pieces);

}  // namespace gpusize
