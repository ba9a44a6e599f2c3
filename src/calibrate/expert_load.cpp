#include "calibrate/expert_load.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "gpusize/core/text.hpp"
#include "gpusize/serve/random.hpp"

namespace gpusize::calibrate {
namespace {

constexpr int kDraws = 8;
constexpr double kMostExperts = 4096.0;  // beyond any model's, and tokens beyond any list's,
constexpr double kMostTokens = 1e9;      // a row is a slip: even shares do for it
constexpr std::uint64_t kSeed = 1;

using Count = std::int64_t;
using Counts = std::vector<Count>;

struct Shape {
  Count tokens, experts, top_k, ranks;
  [[nodiscard]] Count local() const { return std::max<Count>(1, experts / ranks); }
};

Count whole(double value) { return std::max<Count>(1, std::llround(value)); }

/// Integers below `end` whose remainder by `period` is below `first`.
Count residues(Count end, Count period, Count first) {
  return end / period * first + std::min(end % period, first);
}

ExpertLoad balanced(const Shape& s) {
  const Count stride = (s.experts + s.top_k - 1) / s.top_k;
  const Count local = s.local();
  Count rows = 0;
  Count tokens = 0;
  if (s.tokens >= stride) {
    for (Count i = 0; i < s.top_k; ++i)
      rows += residues(i * stride + s.tokens, s.experts, local) -
              residues(i * stride, s.experts, local);
    tokens = local >= stride ? s.tokens : residues(s.tokens, stride, local);
    return {static_cast<double>(rows), static_cast<double>(std::min(local, rows)),
            static_cast<double>(tokens)};
  }
  // Too few tokens to go round: they are spread over the stride.
  std::vector<bool> met(static_cast<std::size_t>(s.experts));
  for (Count t = 0; t < s.tokens; ++t) {
    const Count before = rows;
    for (Count i = 0; i < s.top_k; ++i) {
      const Count expert = (t * stride / s.tokens + i * stride) % s.experts;
      if (expert >= local) continue;
      ++rows;
      met[static_cast<std::size_t>(expert)] = true;
    }
    tokens += rows > before ? 1 : 0;
  }
  const auto groups = std::count(met.begin(), met.end(), true);
  return {static_cast<double>(rows), static_cast<double>(groups), static_cast<double>(tokens)};
}

/// Raises the lowest counts of one rank, `amount` in all, none beyond `most`.
void raise_lowest(Count* counts, Count local, Count amount, Count most) {
  Counts sorted(counts, counts + local);
  std::sort(sorted.begin(), sorted.end());
  Count below = 0;
  Count level = most;
  Count rest = 0;
  for (Count k = 1; k <= local; ++k) {
    below += sorted[static_cast<std::size_t>(k - 1)];
    level = (amount + below) / k;
    rest = (amount + below) % k;
    if (k == local || level < sorted[static_cast<std::size_t>(k)]) break;
  }
  for (Count e = 0; e < local; ++e) {
    if (counts[e] > level) continue;
    counts[e] = std::min(most, level + (rest > 0 ? 1 : 0));
    --rest;
  }
}

/// Takes from the highest counts of each rank in turn.
void lower_highest(Counts& counts, const Shape& s, Count amount) {
  for (Count rank = 0; amount > 0; rank = (rank + 1) % s.ranks) {
    const auto first = counts.begin() + rank * s.local();
    const auto highest = std::max_element(first, first + s.local());
    if (*highest > 0) {
      --*highest;
      --amount;
    } else if (rank == 0 && std::accumulate(counts.begin(), counts.end(), Count{0}) <= 0) {
      return;
    }
  }
}

void spread(Counts& counts, const Shape& s, Count amount) {
  for (Count rank = 0; rank < s.ranks; ++rank) {
    const Count share = amount / s.ranks + (rank < amount % s.ranks ? 1 : 0);
    if (share > 0) raise_lowest(counts.data() + rank * s.local(), s.local(), share, s.tokens);
  }
}

/// Tokens of every expert, drawn once.
Counts drawn(const Shape& s, double exponent, Random& random) {
  const Count copies = s.tokens * s.top_k;
  const bool many = copies > s.experts;
  const double low = std::pow(many ? 1.0 : 0.01, 1.0 - exponent);
  const double high = std::pow(many ? 0.8 * static_cast<double>(s.tokens) : 2.0, 1.0 - exponent);
  std::vector<double> shares(static_cast<std::size_t>(s.local() * s.ranks));
  for (double& share : shares)
    share = std::pow((high - low) * random.uniform() + low, 1.0 / (1.0 - exponent));
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  Counts counts;
  Count over = 0;
  for (const double share : shares) {
    const Count count = std::llround(share / sum * static_cast<double>(copies));
    over += std::max<Count>(0, count - s.tokens);
    counts.push_back(std::min(count, s.tokens));
  }
  if (over > 0) spread(counts, s, over);
  const Count missing = copies - std::accumulate(counts.begin(), counts.end(), Count{0});
  if (missing > 0) spread(counts, s, missing);
  if (missing < 0) lower_highest(counts, s, -missing);
  return counts;
}

/// Tokens that choose one of the experts from `first` on: choices are filled expert by expert, the
/// fullest first, through all tokens and then again from the first token.
Count reached(const Counts& counts, Count first, const Shape& s) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  std::vector<std::pair<Count, Count>> pieces;
  Count at = 0;
  for (const std::size_t expert : order) {
    const Count count = counts[expert];
    const auto index = static_cast<Count>(expert);
    if (index >= first && index < first + s.local() && count > 0) {
      const Count begin = at % s.tokens;
      pieces.emplace_back(begin, std::min(begin + count, s.tokens));
      if (begin + count > s.tokens) pieces.emplace_back(0, begin + count - s.tokens);
    }
    at += count;
  }
  std::sort(pieces.begin(), pieces.end());
  Count covered = 0;
  Count end = 0;
  for (const auto& [from, to] : pieces) {
    covered += std::max<Count>(0, to - std::max(from, end));
    end = std::max(end, to);
  }
  return covered;
}

ExpertLoad power_law(const Shape& s, double exponent) {
  // Where the closed form has a pole, the exponent beside it says the same.
  constexpr double kSteepest = 16.0;
  const double bounded = std::clamp(exponent, 0.0, kSteepest);
  const double a = std::abs(bounded - 1.0) < 1e-6 ? 1.0 + 1e-6 : bounded;
  Random random(kSeed);
  ExpertLoad mean;
  for (int draw = 0; draw < kDraws; ++draw) {
    const Counts counts = drawn(s, a, random);
    Count fullest = -1;
    Count first = 0;
    for (Count at = 0; at < s.local() * s.ranks; at += s.local()) {
      const auto begin = counts.begin() + at;
      const Count rows = std::accumulate(begin, begin + s.local(), Count{0});
      if (rows > fullest) std::tie(fullest, first) = std::pair{rows, at};
    }
    const auto begin = counts.begin() + first;
    mean.rows += static_cast<double>(fullest) / kDraws;
    mean.groups += static_cast<double>(
                       std::count_if(begin, begin + s.local(), [](Count c) { return c > 0; })) /
                   kDraws;
    mean.tokens += static_cast<double>(s.ranks > 1 ? reached(counts, first, s) : s.tokens) / kDraws;
  }
  return mean;
}

/// Even shares in real numbers.
ExpertLoad even(const KernelRow& row) {
  const double ranks = std::max(1.0, row.ep);
  const double rows = std::max(1.0, row.tokens * std::max(1.0, row.topk) / ranks);
  return {rows, std::max(1.0, std::min(rows, row.experts / ranks)), std::max(1.0, row.tokens)};
}

}  // namespace

ExpertLoad expert_load(const KernelRow& row) {
  constexpr std::string_view kPowerLaw = "power_law_";
  if (std::max(row.experts, row.topk) > kMostExperts || row.tokens > kMostTokens) return even(row);
  Shape s{whole(row.tokens), whole(row.experts), whole(row.topk), whole(row.ep)};
  s.top_k = std::min(s.top_k, s.experts);
  s.ranks = std::min(s.ranks, s.experts);
  ExpertLoad load =
      row.distribution.starts_with(kPowerLaw)
          ? power_law(s, parse_number(row.distribution.substr(kPowerLaw.size())).value_or(0.0))
          : balanced(s);
  // A rank that gets nothing is not timed: lists round up to one copy.
  load.rows = std::max(1.0, load.rows);
  load.groups = std::max(1.0, load.groups);
  load.tokens = std::max(1.0, load.tokens);
  return load;
}

}  // namespace gpusize::calibrate
