#include <algorithm>

#include <fmt/format.h>

#include "calibrate/resolve.hpp"
#include "calibrate/run_point.hpp"
#include "gpusize/layout/enumerate.hpp"

namespace gpusize::calibrate {
namespace {

/// GPUs of one host, over which a copy is split.
constexpr std::int64_t kMostOfCopy = 8;

}  // namespace

bool leaves_copies_open(const RunConditions& run) {
  return run.gpus && *run.gpus > 1 && !run.tp && !run.pp && !run.ep && !run.dp && !run.moe_ep &&
         run.mode == "offline" && run.load == "saturated";
}

std::optional<Refusal> resolve_copies(const RunConditions& run, ResolvedRow& row) {
  const std::int64_t gpus = *run.gpus;
  double fastest = 0.0;
  std::int64_t best = 0;
  Refusal why{"layout not stated", fmt::format("layout not stated: {} GPUs and no tp", gpus)};
  for (std::int64_t tp = 1; tp <= std::min(gpus, kMostOfCopy); tp *= 2) {
    row.deployment.layout = {tp, 1, 1, 1};
    if (gpus % tp != 0 || !check_layout(*row.model, row.deployment.layout).feasible()) continue;
    const auto point = run_point(run, row);
    if (const auto* refusal = std::get_if<Refusal>(&point)) {
      why = *refusal;
      continue;
    }
    const double rate = std::get<RunPoint>(point).requests_per_s.value_or(0.0);
    if (rate <= fastest * static_cast<double>(tp)) continue;
    fastest = rate / static_cast<double>(tp);
    best = tp;
  }
  if (best == 0) return why;
  row.deployment.layout = {best, 1, 1, 1};
  row.copies = gpus / best;
  row.gpus = best;
  row.assumptions.push_back(
      fmt::format("layout not stated: the fastest of equal copies, tp {}", best));
  return {};
}

}  // namespace gpusize::calibrate
