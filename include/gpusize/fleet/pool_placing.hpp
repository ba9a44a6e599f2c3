#pragma once
// Replicas onto nodes: which node runs how many replicas of which model.

#include <cstdint>
#include <vector>

#include "gpusize/fleet/pool_solver.hpp"

namespace gpusize {

/// The replicas of one model under its choice.
struct PoolReplicas {
  std::size_t cut = 0;
  std::int64_t size = 1;                ///< cards per replica; 1 slice when the cut is one
  std::vector<std::int64_t> running{};  ///< per hour
  bool spread = false;                  ///< no two replicas on one node
  std::vector<std::size_t> apart{};     ///< models that share no node with this one
};

/// `replicas` of a model on `nodes` (several only when one replica spans them), from 0 per kind.
struct PoolPlacement {
  std::size_t model = 0;
  std::size_t kind = 0;
  std::vector<std::size_t> nodes;
  std::int64_t replicas = 0;
};

struct PoolPlacing {
  std::vector<PoolPlacement> placements;  ///< by model, then node
  std::vector<std::int64_t> cards;        ///< per kind, without spares
  std::vector<std::int64_t> cut_cards;    ///< per cut
  std::vector<std::int64_t> nodes;        ///< per kind
};

/// Largest replicas first, each to the node where it takes the fewest cards more; models that run
/// at different hours take turns on the same cards. A replica never straddles nodes unless it is
/// larger than one, in which case it takes as few as hold it. `cards` may exceed the solver's count
/// where replicas leave gaps or must be kept apart; never fewer. Where it does, up to `most_moves`
/// single moves between nodes are tried. Tested:
/// tests/unit/fleet/pool_placing_test.cpp.
PoolPlacing place_pool(const PoolProblem& problem, const std::vector<std::int64_t>& node_gpus,
                       const std::vector<PoolReplicas>& models,
                       std::int64_t most_moves = 3'000'000);

}  // namespace gpusize
