#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calibrate/resolve.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/serve/random.hpp"

namespace gpusize::calibrate {
namespace {

constexpr const char* kChatAssumed =
    "lengths vary (their means are no whole numbers): spread as in the chat workload, without its "
    "longest hundredth";
constexpr double kCut = 0.99;
constexpr int kPoints = 33;

bool whole(const std::optional<double>& tokens) {
  return !tokens || std::abs(*tokens - std::floor(*tokens + 0.5)) < 1e-9;
}

/// Generated prompts have one length; their means are broken by what tokenising them again gave.
bool varied(const RunConditions& run) {
  if (whole(run.input_len) && whole(run.output_len)) return false;
  return to_lower(run.notes).find("random") == std::string::npos;
}

/// Lognormal with the ratio of mean to median of a trace, cut where load generators leave long
/// conversations out.
LengthDistribution spread(double mean, double trace_mean, std::optional<double> trace_median) {
  if (!trace_median || *trace_median >= trace_mean) return LengthDistribution::fixed(mean);
  const auto whole_trace = LengthDistribution::lognormal(trace_mean, *trace_median);
  std::vector<std::pair<double, double>> quantiles;
  for (int i = 0; i <= kPoints; ++i) {
    const double u = kCut * (i + 0.5) / (kPoints + 0.5);
    quantiles.emplace_back(u / kCut, whole_trace.at(u));
  }
  return LengthDistribution::empirical(std::move(quantiles), mean);
}

}  // namespace

RunConditions with_lengths(const Catalog& catalog, const RunConditions& run,
                           std::vector<std::string>& assumptions) {
  if (run.input_len || run.output_len || run.input_text.empty()) return run;
  const std::string named = fmt::format("{} of {}", run.input_text, run.model);
  for (const WorkloadProfile& workload : catalog.workloads()) {
    const auto& sets = workload.data_sets;
    if (std::find(sets.begin(), sets.end(), named) == sets.end()) continue;
    RunConditions out = run;
    out.input_len = workload.input_tokens;
    out.output_len = workload.output_tokens;
    assumptions.push_back(fmt::format("lengths of the data set: load profile {}", workload.id));
    return out;
  }
  return run;
}

void resolve_lengths(const Catalog& catalog, const RunConditions& run, ResolvedRow& row) {
  row.input = LengthDistribution::fixed(run.input_len.value_or(1.0));
  row.output = LengthDistribution::fixed(run.output_len.value_or(1.0));
  if (run.mode != "online" || !varied(run)) return;
  const auto chat = catalog.find_workload("chat");
  if (!chat.ok()) return;
  const WorkloadProfile& trace = *chat->entry;
  row.input = spread(row.input.mean, trace.input_tokens, trace.input_median);
  row.output = spread(row.output.mean, trace.output_tokens, trace.output_median);
  row.assumptions.emplace_back(kChatAssumed);
}

}  // namespace gpusize::calibrate
