#include "gpusize/fleet/pool_solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fleet/pool_search.hpp"

namespace gpusize {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kSlack = 1e-9;  // relative, against rounding of sums
constexpr std::int64_t kMovesPerModel = 5000;
constexpr double kLeastWeight = 1e-6;  // of the price: weights are multiplied, so never nothing

using Hours = std::vector<std::int64_t>;
using Weights = std::vector<std::vector<double>>;  ///< cut x hour; USD per slice

std::int64_t peak(const Hours& hours) { return *std::max_element(hours.begin(), hours.end()); }

std::int64_t cards_for(std::int64_t slices, std::int64_t parts) {
  return (slices + parts - 1) / parts;
}

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// Slices in use per cut and hour, and what they cost.
class Load {
 public:
  explicit Load(const PoolProblem& problem)
      : p_(problem), hours_(problem.cuts.size(), Hours(problem.hours, 0)) {}

  void add(const PoolChoice& way, std::int64_t sign) {
    for (std::size_t h = 0; h < p_.hours; ++h) hours_[way.cut][h] += sign * way.need[h];
  }

  [[nodiscard]] Hours cards() const {
    Hours out(p_.kinds.size(), 0);
    for (std::size_t c = 0; c < hours_.size(); ++c)
      out[p_.cuts[c].kind] += cards_for(peak(hours_[c]), p_.cuts[c].parts);
    for (std::size_t k = 0; k < out.size(); ++k) {
      if (out[k] > 0) out[k] += p_.kinds[k].spare;
    }
    return out;
  }

  /// `excess`: cards beyond the limits.
  [[nodiscard]] double cost(std::int64_t& excess) const {
    double out = 0.0;
    excess = 0;
    const Hours all = cards();
    for (std::size_t k = 0; k < all.size(); ++k) {
      const PoolKind& kind = p_.kinds[k];
      if (kind.most >= 0) excess += std::max<std::int64_t>(0, all[k] - kind.most);
      out += usd_per_month(kind, all[k]);
    }
    for (std::size_t c = 0; c < hours_.size(); ++c) {
      if (p_.cuts[c].usd_per_month > 0.0)
        out += p_.cuts[c].usd_per_month * dbl(cards_for(peak(hours_[c]), p_.cuts[c].parts));
    }
    return out;
  }

 private:
  const PoolProblem& p_;
  std::vector<Hours> hours_;
};

/// The Lagrangian bound: weights per cut and hour, raised step by step.
class Bound {
 public:
  explicit Bound(const PoolProblem& problem) : p_(problem) {
    for (const PoolKind& kind : p_.kinds) total_.push_back(kind.usd_per_month);
    for (const PoolCut& cut : p_.cuts) {
      const double per_slice = (total_[cut.kind] + cut.usd_per_month) / dbl(cut.parts);
      weights_.emplace_back(p_.hours, per_slice / dbl(static_cast<std::int64_t>(p_.hours)));
    }
  }

  void raise(int steps) {
    Weights best_weights = weights_;
    std::vector<double> best_total = total_;
    best_ = -kNever;
    for (int step = 0; step < steps; ++step) {
      std::vector<std::vector<double>> load(p_.cuts.size(), std::vector<double>(p_.hours, 0.0));
      const double bound = relaxed(load);
      if (bound > best_) {
        best_ = bound;
        best_weights = weights_;
        best_total = total_;
      }
      move(load, 1.0 / (1.0 + 0.02 * step));
    }
    weights_ = std::move(best_weights);
    total_ = std::move(best_total);
  }

  [[nodiscard]] double value() const { return best_; }

  [[nodiscard]] double weighted(const PoolChoice& way) const {
    double out = 0.0;
    for (std::size_t h = 0; h < p_.hours; ++h) out += weights_[way.cut][h] * dbl(way.need[h]);
    return out;
  }

  /// What the weighted sum of all needs exceeds the cost by at most.
  [[nodiscard]] double offset() const {
    double out = 0.0;
    for (std::size_t k = 0; k < p_.kinds.size(); ++k) {
      const PoolKind& kind = p_.kinds[k];
      const double below = std::min(total_[k], kind.usd_per_month);
      out += (below - kind.owned_usd_per_month) * dbl(kind.owned);
      if (total_[k] > kind.usd_per_month) out += (total_[k] - kind.usd_per_month) * dbl(kind.most);
    }
    return out;
  }

 private:
  /// The bound under the present weights, and the load that it would put on each hour.
  double relaxed(std::vector<std::vector<double>>& load) const {
    double out = 0.0;
    for (const auto& ways : p_.models) {
      const PoolChoice* least = nullptr;
      double cost = kNever;
      for (const PoolChoice& way : ways) {
        const double weight = weighted(way);
        if (weight >= cost) continue;
        cost = weight;
        least = &way;
      }
      out += cost;
      for (std::size_t h = 0; h < p_.hours; ++h) load[least->cut][h] += dbl(least->need[h]);
    }
    return out - offset();
  }

  /// Hours above their cut's mean load get dearer, and so do kinds of which more cards are asked
  /// than are owned (or, above the price, than may be had).
  void move(const std::vector<std::vector<double>>& load, double size) {
    std::vector<double> cards(p_.kinds.size(), 0.0);
    for (std::size_t c = 0; c < load.size(); ++c) {
      const PoolCut& cut = p_.cuts[c];
      cards[cut.kind] += *std::max_element(load[c].begin(), load[c].end()) / dbl(cut.parts);
    }
    for (std::size_t k = 0; k < cards.size(); ++k) move_total(k, cards[k], size);
    for (std::size_t c = 0; c < load.size(); ++c) {
      const double most = *std::max_element(load[c].begin(), load[c].end());
      double sum = 0.0;
      for (std::size_t h = 0; h < p_.hours; ++h) {
        if (most > 0.0) weights_[c][h] *= std::exp(size * (load[c][h] / most - 1.0));
        sum += weights_[c][h];
      }
      const PoolCut& cut = p_.cuts[c];
      const double target = (total_[cut.kind] + cut.usd_per_month) / dbl(cut.parts);
      if (sum <= 0.0) continue;
      for (double& weight : weights_[c]) weight *= target / sum;
    }
  }

  void move_total(std::size_t k, double cards, double size) {
    const PoolKind& kind = p_.kinds[k];
    if (kind.usd_per_month <= 0.0 || (kind.owned == 0 && kind.most < 0)) return;
    const bool limited =
        total_[k] > kind.usd_per_month * (1.0 - kSlack) && kind.most >= 0 && cards > dbl(kind.most);
    const double have = limited || total_[k] > kind.usd_per_month * (1.0 + kSlack)
                            ? dbl(kind.most)
                            : dbl(kind.owned);
    const double least = std::max(kind.owned_usd_per_month, kLeastWeight * kind.usd_per_month);
    const double most = kind.most >= 0 ? 10.0 * kind.usd_per_month : kind.usd_per_month;
    const double scale = std::max({cards, have, 1.0});
    total_[k] = std::clamp(total_[k] * std::exp(size * (cards - have) / scale), least, most);
  }

  const PoolProblem& p_;
  std::vector<double> total_;  ///< per kind: USD of a card that the weights add up to
  Weights weights_;
  double best_ = -kNever;
};

class Solver {
 public:
  Solver(const PoolProblem& problem, const PoolEffort& effort)
      : p_(problem), effort_(effort), load_(problem), bound_(problem) {}

  PoolSolution run() {
    start();
    improve();
    bound_.raise(effort_.steps);
    weigh();
    follow_weights();
    search();
    branch(0, 0.0);
    best_.optimal = nodes_ < effort_.most_nodes;
    if (best_.feasible) {
      best_.lower_bound = best_.optimal ? best_.usd_per_month
                                        : std::clamp(bound_.value(), 0.0, best_.usd_per_month);
    }
    return std::move(best_);
  }

 private:
  void keep(const std::vector<std::size_t>& choice) {
    PoolSolution priced = price_pool(p_, choice);
    if (priced.feasible && (!best_.feasible || priced.usd_per_month < best_.usd_per_month))
      best_ = std::move(priced);
  }

  /// Each model's cheapest choice alone: sharing can only save on that.
  void start() {
    current_.assign(p_.models.size(), 0);
    for (std::size_t m = 0; m < p_.models.size(); ++m) {
      double least = kNever;
      for (std::size_t c = 0; c < p_.models[m].size(); ++c) {
        const PoolChoice& way = p_.models[m][c];
        const PoolCut& cut = p_.cuts[way.cut];
        const double cost = (p_.kinds[cut.kind].usd_per_month + cut.usd_per_month) *
                            dbl(cards_for(peak(way.need), cut.parts));
        if (cost >= least) continue;
        least = cost;
        current_[m] = c;
      }
    }
    keep(current_);
  }

  /// Cost in which limits that are passed are very dear, so that an infeasible start can recover.
  [[nodiscard]] static double penalised(const Load& load) {
    std::int64_t excess = 0;
    const double cost = load.cost(excess);
    return cost + 1e9 * dbl(excess);
  }

  /// One model at a time to the choice that makes the whole cheapest, until nothing moves.
  void improve() {
    Load load(p_);
    for (std::size_t m = 0; m < current_.size(); ++m) load.add(p_.models[m][current_[m]], 1);
    double cost = penalised(load);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t m = 0; m < p_.models.size(); ++m) {
        for (std::size_t c = 0; c < p_.models[m].size(); ++c) {
          if (c == current_[m]) continue;
          load.add(p_.models[m][current_[m]], -1);
          load.add(p_.models[m][c], 1);
          const double other = penalised(load);
          if (other < cost * (1.0 - kSlack)) {
            cost = other;
            current_[m] = c;
            moved = true;
          } else {
            load.add(p_.models[m][c], -1);
            load.add(p_.models[m][current_[m]], 1);
          }
        }
      }
    }
    keep(current_);
  }

  /// Weighted needs, the order of choices within a model, and the order of models: dearest first.
  void weigh() {
    std::vector<double> least;
    for (const auto& ways : p_.models) {
      std::vector<double> costs;
      for (const PoolChoice& way : ways) costs.push_back(bound_.weighted(way));
      std::vector<std::size_t> by_cost(ways.size());
      std::iota(by_cost.begin(), by_cost.end(), 0);
      std::stable_sort(by_cost.begin(), by_cost.end(),
                       [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
      least.push_back(costs[by_cost.front()]);
      weighted_.push_back(std::move(costs));
      by_cost_.push_back(std::move(by_cost));
    }
    order_.resize(p_.models.size());
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return least[a] > least[b]; });
    rest_.assign(order_.size() + 1, -bound_.offset());
    for (std::size_t i = order_.size(); i-- > 0;) rest_[i] = rest_[i + 1] + least[order_[i]];
  }

  /// The choices that the bound's weights favour, improved: near the best for large pools.
  void follow_weights() {
    for (std::size_t m = 0; m < p_.models.size(); ++m) current_[m] = by_cost_[m].front();
    improve();
  }

  void search() {
    const auto models = static_cast<std::int64_t>(p_.models.size());
    const std::int64_t moves = std::min(effort_.most_moves, kMovesPerModel * models);
    keep(search_pool(p_, best_.feasible ? best_.choice : current_, moves));
  }

  void branch(std::size_t depth, double weighted_so_far) {
    if (++nodes_ >= effort_.most_nodes) return;
    std::int64_t excess = 0;
    const double placed = load_.cost(excess);
    if (excess > 0) return;
    const double bound = std::max(placed, weighted_so_far + rest_[depth]);
    if (best_.feasible && bound >= best_.usd_per_month * (1.0 - kSlack)) return;
    if (depth == order_.size()) {
      keep(current_);
      return;
    }
    const std::size_t m = order_[depth];
    for (const std::size_t c : by_cost_[m]) {
      load_.add(p_.models[m][c], 1);
      current_[m] = c;
      branch(depth + 1, weighted_so_far + weighted_[m][c]);
      load_.add(p_.models[m][c], -1);
    }
  }

  const PoolProblem& p_;
  PoolEffort effort_;
  Load load_;  ///< of the models placed
  Bound bound_;
  std::int64_t nodes_ = 0;
  std::vector<std::size_t> current_;
  std::vector<std::vector<double>> weighted_;      ///< model x choice
  std::vector<std::vector<std::size_t>> by_cost_;  ///< choices of a model, least weighted first
  std::vector<std::size_t> order_;
  std::vector<double> rest_;  ///< bound of the models from here on
  PoolSolution best_;
};

}  // namespace

double usd_per_month(const PoolKind& kind, std::int64_t cards) {
  const std::int64_t bought = std::max<std::int64_t>(0, cards - kind.owned);
  return kind.usd_per_month * dbl(bought) + kind.owned_usd_per_month * dbl(cards - bought);
}

PoolSolution price_pool(const PoolProblem& problem, const std::vector<std::size_t>& choice) {
  PoolSolution out;
  out.choice = choice;
  Load load(problem);
  for (std::size_t m = 0; m < choice.size(); ++m) load.add(problem.models[m][choice[m]], 1);
  out.cards = load.cards();
  std::int64_t excess = 0;
  out.usd_per_month = load.cost(excess);
  out.feasible = excess == 0;
  return out;
}

PoolSolution solve_pool(const PoolProblem& problem, const PoolEffort& effort) {
  return Solver(problem, effort).run();
}

}  // namespace gpusize
