#include "gpusize/calibrate/memory_logs.hpp"

#include <array>
#include <cmath>
#include <string_view>

#include "calibrate/run_key.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kPrefix = "memory_gib_";
constexpr std::array<std::string_view, 4> kParts{"memory_gib_weights", "memory_gib_activation",
                                                 "memory_gib_non_torch", "memory_gib_kv_cache"};
constexpr double kStep = 0.01;         // of the option, as people write it
constexpr double kTolerance = 0.0015;  // logs round parts to hundredths of a GiB

}  // namespace

bool MemoryLogs::is_part(const RunConditions& run) { return run.metric.starts_with(kPrefix); }

void MemoryLogs::learn(const Measurement& row) {
  const RunConditions& run = row.conditions;
  if (!is_part(run) || run.unit != "GiB" || !row.value) return;
  Log& log = logs_[calibrate::run_key(run)];
  log.doubled |= !log.gib.emplace(run.metric, *row.value).second;
}

std::optional<double> MemoryLogs::fraction(const RunConditions& run, Bytes memory) const {
  if (!is_part(run)) return {};
  const auto log = logs_.find(calibrate::run_key(run));
  if (log == logs_.end() || log->second.doubled) return {};
  double gib = 0.0;
  for (const std::string_view part : kParts) {
    const auto value = log->second.gib.find(part);
    if (value == log->second.gib.end()) return {};
    gib += value->second;
  }
  const double share = gib / memory.in(units::GiB);
  const double rounded = std::round(share / kStep) * kStep;
  if (std::fabs(share - rounded) > kTolerance || rounded <= 0.0 || rounded > 1.0) return {};
  return rounded;
}

}  // namespace gpusize
