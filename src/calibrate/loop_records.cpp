#include "gpusize/calibrate/loop_records.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "calibrate/run_key.hpp"

namespace gpusize {
namespace {

constexpr double kMilli = 1e-3;
constexpr double kLeastShare = 0.5;

bool is_loop(const RunConditions& run) {
  return run.mode == "online" && run.load == "concurrency" && run.load_value && run.output_len;
}

}  // namespace

void LoopRecords::learn(const Measurement& row) {
  const RunConditions& run = row.conditions;
  if (!is_loop(run) || !row.value) return;
  Figures& f = loops_[calibrate::run_key(run)];
  const auto keep = [&](double& into, double value) { into = std::max(into, value); };
  if ((run.metric == "ttft_ms" || run.metric == "ttft_ms_mean") && run.unit == "ms")
    keep(f.ttft_s, *row.value * kMilli);
  if ((run.metric == "tpot_ms" || run.metric == "tpot_ms_mean") && run.unit == "ms")
    keep(f.tpot_s, *row.value * kMilli);
  if (run.metric == "req_s") keep(f.requests_per_s, *row.value);
  if (run.metric == "output_tok_s_total" && *run.output_len >= 1.0)
    keep(f.requests_per_s, *row.value / *run.output_len);
}

std::optional<double> LoopRecords::clients(const RunConditions& run) const {
  if (!is_loop(run)) return {};
  const auto found = loops_.find(calibrate::run_key(run));
  if (found == loops_.end()) return {};
  const Figures& f = found->second;
  if (f.ttft_s <= 0.0 || f.tpot_s <= 0.0 || f.requests_per_s <= 0.0) return {};
  return f.requests_per_s * (f.ttft_s + f.tpot_s * std::max(0.0, *run.output_len - 1.0));
}

std::optional<std::string> LoopRecords::contradiction(const RunConditions& run) const {
  const auto told = clients(run);
  if (!told || *told >= kLeastShare * *run.load_value) return {};
  return fmt::format(
      "by Little's law the run's own rate and times are those of {:.1f} clients, stated are {:g}",
      *told, *run.load_value);
}

}  // namespace gpusize
