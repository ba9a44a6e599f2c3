#pragma once
// How lists of timed expert blocks turn an expert's share into whole copies of tokens.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gpusize::calibrate {

using CopyCount = std::int64_t;
using CopyCounts = std::vector<CopyCount>;

/// Experts by their count, the largest first, equal ones in order.
std::vector<std::size_t> by_size(const CopyCounts& counts);

struct LoadShape {
  CopyCount tokens, experts, top_k, ranks;
  [[nodiscard]] CopyCount local() const { return std::max<CopyCount>(1, experts / ranks); }
};

/// Who gets the copies that rounding and the limit of one per token leave over. The collectors of
/// the lists have changed: per rank since April 2026, to the smallest experts since February, to
/// the largest (and no limit) before.
/// Source: github:ai-dynamo/aiconfigurator collector/helper.py at 095f58a5 and ced205af,
/// collector/trtllm/collect_moe.py at e46d9089, read 2026-11-28.
enum class Dealing { kPerRank, kToSmallest, kToLargest };

/// Copies of every expert, `tokens * top_k` in all. Experts of equal count are taken in the order
/// of their index, the last first where the smallest are meant. `kToLargest` may give an expert
/// more copies than there are tokens.
CopyCounts dealt(const std::vector<double>& shares, const LoadShape& shape, Dealing dealing);

/// Copies beyond one per token go where routers choose among equals: to the first experts.
void move_doubles(CopyCount* counts, const LoadShape& shape);

}  // namespace gpusize::calibrate
