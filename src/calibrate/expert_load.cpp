#include "calibrate/expert_load.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

#include "gpusize/core/text.hpp"
#include "gpusize/serve/random.hpp"

namespace gpusize::calibrate {
namespace {

constexpr int kDraws = 8;
constexpr double kMostExperts = 4096.0;  // beyond any model's, and tokens beyond any list's,
constexpr double kMostTokens = 1e9;      // a row is a slip: even shares do for it
constexpr std::uint64_t kSeed = 1;

using Count = CopyCount;
using Counts = CopyCounts;

Count whole(double value) { return std::max<Count>(1, std::llround(value)); }

double sum_of(const Counts& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), Count{0}));
}

double met_of(const Counts& counts) {
  return static_cast<double>(
      std::count_if(counts.begin(), counts.end(), [](Count c) { return c > 0; }));
}

/// Integers below `end` whose remainder by `period` is below `first`.
Count residues(Count end, Count period, Count first) {
  return end / period * first + std::min(end % period, first);
}

/// Integers below `end` that leave `rest` when divided by `period`.
Count with_rest(Count end, Count period, Count rest) {
  return end / period + (end % period > rest ? 1 : 0);
}

ExpertLoad balanced(const LoadShape& s) {
  const Count stride = (s.experts + s.top_k - 1) / s.top_k;
  const Count local = s.local();
  Counts counts(static_cast<std::size_t>(local), 0);
  Count tokens = 0;
  if (s.tokens >= stride) {
    for (Count e = 0; e < local; ++e) {
      for (Count i = 0; i < s.top_k; ++i)
        counts[static_cast<std::size_t>(e)] +=
            with_rest(i * stride + s.tokens, s.experts, e) - with_rest(i * stride, s.experts, e);
    }
    tokens = local >= stride ? s.tokens : residues(s.tokens, stride, local);
  } else {
    // Too few tokens to go round: they are spread over the stride.
    for (Count t = 0; t < s.tokens; ++t) {
      bool reaches = false;
      for (Count i = 0; i < s.top_k; ++i) {
        const Count expert = (t * stride / s.tokens + i * stride) % s.experts;
        if (expert >= local) continue;
        ++counts[static_cast<std::size_t>(expert)];
        reaches = true;
      }
      tokens += reaches ? 1 : 0;
    }
  }
  return {sum_of(counts), met_of(counts), static_cast<double>(tokens), {std::move(counts)}};
}

/// Tokens of every expert, drawn once.
Counts drawn(const LoadShape& s, double exponent, Dealing dealing, Random& random) {
  const bool many = s.tokens * s.top_k > s.experts;
  const double low = std::pow(many ? 1.0 : 0.01, 1.0 - exponent);
  const double high = std::pow(many ? 0.8 * static_cast<double>(s.tokens) : 2.0, 1.0 - exponent);
  std::vector<double> shares(static_cast<std::size_t>(s.local() * s.ranks));
  for (double& share : shares)
    share = std::pow((high - low) * random.uniform() + low, 1.0 / (1.0 - exponent));
  return dealt(shares, s, dealing);
}

/// Tokens that choose one of the experts from `first` on: choices are filled expert by expert, the
/// fullest first, through all tokens and then again from the first token.
Count reached(const Counts& counts, Count first, const LoadShape& s) {
  std::vector<std::pair<Count, Count>> pieces;
  Count at = 0;
  for (const std::size_t expert : by_size(counts)) {
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
    covered += std::max<Count>(0, std::min(to, s.tokens) - std::max(from, end));
    end = std::max(end, std::min(to, s.tokens));
  }
  return covered;
}

/// Where the experts of the rank with the most copies begin.
Count fullest_rank(const Counts& counts, const LoadShape& s) {
  Count most = -1;
  Count first = 0;
  for (Count at = 0; at < s.local() * s.ranks; at += s.local()) {
    const auto begin = counts.begin() + at;
    const Count rows = std::accumulate(begin, begin + s.local(), Count{0});
    if (rows > most) std::tie(most, first) = std::pair{rows, at};
  }
  return first;
}

ExpertLoad power_law(const LoadShape& s, double exponent, Dealing dealing) {
  // Where the closed form has a pole, the exponent beside it says the same.
  constexpr double kSteepest = 16.0;
  const double bounded = std::clamp(exponent, 0.0, kSteepest);
  const double a = std::abs(bounded - 1.0) < 1e-6 ? 1.0 + 1e-6 : bounded;
  Random random(kSeed);
  ExpertLoad mean;
  for (int draw = 0; draw < kDraws; ++draw) {
    Counts counts = drawn(s, a, dealing, random);
    const Count first = fullest_rank(counts, s);
    move_doubles(counts.data() + first, s);
    const auto begin = counts.begin() + first;
    mean.tokens += static_cast<double>(s.ranks > 1 ? reached(counts, first, s) : s.tokens) / kDraws;
    mean.draws.emplace_back(begin, begin + s.local());
    mean.rows += sum_of(mean.draws.back()) / kDraws;
    mean.groups += met_of(mean.draws.back()) / kDraws;
  }
  return mean;
}

/// Even shares in real numbers.
ExpertLoad even(const KernelRow& row) {
  const double ranks = std::max(1.0, row.ep);
  const double rows = std::max(1.0, row.tokens * std::max(1.0, row.topk) / ranks);
  return {rows, std::max(1.0, std::min(rows, row.experts / ranks)), std::max(1.0, row.tokens), {}};
}

}  // namespace

double ExpertLoad::padded(double tile_rows, double on_first) const {
  const auto tiled = [&](double copies) { return std::ceil(copies / tile_rows) * tile_rows; };
  if (draws.empty()) return groups * tiled((rows + on_first) / groups);
  double sum = 0.0;
  for (const Counts& counts : draws) {
    double extra = on_first;
    for (const Count count : counts) {
      sum += tiled(static_cast<double>(count) + extra);
      extra = 0.0;
    }
  }
  return std::max(tile_rows, sum / static_cast<double>(draws.size()));
}

ExpertLoad expert_load(const KernelRow& row, Dealing dealing) {
  constexpr std::string_view kPowerLaw = "power_law_";
  if (std::max(row.experts, row.topk) > kMostExperts || row.tokens > kMostTokens) return even(row);
  LoadShape s{whole(row.tokens), whole(row.experts), whole(row.topk), whole(row.ep)};
  s.top_k = std::min(s.top_k, s.experts);
  s.ranks = std::min(s.ranks, s.experts);
  ExpertLoad load =
      row.distribution.starts_with(kPowerLaw)
          ? power_law(s, parse_number(row.distribution.substr(kPowerLaw.size())).value_or(0.0),
                      dealing)
          : balanced(s);
  // A rank that gets nothing is not timed: lists round up to one copy.
  load.rows = std::max(1.0, load.rows);
  load.groups = std::max(1.0, load.groups);
  load.tokens = std::max(1.0, load.tokens);
  return load;
}

}  // namespace gpusize::calibrate
