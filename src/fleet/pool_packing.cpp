#include "fleet/pool_packing.hpp"

#include <algorithm>
#include <random>

namespace gpusize {
namespace {

constexpr std::int64_t kMovesPerPiece = 4000;
constexpr double kHottest = 0.6;  // threshold of the first move, in cards

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// What runs on one node, by cut and hour.
struct PackedNode {
  std::vector<std::int64_t> load;   ///< cut x hour
  std::vector<std::int64_t> peaks;  ///< per cut
  std::vector<int> pieces;          ///< per model
};

class Packer {
 public:
  Packer(const PoolProblem& problem, const std::vector<std::int64_t>& node_gpus,
         const std::vector<PoolReplicas>& models, const std::vector<std::size_t>& nodes,
         std::vector<PlacedPiece>& pieces)
      : p_(problem), node_gpus_(node_gpus), models_(models), pieces_(pieces) {
    for (const std::size_t count : nodes) {
      nodes_.emplace_back(count, PackedNode{std::vector<std::int64_t>(p_.cuts.size() * p_.hours, 0),
                                            std::vector<std::int64_t>(p_.cuts.size(), 0),
                                            std::vector<int>(models.size(), 0)});
    }
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      put(pieces_[i], 1);
      if (!pieces_[i].fixed && nodes[kind_of(pieces_[i])] > 1) movable_.push_back(i);
    }
  }

  void run(std::int64_t most_moves) {
    if (movable_.empty()) return;
    const auto moves =
        std::min(most_moves, kMovesPerPiece * static_cast<std::int64_t>(movable_.size()));
    std::vector<PlacedPiece> best = pieces_;
    double saved = 0.0;
    double most_saved = 0.0;
    std::mt19937_64 random(1);
    for (std::int64_t i = 0; i < moves; ++i) {
      const double left = 1.0 - dbl(i) / dbl(moves);
      PlacedPiece& piece = pieces_[movable_[random() % movable_.size()]];
      const std::size_t to = random() % nodes_[kind_of(piece)].size();
      if (to == piece.node || !may_join(nodes_[kind_of(piece)][to], piece)) continue;
      saved += try_move(piece, to, kHottest * left * left * left);
      if (saved <= most_saved + 1e-9) continue;
      most_saved = saved;
      best = pieces_;
    }
    pieces_ = std::move(best);
  }

 private:
  [[nodiscard]] std::size_t cut_of(const PlacedPiece& piece) const {
    return models_[piece.model].cut;
  }
  [[nodiscard]] std::size_t kind_of(const PlacedPiece& piece) const {
    return p_.cuts[cut_of(piece)].kind;
  }

  void put(const PlacedPiece& piece, int sign) {
    PackedNode& node = nodes_[kind_of(piece)][piece.node];
    const auto& running = models_[piece.model].running;
    const std::size_t cut = cut_of(piece);
    auto* load = &node.load[cut * p_.hours];
    for (std::size_t h = 0; h < p_.hours; ++h) {
      if (running[h] > piece.rank) load[h] += sign * piece.size;
    }
    node.peaks[cut] = *std::max_element(load, load + p_.hours);
    node.pieces[piece.model] += sign;
  }

  [[nodiscard]] bool may_join(const PackedNode& node, const PlacedPiece& piece) const {
    const PoolReplicas& m = models_[piece.model];
    if (m.spread && node.pieces[piece.model] > 0) return false;
    return std::none_of(m.apart.begin(), m.apart.end(),
                        [&](std::size_t other) { return node.pieces[other] > 0; });
  }

  [[nodiscard]] std::int64_t cards_of_cut(const PackedNode& node, std::size_t cut) const {
    return (node.peaks[cut] + p_.cuts[cut].parts - 1) / p_.cuts[cut].parts;
  }
  [[nodiscard]] std::int64_t cards(const PackedNode& node) const {
    std::int64_t out = 0;
    for (std::size_t c = 0; c < p_.cuts.size(); ++c) out += cards_of_cut(node, c);
    return out;
  }
  /// Whole cards, and in part what they are filled to: tells apart what whole cards do not.
  [[nodiscard]] double energy(const PackedNode& node, std::size_t cut) const {
    return dbl(cards_of_cut(node, cut)) + dbl(node.peaks[cut]) / dbl(p_.cuts[cut].parts);
  }

  /// USD a month saved; nothing when the move is not taken.
  double try_move(PlacedPiece& piece, std::size_t to, double threshold) {
    const std::size_t cut = cut_of(piece);
    const std::size_t kind = kind_of(piece);
    const std::size_t from = piece.node;
    PackedNode& a = nodes_[kind][from];
    PackedNode& b = nodes_[kind][to];
    const double before = energy(a, cut) + energy(b, cut);
    const std::int64_t cards_before = cards_of_cut(a, cut) + cards_of_cut(b, cut);
    put(piece, -1);
    piece.node = to;
    put(piece, 1);
    if (energy(a, cut) + energy(b, cut) > before + threshold || cards(b) > node_gpus_[kind]) {
      put(piece, -1);
      piece.node = from;
      put(piece, 1);
      return 0.0;
    }
    const std::int64_t fewer = cards_before - cards_of_cut(a, cut) - cards_of_cut(b, cut);
    const double usd = p_.kinds[kind].usd_per_month + p_.cuts[cut].usd_per_month;
    return dbl(fewer) * std::max(usd, 1e-3);  // cards that cost nothing are saved too
  }

  const PoolProblem& p_;
  const std::vector<std::int64_t>& node_gpus_;
  const std::vector<PoolReplicas>& models_;
  std::vector<PlacedPiece>& pieces_;
  std::vector<std::vector<PackedNode>> nodes_;  ///< per kind
  std::vector<std::size_t> movable_;
};

}  // namespace

void pack_nodes(const PoolProblem& problem, const std::vector<std::int64_t>& node_gpus,
                const std::vector<PoolReplicas>& models, const std::vector<std::size_t>& nodes,
                std::int64_t most_moves, std::vector<PlacedPiece>& pieces) {
  Packer(problem, node_gpus, models, nodes, pieces).run(most_moves);
}

}  // namespace gpusize
