#include "fleet/pool_search.hpp"

#include <algorithm>
#include <random>

namespace gpusize {
namespace {

constexpr double kExcess = 1e9;   // USD per card above a limit: dear, so that a start can recover
constexpr double kHottest = 1.0;  // threshold of the first move, in cards of the mean price
constexpr double kCoolest = 0.002;

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// One assignment with its load; a move touches the hours of two cuts.
class State {
 public:
  State(const PoolProblem& problem, std::vector<std::size_t> choice)
      : p_(problem),
        choice_(std::move(choice)),
        hours_(problem.cuts.size(), std::vector<std::int64_t>(problem.hours, 0)),
        peak_(problem.cuts.size(), 0) {
    for (std::size_t m = 0; m < choice_.size(); ++m) add(p_.models[m][choice_[m]], 1);
    for (std::size_t c = 0; c < peak_.size(); ++c) find_peak(c);
  }

  [[nodiscard]] const std::vector<std::size_t>& choice() const { return choice_; }

  void move(std::size_t model, std::size_t way) {
    const PoolChoice& from = p_.models[model][choice_[model]];
    const PoolChoice& to = p_.models[model][way];
    add(from, -1);
    add(to, 1);
    choice_[model] = way;
    find_peak(from.cut);
    if (to.cut != from.cut) find_peak(to.cut);
  }

  /// Cards in whole, as they are paid.
  [[nodiscard]] double cost() const {
    return total([&](std::size_t c) {
      const std::int64_t parts = p_.cuts[c].parts;
      return dbl((peak_[c] + parts - 1) / parts);
    });
  }

  /// Cards in fractions: tells apart what whole cards do not yet.
  [[nodiscard]] double smooth_cost() const {
    return total([&](std::size_t c) { return dbl(peak_[c]) / dbl(p_.cuts[c].parts); });
  }

 private:
  void add(const PoolChoice& way, std::int64_t sign) {
    auto& hours = hours_[way.cut];
    for (std::size_t h = 0; h < p_.hours; ++h) hours[h] += sign * way.need[h];
  }

  void find_peak(std::size_t cut) {
    peak_[cut] = *std::max_element(hours_[cut].begin(), hours_[cut].end());
  }

  template <typename CardsOfCut>
  [[nodiscard]] double total(CardsOfCut cards_of) const {
    double out = 0.0;
    for (std::size_t k = 0; k < p_.kinds.size(); ++k) {
      const PoolKind& kind = p_.kinds[k];
      double cards = 0.0;
      for (std::size_t c = 0; c < p_.cuts.size(); ++c) {
        if (p_.cuts[c].kind != k) continue;
        cards += cards_of(c);
        out += p_.cuts[c].usd_per_month * cards_of(c);
      }
      if (cards > 0.0) cards += dbl(kind.spare);
      const double kept = std::min(cards, dbl(kind.owned));
      out += kind.usd_per_month * (cards - kept) + kind.owned_usd_per_month * kept;
      if (kind.most >= 0) out += kExcess * std::max(0.0, cards - dbl(kind.most));
    }
    return out;
  }

  const PoolProblem& p_;
  std::vector<std::size_t> choice_;
  std::vector<std::vector<std::int64_t>> hours_;  ///< per cut
  std::vector<std::int64_t> peak_;                ///< per cut
};

double mean_price(const PoolProblem& p) {
  double sum = 0.0;
  for (const PoolKind& kind : p.kinds) sum += kind.usd_per_month;
  return sum / dbl(static_cast<std::int64_t>(p.kinds.size()));
}

}  // namespace

std::vector<std::size_t> search_pool(const PoolProblem& problem, std::vector<std::size_t> start,
                                     std::int64_t moves) {
  State state(problem, std::move(start));
  std::vector<std::size_t> best = state.choice();
  double best_cost = state.cost();
  double energy = state.smooth_cost();
  const double hottest = kHottest * mean_price(problem);
  const double coolest = kCoolest * mean_price(problem);
  std::mt19937_64 random(1);
  for (std::int64_t i = 0; i < moves; ++i) {
    const double left = 1.0 - dbl(i) / dbl(moves);
    const double threshold = hottest * left * left * left + coolest * left;
    const std::size_t model = random() % problem.models.size();
    const std::size_t ways = problem.models[model].size();
    const std::size_t old = state.choice()[model];
    const std::size_t way = random() % ways;
    if (way == old) continue;
    state.move(model, way);
    const double moved = state.smooth_cost();
    if (moved > energy + threshold) {
      state.move(model, old);
      continue;
    }
    energy = moved;
    if (const double cost = state.cost(); cost < best_cost) {
      best_cost = cost;
      best = state.choice();
    }
  }
  return best;
}

}  // namespace gpusize
