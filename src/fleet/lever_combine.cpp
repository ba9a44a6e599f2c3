#include "fleet/lever_combine.hpp"

#include <algorithm>
#include <tuple>

namespace gpusize {
namespace {

/// What does not fit or misses a target ranks behind everything that works.
std::tuple<bool, bool, double> rank(const LeverPoint& p, const LeverEstimator& estimator) {
  return {!p.fits, !estimator.meets_targets(p), estimator.objective(p)};
}

class Combiner {
 public:
  Combiner(const LeverPoint& base, const std::vector<std::size_t>& allowed,
           const LeverContext& context)
      : allowed_(allowed), context_(context), best_{{}, base} {}

  LeverCombination run() {
    const LeverCombination start = best_;
    for (const std::size_t first : allowed_) {
      const auto one = extended(start, first);
      if (!one) continue;
      keep(*one);
      for (const std::size_t second : allowed_) {
        // Some changes lead further in one order: both are tried.
        if (const auto two = extended(*one, second)) keep(*two);
      }
    }
    while (extend_best()) {
    }
    return best_;
  }

 private:
  [[nodiscard]] std::optional<LeverCombination> extended(const LeverCombination& from,
                                                         std::size_t lever) const {
    const Lever& next = levers()[lever];
    for (const std::size_t taken : from.levers) {
      if (levers()[taken].group == next.group) return {};
    }
    LeverChange change = next.apply(next, from.point.spec, context_);
    if (change.kind != LeverChange::Kind::kChanged) return {};
    auto point = context_.estimator.estimate(change.spec);
    if (!point.ok()) return {};
    LeverCombination out{from.levers, std::move(point).value()};
    out.levers.push_back(lever);
    return out;
  }

  bool keep(const LeverCombination& candidate) {
    if (rank(candidate.point, context_.estimator) >= rank(best_.point, context_.estimator))
      return false;
    best_ = candidate;
    return true;
  }

  bool extend_best() {
    const LeverCombination from = best_;
    bool better = false;
    for (const std::size_t lever : allowed_) {
      if (const auto next = extended(from, lever)) better = keep(*next) || better;
    }
    return better;
  }

  const std::vector<std::size_t>& allowed_;
  const LeverContext& context_;
  LeverCombination best_;
};

}  // namespace

LeverCombination combine_levers(const LeverPoint& base, const std::vector<std::size_t>& allowed,
                                const LeverContext& context) {
  return Combiner(base, allowed, context).run();
}

}  // namespace gpusize
