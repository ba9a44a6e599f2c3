#include "plan/percentiles.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/core/parallel.hpp"
#include "gpusize/serve/deploy.hpp"
#include "gpusize/serve/generator.hpp"
#include "gpusize/serve/simulator.hpp"
#include "gpusize/serve/trace_source.hpp"
#include "plan/search_space.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kVerified = 3;  // options that --verify simulates
constexpr std::uint64_t kVerifyRequests = 20'000;
constexpr std::int64_t kMostReplicas = 64;  // times those of the mean targets
constexpr double kBurstyScv = 1.5;          // squared variation of the gaps

struct TargetRow {
  const char* key;
  const char* option;
  std::optional<double> PercentileTargets::*limit_ms;
  Summary ClosedForm::*latency;
  double Summary::*percentile;
};
constexpr std::array<TargetRow, 6> kTargets{{
    {"ttft_p95_ms", "--ttft-p95-ms", &PercentileTargets::ttft_p95_ms, &ClosedForm::ttft_s,
     &Summary::p95},
    {"ttft_p99_ms", "--ttft-p99-ms", &PercentileTargets::ttft_p99_ms, &ClosedForm::ttft_s,
     &Summary::p99},
    {"tpot_p95_ms", "--tpot-p95-ms", &PercentileTargets::tpot_p95_ms, &ClosedForm::tpot_s,
     &Summary::p95},
    {"tpot_p99_ms", "--tpot-p99-ms", &PercentileTargets::tpot_p99_ms, &ClosedForm::tpot_s,
     &Summary::p99},
    {"e2e_p95_ms", "--e2e-p95-ms", &PercentileTargets::e2e_p95_ms, &ClosedForm::e2e_s,
     &Summary::p95},
    {"e2e_p99_ms", "--e2e-p99-ms", &PercentileTargets::e2e_p99_ms, &ClosedForm::e2e_s,
     &Summary::p99},
}};

ServiceTargets request_targets(const PlanRequest& r) {
  const auto seconds = [](const std::optional<Seconds>& t) {
    return t ? std::optional(t->in(units::s)) : std::nullopt;
  };
  return {seconds(r.targets.ttft), seconds(r.targets.tpot), seconds(r.targets.e2e)};
}

bool met(const ClosedForm& f, const PercentileTargets& targets) {
  for (const TargetRow& row : kTargets) {
    const auto& limit = targets.*row.limit_ms;
    if (limit && 1000.0 * (f.*row.latency).*row.percentile > *limit) return false;
  }
  return !targets.goodput || f.good_share >= *targets.goodput;
}

/// Nothing when the replicas' event loops cannot pass the requests.
std::optional<ClosedFormInput> form_input(const PlanOption& option, const EngineLimits& limits,
                                          std::int64_t replicas, const Workload& workload) {
  const Deployment& d = option.replica;
  const double rate = workload.arrivals.rate / static_cast<double>(replicas);
  const auto delay = server_delay_s(*d.engine, workload.mean_input(), rate);
  if (!delay) return {};
  ClosedFormInput input;
  input.limits = limits;
  input.schedulers = replicas * d.layout.dp * d.layout.pp;
  input.ranks = d.layout.dp;
  input.prefill_first = d.engine->prefill_first;
  input.overhead_s = *delay;
  return input;
}

bool queues(const Deployment& d) {
  return d.engine->continuous_batching && !d.engine->bare_kernels;
}

std::optional<EngineLimits> limits_of(const Deployment& d, const Workload& workload) {
  if (!queues(d)) return {};
  return engine_limits(d, workload.mean_input() + workload.mean_output());
}

ServingResult run_option(const PlanOption& option, const PlanRequest& request,
                         const Workload& workload, const EngineLimits& limits) {
  const Deployment& d = option.replica;
  EstimatedStepTimes times(d);
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.limits = limits;
  c.pool.policy = &policy_for(*d.engine);
  c.pool.lanes = option.replicas * d.layout.pp;
  c.pool.ranks = d.layout.dp;
  c.pool.lanes_per_replica = d.layout.pp;
  set_server(c, *d.engine);
  c.requests = kVerifyRequests;
  c.classes = workload.classes;
  for (RequestClass& one : c.classes) one.targets = request_targets(request);
  if (!request.trace.empty()) {
    TraceOptions t;
    t.path = request.trace;
    t.format = request.trace_format;
    t.scale = request.qps / request.trace_rate;
    t.requests = c.requests;
    t.loop = true;
    if (auto trace = TraceSource::open(t); trace.ok()) return simulate(c, *trace);
  }
  WorkloadSource source(workload, c.requests, 1);
  return simulate(c, source);
}

ClosedForm figures_of(const ServingResult& r, const PlanRequest& request) {
  ClosedForm f;
  f.stable = r.completed_per_s > 0.95 * request.qps;
  f.ttft_s = r.ttft_s.summary();
  f.tpot_s = r.tpot_s.summary();
  f.e2e_s = r.e2e_s.summary();
  f.good_share =
      r.measured > 0 ? static_cast<double>(r.good) / static_cast<double>(r.measured) : 0.0;
  return f;
}

/// Simulates the option; true when no target is missed.
bool simulate_option(PlanOption& option, const PlanRequest& request, const Workload& workload,
                     const EngineLimits& limits) {
  option.simulated = figures_of(run_option(option, request, workload, limits), request);
  return option.simulated->stable && met(*option.simulated, request.percentiles);
}

/// Adds replicas until the simulation misses no target: the fewest between those that it had and
/// kMostReplicas times as many. False when these are not enough.
bool add_replicas(PlanOption& option, const PlanRequest& request, const Workload& workload,
                  const EngineLimits& limits) {
  const auto enough = [&](std::int64_t replicas) {
    option.replicas = replicas;
    return simulate_option(option, request, workload, limits);
  };
  const std::int64_t had = option.replicas;
  std::int64_t low = had;
  std::int64_t high = 2 * had;
  while (!enough(high)) {
    low = high;
    high *= 2;
    if (high > kMostReplicas * had) return false;
  }
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  enough(high);
  count_gpus(option, request);
  return true;
}

}  // namespace

bool comes_in_bursts(const Workload& workload) { return workload.arrivals.gap_scv() > kBurstyScv; }

Workload demand_workload(const Catalog& catalog, const PlanRequest& request) {
  if (request.trace_workload) {
    Workload own = *request.trace_workload;
    own.arrivals.rate = request.qps;
    return own;
  }
  const auto named = catalog.find_workload(request.workload);
  if (named.ok()) return workload_from(*named->entry, request.qps);
  Workload w;
  w.arrivals.rate = request.qps;
  RequestClass c;
  if (const auto chat = catalog.find_workload("chat"); chat.ok())
    c = workload_from(*chat->entry, request.qps).classes.front();
  c.input.mean = request.input_tokens;
  c.output.mean = request.output_tokens;
  w.classes.push_back(c);
  return w;
}

std::optional<ClosedForm> option_percentiles(const PlanOption& option, const Workload& workload) {
  const auto limits = limits_of(option.replica, workload);
  if (!limits) return {};
  const auto input = form_input(option, *limits, option.replicas, workload);
  if (!input) return {};
  EstimatedStepTimes times(option.replica);
  const ClosedForm out = closed_form(times, workload, *input);
  if (!out.stable) return {};
  return out;
}

std::vector<std::optional<ClosedForm>> stated_percentiles(const std::vector<PlanOption>& options,
                                                          const Workload& workload, int jobs) {
  std::vector<std::optional<ClosedForm>> out(options.size());
  for_each_index(options.size(), jobs, [&](std::size_t i) {
    out[i] = options[i].simulated ? options[i].simulated : option_percentiles(options[i], workload);
  });
  return out;
}

std::optional<std::int64_t> replicas_for_percentiles(const PlanOption& option,
                                                     const PlanRequest& request,
                                                     const Workload& workload) {
  const auto limits = limits_of(option.replica, workload);
  if (!limits) return {};
  EstimatedStepTimes times(option.replica);
  const auto enough = [&](std::int64_t replicas) {
    auto input = form_input(option, *limits, replicas, workload);
    if (!input) return false;
    if (request.percentiles.goodput) input->targets = request_targets(request);
    const ClosedForm f = closed_form(times, workload, *input);
    return f.stable && met(f, request.percentiles);
  };
  std::int64_t low = option.replicas;
  if (enough(low)) return low;
  std::int64_t high = kMostReplicas * option.replicas;
  if (!enough(high)) return {};
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

void verify_options(std::vector<PlanOption>& options, const PlanRequest& request,
                    const Workload& workload, std::vector<std::string>& notes) {
  const std::size_t count = std::min(options.size(), kVerified);
  std::vector<PlanOption> passed;
  std::vector<PlanOption> missed;
  for (std::size_t i = 0; i < count; ++i) {
    PlanOption& option = options[i];
    const auto limits = limits_of(option.replica, workload);
    if (!limits) {
      passed.push_back(std::move(option));
      continue;
    }
    const std::int64_t had = option.replicas;
    bool holds = simulate_option(option, request, workload, *limits);
    if (!holds && comes_in_bursts(workload)) {
      holds = add_replicas(option, request, workload, *limits);
      if (holds) {
        notes.push_back(
            fmt::format("{}: replicas that the simulation of the bursts takes: {}, not {}",
                        option.replica.gpu->id, option.replicas, had));
      } else {
        option.replicas = had;
        simulate_option(option, request, workload, *limits);
      }
    }
    if (!holds) {
      notes.push_back(fmt::format("{} misses a target in the simulation: ranked behind",
                                  option.replica.gpu->id));
    }
    (holds ? passed : missed).push_back(std::move(option));
  }
  // More replicas may change the order of those that were simulated.
  std::stable_sort(passed.begin(), passed.end(), [&](const PlanOption& a, const PlanOption& b) {
    const bool known = a.priced() == b.priced();
    return known && objective(a, request) < objective(b, request);
  });
  passed.insert(passed.end(), std::make_move_iterator(missed.begin()),
                std::make_move_iterator(missed.end()));
  std::move(passed.begin(), passed.end(), options.begin());
}

void write_percentile_targets(ObjectWriter& out, const PercentileTargets& targets) {
  for (const TargetRow& row : kTargets) {
    const auto& limit = targets.*row.limit_ms;
    limit ? out.number(row.key, *limit, why_input(row.key, *limit, "ms", row.option))
          : out.null(row.key);
  }
  targets.goodput ? out.number("goodput", *targets.goodput,
                               why_input("goodput", *targets.goodput, "", "--goodput"))
                  : out.null("goodput");
  out.flag("verify", targets.verify);
}

PercentileTargets read_percentile_targets(MapReader& reader) {
  PercentileTargets targets;
  const auto number = [&](const char* key) -> std::optional<double> {
    const Node node = reader.node(key);
    if (!node || node.is_null()) return {};
    return reader.number(key);
  };
  for (const TargetRow& row : kTargets) targets.*row.limit_ms = number(row.key);
  targets.goodput = number("goodput");
  targets.verify = reader.boolean("verify").value_or(false);
  return targets;
}

}  // namespace gpusize
