#pragma once
// Every fact that a card may state: one table for the reader, the listings and the lint.

#include <cstdint>
#include <span>
#include <string_view>

namespace gpusize {

enum class FactGroup : std::uint8_t { kMemory, kCompute, kPower, kLinks, kSoftware, kLifeCycle };
std::string_view name_of(FactGroup group);

struct GpuFactKind {
  std::string_view key;    ///< in data files; the unit is in it
  std::string_view label;  ///< for people
  std::string_view unit;   ///< empty: text, a flag or a count
  FactGroup group;
};

/// In the order in which a card is shown.
std::span<const GpuFactKind> gpu_fact_kinds();
/// What a figure in this unit can be; outside it the unit was mistaken (bytes for GB, kW for W).
struct PlausibleRange {
  double low = 0.0;
  double high = 1e18;
};
PlausibleRange plausible_range(std::string_view unit);

/// The row of a key, or null.
const GpuFactKind* gpu_fact_kind(std::string_view key);

}  // namespace gpusize
