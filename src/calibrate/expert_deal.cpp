#include "calibrate/expert_deal.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace gpusize::calibrate {

std::vector<std::size_t> by_size(const CopyCounts& counts) {
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  return order;
}

namespace {

using Count = CopyCount;
using Counts = CopyCounts;

Count total(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), Count{0});
}

/// Cuts every count to one copy per token; how many copies that leaves over.
Count limit(Counts& counts, Count most) {
  Count over = 0;
  for (Count& count : counts) {
    over += std::max<Count>(0, count - most);
    count = std::min(count, most);
  }
  return over;
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
void lower_highest(Counts& counts, const LoadShape& s, Count amount) {
  for (Count rank = 0; amount > 0; rank = (rank + 1) % s.ranks) {
    const auto first = counts.begin() + rank * s.local();
    const auto highest = std::max_element(first, first + s.local());
    if (*highest > 0) {
      --*highest;
      --amount;
    } else if (rank == 0 && total(counts) <= 0) {
      return;
    }
  }
}

void spread(Counts& counts, const LoadShape& s, Count amount) {
  for (Count rank = 0; rank < s.ranks; ++rank) {
    const Count share = amount / s.ranks + (rank < amount % s.ranks ? 1 : 0);
    if (share > 0) raise_lowest(counts.data() + rank * s.local(), s.local(), share, s.tokens);
  }
}

void deal_per_rank(Counts& counts, const LoadShape& s) {
  const Count over = limit(counts, s.tokens);
  if (over > 0) spread(counts, s, over);
  const Count missing = s.tokens * s.top_k - total(counts);
  if (missing > 0) spread(counts, s, missing);
  if (missing < 0) lower_highest(counts, s, -missing);
}

/// Takes one copy each from the smallest experts, from the largest where they have none.
void lower_smallest(Counts& counts, Count amount) {
  const auto order = by_size(counts);
  for (std::size_t i = 0; amount > 0; i = (i + 1) % order.size(), --amount) {
    Count& count = counts[order[order.size() - 1 - i]];
    --(count > 0 ? count : *std::max_element(counts.begin(), counts.end()));
  }
}

/// Fills the smallest expert, then the next.
void fill_smallest(Counts& counts, Count amount, Count most) {
  const auto order = by_size(counts);
  for (auto at = order.rbegin(); at != order.rend() && amount > 0; ++at) {
    const Count taken = std::min(amount, most - counts[*at]);
    counts[*at] += taken;
    amount -= taken;
  }
}

/// One copy each to the smallest experts, in rounds.
void raise_smallest(Counts& counts, Count amount, Count most) {
  const auto order = by_size(counts);
  for (bool gave = true; amount > 0 && gave;) {
    gave = false;
    for (auto at = order.rbegin(); at != order.rend() && amount > 0; ++at) {
      if (counts[*at] >= most) continue;
      ++counts[*at];
      --amount;
      gave = true;
    }
  }
}

void deal_to_smallest(Counts& counts, const LoadShape& s) {
  const Count over = limit(counts, s.tokens);
  if (over > 0) fill_smallest(counts, over, s.tokens);
  const Count missing = s.tokens * s.top_k - total(counts);
  if (missing > 0) raise_smallest(counts, missing, s.tokens);
  if (missing < 0) lower_smallest(counts, -missing);
}

void deal_to_largest(Counts& counts, const LoadShape& s) {
  const Count missing = s.tokens * s.top_k - total(counts);
  if (missing < 0) lower_smallest(counts, -missing);
  const auto order = by_size(counts);
  for (Count i = 0; i < missing; ++i) ++counts[order[static_cast<std::size_t>(i) % order.size()]];
}

}  // namespace

CopyCounts dealt(const std::vector<double>& shares, const LoadShape& s, Dealing dealing) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  Counts counts;
  for (const double share : shares)
    counts.push_back(std::llround(share / sum * static_cast<double>(s.tokens * s.top_k)));
  switch (dealing) {
    case Dealing::kPerRank: deal_per_rank(counts, s); break;
    case Dealing::kToSmallest: deal_to_smallest(counts, s); break;
    case Dealing::kToLargest: deal_to_largest(counts, s); break;
  }
  return counts;
}

void move_doubles(CopyCount* counts, const LoadShape& s) {
  Count over = 0;
  for (Count e = 0; e < s.local(); ++e) {
    over += std::max<Count>(0, counts[e] - s.tokens);
    counts[e] = std::min(counts[e], s.tokens);
  }
  for (Count e = 0; e < s.local() && over > 0; ++e) {
    const Count taken = std::min(over, s.tokens - counts[e]);
    counts[e] += taken;
    over -= taken;
  }
}

}  // namespace gpusize::calibrate
