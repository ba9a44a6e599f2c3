// A plan for the requests of a trace.

#include <algorithm>
#include <array>

#include "gpusize/plan/request.hpp"
#include "gpusize/serve/trace_summary.hpp"

namespace gpusize {
namespace {

/// Shares of the requests at which lengths are taken over.
constexpr std::array kShares{0.01, 0.05, 0.1, 0.2, 0.3,  0.4,  0.5,
                             0.6,  0.7,  0.8, 0.9, 0.95, 0.99, 1.0};

LengthDistribution lengths_of(const Metric& tokens) {
  std::vector<std::pair<double, double>> quantiles;
  for (const double share : kShares) {
    const double at = std::max(tokens.quantile(share), 1.0);
    if (quantiles.empty() || at >= quantiles.back().second) quantiles.emplace_back(share, at);
  }
  if (quantiles.front().second >= quantiles.back().second)
    return LengthDistribution::fixed(tokens.mean());
  return LengthDistribution::empirical(std::move(quantiles), tokens.mean());
}

}  // namespace

Diagnostics take_trace(PlanRequest& r) {
  if (r.trace.empty()) return {};
  const auto summary = summarise_trace(r.trace, r.trace_format, {});
  if (!summary.ok()) return summary.errors();
  if (summary->mean_rate <= 0.0)
    return {make_error("plan-trace", "the trace spans no time", {r.trace, 0, 0},
                       "requests at two times at least")};
  Workload w;
  w.name = "trace";
  if (summary->gap_cv > 0.0) {
    w.arrivals.kind = ArrivalKind::kGamma;
    w.arrivals.burstiness = 1.0 / (summary->gap_cv * summary->gap_cv);
  } else {
    w.arrivals.kind = ArrivalKind::kConstant;
  }
  RequestClass c;
  c.name = "trace";
  c.input = lengths_of(summary->input);
  c.output = lengths_of(summary->output);
  w.classes.push_back(std::move(c));
  r.workload = "trace";
  r.trace_rate = summary->mean_rate;
  if (r.qps <= 0.0) r.qps = summary->mean_rate;
  r.input_tokens = std::max(summary->input.mean(), 1.0);
  r.output_tokens = std::max(summary->output.mean(), 1.0);
  r.trace_workload = std::move(w);
  return {};
}

}  // namespace gpusize
