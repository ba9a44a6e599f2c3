#include "gpusize/fleet/pool_solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gpusize {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kSlack = 1e-9;  // relative, against rounding of sums
constexpr int kSteps = 2000;

using Weights = std::vector<std::vector<double>>;  ///< resource x hour; USD per slice

std::int64_t cards_for(std::int64_t slices, std::int64_t parts) {
  return (slices + parts - 1) / parts;
}

double dbl(std::int64_t value) { return static_cast<double>(value); }

class Solver {
 public:
  Solver(const PoolProblem& problem, std::int64_t most_nodes)
      : p_(problem), most_nodes_(most_nodes), load_(problem.resources.size()) {
    for (auto& hours : load_) hours.assign(p_.hours, 0);
  }

  PoolSolution run() {
    start();
    improve();
    raise_bound();
    follow_weights();
    order_models();
    branch(0, 0.0);
    if (!best_.feasible) {
      best_.optimal = nodes_ < most_nodes_;
      return best_;
    }
    best_.optimal = nodes_ < most_nodes_;
    best_.lower_bound = best_.optimal ? best_.usd_per_month : std::min(bound_, best_.usd_per_month);
    return best_;
  }

 private:
  void keep(const std::vector<std::size_t>& choice) {
    PoolSolution priced = price_pool(p_, choice);
    if (priced.feasible && (!best_.feasible || priced.usd_per_month < best_.usd_per_month))
      best_ = std::move(priced);
  }

  /// Each model's cheapest choice alone: sharing can only save on that.
  void start() {
    std::vector<std::size_t> choice(p_.models.size(), 0);
    for (std::size_t m = 0; m < p_.models.size(); ++m) {
      double least = kNever;
      for (std::size_t c = 0; c < p_.models[m].size(); ++c) {
        const PoolChoice& way = p_.models[m][c];
        const PoolResource& r = p_.resources[way.resource];
        const double cost =
            r.usd_per_month *
            dbl(cards_for(*std::max_element(way.need.begin(), way.need.end()), r.parts));
        if (cost < least) {
          least = cost;
          choice[m] = c;
        }
      }
    }
    keep(choice);
    current_ = choice;
  }

  /// One model at a time to the choice that makes the whole cheapest, until nothing moves. Limits
  /// that are passed count as very dear, so that an infeasible start can recover.
  void improve() {
    bool moved = true;
    double cost = penalised(current_);
    while (moved) {
      moved = false;
      for (std::size_t m = 0; m < p_.models.size(); ++m) {
        for (std::size_t c = 0; c < p_.models[m].size(); ++c) {
          const std::size_t before = current_[m];
          if (c == before) continue;
          current_[m] = c;
          const double other = penalised(current_);
          if (other < cost * (1.0 - kSlack)) {
            cost = other;
            moved = true;
          } else {
            current_[m] = before;
          }
        }
      }
    }
    keep(current_);
  }

  [[nodiscard]] double penalised(const std::vector<std::size_t>& choice) const {
    const PoolSolution priced = price_pool(p_, choice);
    double out = priced.usd_per_month;
    for (std::size_t r = 0; r < p_.resources.size(); ++r) {
      const PoolResource& resource = p_.resources[r];
      if (resource.most >= 0 && priced.cards[r] > resource.most)
        out += 1e9 * dbl(priced.cards[r] - resource.most);
    }
    return out;
  }

  [[nodiscard]] double weighted(const PoolChoice& way) const {
    double out = 0.0;
    for (std::size_t h = 0; h < p_.hours; ++h) out += weights_[way.resource][h] * dbl(way.need[h]);
    return out;
  }

  /// Subgradient ascent on the bound: hours above the mean of their resource's load get dearer.
  void raise_bound() {
    weights_.assign(p_.resources.size(), {});
    for (std::size_t r = 0; r < weights_.size(); ++r) {
      const double per_slice = p_.resources[r].usd_per_month / dbl(p_.resources[r].parts);
      weights_[r].assign(p_.hours, per_slice / dbl(static_cast<std::int64_t>(p_.hours)));
    }
    Weights best_weights = weights_;
    bound_ = -kNever;
    for (int step = 0; step < kSteps; ++step) {
      std::vector<std::vector<double>> load(p_.resources.size(),
                                            std::vector<double>(p_.hours, 0.0));
      const double bound = relaxed(load);
      if (bound > bound_) {
        bound_ = bound;
        best_weights = weights_;
      }
      step_weights(load, 1.0 / (1.0 + 0.02 * step));
    }
    weights_ = std::move(best_weights);
  }

  /// The choices that the bound's weights favour, improved: near the best for large pools.
  void follow_weights() {
    for (std::size_t m = 0; m < p_.models.size(); ++m) current_[m] = by_weight(m).front();
    improve();
  }

  /// The bound under the present weights, and the load that it would put on each hour.
  double relaxed(std::vector<std::vector<double>>& load) const {
    double out = 0.0;
    for (const auto& ways : p_.models) {
      const PoolChoice* least = &ways.front();
      for (const PoolChoice& way : ways) {
        if (weighted(way) < weighted(*least)) least = &way;
      }
      out += weighted(*least);
      for (std::size_t h = 0; h < p_.hours; ++h) load[least->resource][h] += dbl(least->need[h]);
    }
    return out - owned_value();
  }

  [[nodiscard]] double owned_value() const {
    double out = 0.0;
    for (const PoolResource& r : p_.resources) out += dbl(r.owned) * r.usd_per_month;
    return out;
  }

  void step_weights(const std::vector<std::vector<double>>& load, double size) {
    for (std::size_t r = 0; r < weights_.size(); ++r) {
      const double price = p_.resources[r].usd_per_month / dbl(p_.resources[r].parts);
      const double peak = *std::max_element(load[r].begin(), load[r].end());
      if (peak <= 0.0 || price <= 0.0) continue;
      double sum = 0.0;
      for (std::size_t h = 0; h < p_.hours; ++h) {
        weights_[r][h] *= std::exp(size * (load[r][h] / peak - 1.0));
        sum += weights_[r][h];
      }
      for (double& weight : weights_[r]) weight *= price / sum;
    }
  }

  void order_models() {
    order_.resize(p_.models.size());
    std::iota(order_.begin(), order_.end(), 0);
    least_.assign(p_.models.size(), kNever);
    for (std::size_t m = 0; m < p_.models.size(); ++m) {
      for (const PoolChoice& way : p_.models[m]) least_[m] = std::min(least_[m], weighted(way));
    }
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return least_[a] > least_[b]; });
    rest_.assign(order_.size() + 1, 0.0);
    for (std::size_t i = order_.size(); i-- > 0;) rest_[i] = rest_[i + 1] + least_[order_[i]];
  }

  /// Cost of the cards that the models placed so far take on their own.
  [[nodiscard]] double placed_cost(bool& within) const {
    double out = 0.0;
    within = true;
    for (std::size_t r = 0; r < load_.size(); ++r) {
      const PoolResource& resource = p_.resources[r];
      const std::int64_t cards =
          cards_for(*std::max_element(load_[r].begin(), load_[r].end()), resource.parts);
      if (resource.most >= 0 && cards > resource.most) within = false;
      out += resource.usd_per_month * dbl(std::max<std::int64_t>(0, cards - resource.owned));
    }
    return out;
  }

  void branch(std::size_t depth, double weighted_so_far) {
    if (++nodes_ >= most_nodes_) return;
    bool within = true;
    const double placed = placed_cost(within);
    if (!within) return;
    const double bound = std::max(placed, weighted_so_far + rest_[depth] - owned_value());
    if (best_.feasible && bound >= best_.usd_per_month * (1.0 - kSlack)) return;
    if (depth == order_.size()) {
      keep(current_);
      return;
    }
    const std::size_t m = order_[depth];
    for (const std::size_t c : by_weight(m)) {
      const PoolChoice& way = p_.models[m][c];
      add(way, 1);
      current_[m] = c;
      branch(depth + 1, weighted_so_far + weighted(way));
      add(way, -1);
    }
  }

  [[nodiscard]] std::vector<std::size_t> by_weight(std::size_t model) const {
    std::vector<std::size_t> out(p_.models[model].size());
    std::iota(out.begin(), out.end(), 0);
    std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
      return weighted(p_.models[model][a]) < weighted(p_.models[model][b]);
    });
    return out;
  }

  void add(const PoolChoice& way, std::int64_t sign) {
    for (std::size_t h = 0; h < p_.hours; ++h) load_[way.resource][h] += sign * way.need[h];
  }

  const PoolProblem& p_;
  std::int64_t most_nodes_;
  std::int64_t nodes_ = 0;
  std::vector<std::vector<std::int64_t>> load_;  ///< resource x hour, of the models placed
  Weights weights_;
  std::vector<std::size_t> current_;
  std::vector<std::size_t> order_;
  std::vector<double> least_;
  std::vector<double> rest_;
  double bound_ = 0.0;
  PoolSolution best_;
};

}  // namespace

PoolSolution price_pool(const PoolProblem& problem, const std::vector<std::size_t>& choice) {
  PoolSolution out;
  out.choice = choice;
  out.feasible = true;
  out.cards.assign(problem.resources.size(), 0);
  std::vector<std::vector<std::int64_t>> load(problem.resources.size(),
                                              std::vector<std::int64_t>(problem.hours, 0));
  for (std::size_t m = 0; m < choice.size(); ++m) {
    const PoolChoice& way = problem.models[m][choice[m]];
    for (std::size_t h = 0; h < problem.hours; ++h) load[way.resource][h] += way.need[h];
  }
  for (std::size_t r = 0; r < problem.resources.size(); ++r) {
    const PoolResource& resource = problem.resources[r];
    out.cards[r] = cards_for(*std::max_element(load[r].begin(), load[r].end()), resource.parts);
    if (resource.most >= 0 && out.cards[r] > resource.most) out.feasible = false;
    out.usd_per_month +=
        resource.usd_per_month * dbl(std::max<std::int64_t>(0, out.cards[r] - resource.owned));
  }
  return out;
}

PoolSolution solve_pool(const PoolProblem& problem, std::int64_t most_nodes) {
  return Solver(problem, most_nodes).run();
}

}  // namespace gpusize
