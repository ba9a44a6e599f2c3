#include "fleet/pool_answer.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace gpusize {
namespace {

/// For the many small questions of what still fits.
constexpr PoolEffort kQuick{20'000, 200, 20'000};
constexpr int kRetries = 4;
constexpr double kSame = 1e-9;

class Answerer {
 public:
  Answerer(const PoolSpec& pool, const PoolWorld& world)
      : pool_(pool),
        world_(world),
        offer_{world.problem.kinds, world.problem.cuts, {}, world.problem.hours} {
    for (std::size_t m = 0; m < world.models.size(); ++m) {
      if (!world.models[m].ways.empty()) {
        with_ways_.push_back(m);
        problem_of_.push_back(with_ways_.size() - 1);
      } else {
        homeless_.push_back(m);
        problem_of_.push_back(0);
      }
    }
  }

  PoolAnswer run() {
    PoolAnswer out;
    if (auto found = attempt(offer_, with_ways_, {})) {
      out = std::move(*found);
    } else {
      out = by_priority();
      add_missing(out);
    }
    out.left.insert(out.left.end(), homeless_.begin(), homeless_.end());
    std::sort(out.left.begin(), out.left.end());
    out.feasible = out.left.empty();
    return out;
  }

 private:
  /// What is on offer (kinds and cuts), asked by some models.
  [[nodiscard]] PoolProblem part(const PoolProblem& offer,
                                 const std::vector<std::size_t>& models) const {
    PoolProblem out = offer;
    for (const std::size_t m : models) out.models.push_back(world_.problem.models[problem_of_[m]]);
    return out;
  }

  /// The best assignment of some models, on their nodes; nothing when the limits do not hold them.
  /// Where nodes take more cards than the assignment counted, its limits are tightened and it is
  /// asked again.
  [[nodiscard]] std::optional<PoolAnswer> attempt(const PoolProblem& offer,
                                                  const std::vector<std::size_t>& models,
                                                  const PoolEffort& effort) const {
    const std::vector<PoolKind>& kinds = offer.kinds;
    PoolProblem problem = part(offer, models);
    std::optional<double> bound;
    for (int round = 0; round < kRetries; ++round) {
      const PoolSolution solution = solve_pool(problem, effort);
      if (!solution.feasible) return {};
      if (!bound) bound = solution.lower_bound;
      PoolAnswer out = settle(offer, models, solution, 3 * effort.most_moves);
      out.lower_bound = std::min(*bound, out.usd_per_month);
      out.optimal = out.usd_per_month <= *bound * (1.0 + kSame) + kSame;
      bool within = true;
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        if (kinds[k].most < 0 || out.cards[k] <= kinds[k].most) continue;
        within = false;
        problem.kinds[k].most =
            std::max<std::int64_t>(0, problem.kinds[k].most - (out.cards[k] - kinds[k].most));
      }
      if (within) return out;
    }
    return {};
  }

  [[nodiscard]] PoolAnswer settle(const PoolProblem& offer, const std::vector<std::size_t>& models,
                                  const PoolSolution& solution, std::int64_t most_moves) const {
    PoolAnswer out;
    out.placed = models;
    out.way = solution.choice;
    out.placing =
        place_pool(offer, world_.node_gpus, replicas_of(models, solution.choice), most_moves);
    out.cards = out.placing.cards;
    for (std::size_t k = 0; k < offer.kinds.size(); ++k) {
      if (out.cards[k] > 0) out.cards[k] += offer.kinds[k].spare;
      out.usd_per_month += usd_per_month(offer.kinds[k], out.cards[k]);
    }
    for (std::size_t c = 0; c < offer.cuts.size(); ++c) {
      out.usd_per_month +=
          offer.cuts[c].usd_per_month * static_cast<double>(out.placing.cut_cards[c]);
    }
    return out;
  }

  [[nodiscard]] std::vector<PoolReplicas> replicas_of(
      const std::vector<std::size_t>& models, const std::vector<std::size_t>& choice) const {
    std::vector<PoolReplicas> out;
    for (std::size_t i = 0; i < models.size(); ++i) {
      const PoolWays& ways = world_.models[models[i]];
      const PoolWay& way = ways.ways[choice[i]];
      out.push_back({way.cut, ways.plan.options[way.option].replica.layout.gpus(), way.running,
                     pool_.models[models[i]].spread, apart_from(models, i)});
    }
    return out;
  }

  [[nodiscard]] std::vector<std::size_t> apart_from(const std::vector<std::size_t>& models,
                                                    std::size_t i) const {
    std::vector<std::size_t> out;
    const auto in = [](const std::vector<std::string>& group, const std::string& name) {
      return std::find(group.begin(), group.end(), name) != group.end();
    };
    for (const auto& group : pool_.apart) {
      if (!in(group, pool_.models[models[i]].name)) continue;
      for (std::size_t other = 0; other < models.size(); ++other) {
        if (other != i && in(group, pool_.models[models[other]].name)) out.push_back(other);
      }
    }
    return out;
  }

  /// One model after the other, the most important first, as far as they fit.
  [[nodiscard]] PoolAnswer by_priority() const {
    std::vector<std::size_t> order = with_ways_;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return pool_.models[a].priority > pool_.models[b].priority;
    });
    std::vector<std::size_t> chosen;
    std::vector<std::size_t> left;
    for (const std::size_t m : order) {
      std::vector<std::size_t> trial = chosen;
      trial.insert(std::upper_bound(trial.begin(), trial.end(), m), m);
      if (attempt(offer_, trial, kQuick)) {
        chosen = std::move(trial);
      } else {
        left.push_back(m);
      }
    }
    auto best = attempt(offer_, chosen, {});
    if (!best) best = attempt(offer_, chosen, kQuick);
    best->left = std::move(left);
    return std::move(*best);
  }

  /// The fewest cards above the limits that hold every model: cards within them cost nothing.
  void add_missing(PoolAnswer& out) const {
    double dearest = 1.0;
    for (const PoolKind& kind : world_.problem.kinds)
      dearest = std::max(dearest, kind.usd_per_month);
    PoolProblem counted = offer_;
    for (PoolCut& cut : counted.cuts) cut.usd_per_month = 0.0;
    for (PoolKind& kind : counted.kinds) {
      const double tie = 1e-4 * kind.usd_per_month / dearest;  // of equal counts the cheaper
      kind = {kind.most < 0 ? 1e-6 : 1.0 + tie, std::max<std::int64_t>(0, kind.most), -1, 0.0,
              kind.spare};
    }
    const auto found = attempt(counted, with_ways_, {});
    if (!found) return;
    for (std::size_t k = 0; k < counted.kinds.size(); ++k) {
      const std::int64_t most = world_.problem.kinds[k].most;
      out.addition.push_back(most < 0 ? 0 : std::max<std::int64_t>(0, found->cards[k] - most));
    }
    out.addition_proven = found->optimal;
  }

  const PoolSpec& pool_;
  const PoolWorld& world_;
  PoolProblem offer_;  ///< kinds and cuts, no models
  std::vector<std::size_t> with_ways_;
  std::vector<std::size_t> homeless_;
  std::vector<std::size_t> problem_of_;  ///< place among the problem's models
};

}  // namespace

PoolAnswer answer_pool(const PoolSpec& pool, const PoolWorld& world) {
  return Answerer(pool, world).run();
}

}  // namespace gpusize
