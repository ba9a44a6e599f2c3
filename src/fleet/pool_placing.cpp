#include "gpusize/fleet/pool_placing.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "fleet/pool_packing.hpp"

namespace gpusize {
namespace {

/// One replica, or the part of a large one that lies on one node.
struct Piece {
  std::size_t model = 0;
  std::int64_t rank = 0;  ///< runs in the hours that need more than `rank` replicas
  std::int64_t hours = 0;
};

/// What runs on one node.
class PoolNode {
 public:
  explicit PoolNode(const PoolProblem& problem) : p_(&problem) {}

  void add(const PoolReplicas& m, std::size_t model, std::int64_t rank, std::int64_t size) {
    add_load(load_, m, rank, size);
    cards_ = cards_of(load_);
    models_.insert(model);
  }

  [[nodiscard]] std::int64_t cards() const { return cards_; }
  /// Adds this node's cards per cut.
  void count(std::vector<std::int64_t>& cut_cards) const {
    for (const auto& [cut, hours] : load_) cut_cards[cut] += cards_of_cut(cut, hours);
  }
  [[nodiscard]] bool has(std::size_t model) const { return models_.contains(model); }

  [[nodiscard]] std::int64_t cards_with(const PoolReplicas& m, std::int64_t rank,
                                        std::int64_t size) const {
    auto load = load_;
    add_load(load, m, rank, size);
    return cards_of(load);
  }

 private:
  using Loads = std::map<std::size_t, std::vector<std::int64_t>>;  ///< cut -> slices per hour

  void add_load(Loads& load, const PoolReplicas& m, std::int64_t rank, std::int64_t size) const {
    auto& hours = load[m.cut];
    hours.resize(p_->hours, 0);
    for (std::size_t h = 0; h < p_->hours; ++h) {
      if (m.running[h] > rank) hours[h] += size;
    }
  }

  [[nodiscard]] std::int64_t cards_of(const Loads& load) const {
    std::int64_t out = 0;
    for (const auto& [cut, hours] : load) out += cards_of_cut(cut, hours);
    return out;
  }

  [[nodiscard]] std::int64_t cards_of_cut(std::size_t cut,
                                          const std::vector<std::int64_t>& hours) const {
    const std::int64_t parts = p_->cuts[cut].parts;
    return (*std::max_element(hours.begin(), hours.end()) + parts - 1) / parts;
  }

  const PoolProblem* p_;
  Loads load_;
  std::int64_t cards_ = 0;
  std::set<std::size_t> models_;
};

class Placer {
 public:
  Placer(const PoolProblem& problem, const std::vector<std::int64_t>& node_gpus,
         const std::vector<PoolReplicas>& models)
      : p_(problem), node_gpus_(node_gpus), models_(models), nodes_(problem.kinds.size()) {}

  PoolPlacing run(std::int64_t most_moves) {
    for (const Piece& piece : pieces()) place(piece);
    if (above_least()) repack(most_moves);
    PoolPlacing out;
    out.cut_cards.assign(p_.cuts.size(), 0);
    for (const auto& nodes : nodes_) {
      out.nodes.push_back(static_cast<std::int64_t>(nodes.size()));
      std::int64_t cards = 0;
      for (const PoolNode& node : nodes) {
        cards += node.cards();
        node.count(out.cut_cards);
      }
      out.cards.push_back(cards);
    }
    std::map<std::pair<std::size_t, std::vector<std::size_t>>, std::int64_t> placed;
    for (std::size_t i = 0; i < parts_.size();) {
      std::vector<std::size_t> at;
      const std::size_t first = i;
      for (; i < parts_.size() && replica_[i] == replica_[first]; ++i) at.push_back(parts_[i].node);
      std::sort(at.begin(), at.end());
      ++placed[{parts_[first].model, at}];
    }
    for (const auto& [key, replicas] : placed)
      out.placements.push_back(
          {key.first, p_.cuts[models_[key.first].cut].kind, key.second, replicas});
    return out;
  }

 private:
  /// Large before small, those that must keep away from others before the rest, running long before
  /// running short.
  [[nodiscard]] std::vector<Piece> pieces() const {
    std::vector<Piece> out;
    for (std::size_t m = 0; m < models_.size(); ++m) {
      const auto& running = models_[m].running;
      const std::int64_t most = *std::max_element(running.begin(), running.end());
      for (std::int64_t rank = 0; rank < most; ++rank) {
        out.push_back({m, rank, std::count_if(running.begin(), running.end(), [&](std::int64_t r) {
                         return r > rank;
                       })});
      }
    }
    std::stable_sort(out.begin(), out.end(), [&](const Piece& a, const Piece& b) {
      return std::tuple(weight(a.model), bound(a.model), a.hours) >
             std::tuple(weight(b.model), bound(b.model), b.hours);
    });
    return out;
  }

  [[nodiscard]] bool bound(std::size_t model) const {
    return models_[model].spread || !models_[model].apart.empty();
  }

  /// Slices weigh less than a card, the smaller the less.
  [[nodiscard]] double weight(std::size_t model) const {
    return static_cast<double>(models_[model].size) /
           static_cast<double>(p_.cuts[models_[model].cut].parts);
  }

  [[nodiscard]] bool may_join(const PoolNode& node, std::size_t model) const {
    const PoolReplicas& m = models_[model];
    if (m.spread && node.has(model)) return false;
    return std::none_of(m.apart.begin(), m.apart.end(),
                        [&](std::size_t other) { return node.has(other); });
  }

  void place(const Piece& piece) {
    const PoolReplicas& m = models_[piece.model];
    const std::int64_t whole = node_gpus_[p_.cuts[m.cut].kind];
    std::vector<std::size_t> at;
    for (std::int64_t left = m.size; left > 0; left -= std::min(left, whole)) {
      const std::int64_t size = std::min(left, whole);
      at.push_back(place_part(piece, size, at));
      parts_.push_back({piece.model, piece.rank, size, at.back(), m.size > whole});
      replica_.push_back(replicas_);
    }
    ++replicas_;
  }

  /// Whether any kind takes more cards than its hours' peaks would, were all on one node.
  [[nodiscard]] bool above_least() const {
    std::vector<std::vector<std::int64_t>> hours(p_.cuts.size(),
                                                 std::vector<std::int64_t>(p_.hours, 0));
    for (const PoolReplicas& m : models_) {
      for (std::size_t h = 0; h < p_.hours; ++h) hours[m.cut][h] += m.running[h] * m.size;
    }
    std::vector<std::int64_t> least(p_.kinds.size(), 0);
    for (std::size_t c = 0; c < hours.size(); ++c) {
      const std::int64_t parts = p_.cuts[c].parts;
      least[p_.cuts[c].kind] +=
          (*std::max_element(hours[c].begin(), hours[c].end()) + parts - 1) / parts;
    }
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      std::int64_t cards = 0;
      for (const PoolNode& node : nodes_[k]) cards += node.cards();
      if (cards > least[k]) return true;
    }
    return false;
  }

  /// Pieces moved between nodes; emptied nodes are given up.
  void repack(std::int64_t most_moves) {
    std::vector<std::size_t> counts;
    for (const auto& nodes : nodes_) counts.push_back(nodes.size());
    pack_nodes(p_, node_gpus_, models_, counts, most_moves, parts_);
    std::vector<std::vector<std::size_t>> new_name(nodes_.size());
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      std::vector<bool> used(nodes_[k].size(), false);
      for (const PlacedPiece& part : parts_) {
        if (p_.cuts[models_[part.model].cut].kind == k) used[part.node] = true;
      }
      std::size_t next = 0;
      for (const bool in_use : used) new_name[k].push_back(in_use ? next++ : next);
      nodes_[k].assign(next, PoolNode(p_));
    }
    for (PlacedPiece& part : parts_) {
      const PoolReplicas& m = models_[part.model];
      const std::size_t kind = p_.cuts[m.cut].kind;
      part.node = new_name[kind][part.node];
      nodes_[kind][part.node].add(m, part.model, part.rank, part.size);
    }
  }

  /// The node of one part, not one of `taken`.
  std::size_t place_part(const Piece& piece, std::int64_t size,
                         const std::vector<std::size_t>& taken) {
    const PoolReplicas& m = models_[piece.model];
    const std::size_t kind = p_.cuts[m.cut].kind;
    auto& nodes = nodes_[kind];
    std::size_t best = nodes.size();
    std::pair<std::int64_t, std::int64_t> least{PoolNode(p_).cards_with(m, piece.rank, size),
                                                std::numeric_limits<std::int64_t>::max()};
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      if (std::find(taken.begin(), taken.end(), n) != taken.end()) continue;
      if (!may_join(nodes[n], piece.model)) continue;
      const std::int64_t cards = nodes[n].cards_with(m, piece.rank, size);
      if (cards > node_gpus_[kind]) continue;
      // Few more cards, then little room left over.
      const std::pair score{cards - nodes[n].cards(), node_gpus_[kind] - cards};
      if (score >= least) continue;
      least = score;
      best = n;
    }
    if (best == nodes.size()) nodes.emplace_back(p_);
    nodes[best].add(m, piece.model, piece.rank, size);
    return best;
  }

  const PoolProblem& p_;
  const std::vector<std::int64_t>& node_gpus_;
  const std::vector<PoolReplicas>& models_;
  std::vector<std::vector<PoolNode>> nodes_;  ///< per kind
  std::vector<PlacedPiece> parts_;            ///< those of one replica side by side
  std::vector<std::size_t> replica_;          ///< per part
  std::size_t replicas_ = 0;
};

}  // namespace

PoolPlacing place_pool(const PoolProblem& problem, const std::vector<std::int64_t>& node_gpus,
                       const std::vector<PoolReplicas>& models, std::int64_t most_moves) {
  return Placer(problem, node_gpus, models).run(most_moves);
}

}  // namespace gpusize
