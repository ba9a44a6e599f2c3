#pragma once
// How many tokens causal attention sees.

#include <algorithm>
#include <cmath>

namespace gpusize {

/// Tokens that the queries at positions context + 1 ... context + queries attend to, on average:
/// context + (queries + 1) / 2, each bounded by `limit` (0: no limit).
inline double mean_attended(double context, double queries, double limit) {
  const double last = context + queries;
  if (limit <= 0.0 || last <= limit) return context + (queries + 1.0) / 2.0;
  if (context >= limit) return limit;
  const double free = limit - context;  // queries that see less than the limit
  return (free * (context + (free + 1.0) / 2.0) + (queries - free) * limit) / queries;
}

/// The same for chunked attention over whole prompts: position p sees (p - 1) mod chunk + 1 tokens.
inline double mean_attended_chunked(double context, double queries, double chunk) {
  const auto pairs = [chunk](double tokens) {
    const double whole = std::floor(tokens / chunk);
    const double rest = tokens - whole * chunk;
    return whole * chunk * (chunk + 1.0) / 2.0 + rest * (rest + 1.0) / 2.0;
  };
  return (pairs(context + queries) - pairs(context)) / queries;
}

/// Cached and new tokens of one sequence that its queries read at least once.
inline double tokens_read(double context, double queries, double limit) {
  const double all = context + queries;
  return limit > 0.0 ? std::min(all, limit + queries - 1.0) : all;
}

/// Heads on one of tp ranks; a kv head that tp exceeds is on several ranks.
inline double heads_per_rank(double heads, double tp) { return heads >= tp ? heads / tp : 1.0; }

}  // namespace gpusize
