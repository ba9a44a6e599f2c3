#include "plan/simulate_setup.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/serve/generator.hpp"
#include "gpusize/serve/trace_summary.hpp"
#include "gpusize/serve/workload_file.hpp"

namespace gpusize {
namespace {

class Checks {
 public:
  void range(std::string_view option, double value, double low, double high,
             std::string_view hint = {}) {
    if (std::isfinite(value) && value >= low && value <= high) return;
    problems.push_back(make_error(
        "sim-range", fmt::format("{} is {}, expected {} to {}", option, value, low, high), {},
        std::string(hint)));
  }
  void range(std::string_view option, const std::optional<double>& value, double low, double high,
             std::string_view hint = {}) {
    if (value) range(option, *value, low, high, hint);
  }
  void word(std::string_view option, const std::string& value, bool known,
            const std::vector<std::string>& words) {
    if (known) return;
    problems.push_back(make_error(
        "sim-word", fmt::format("{} is \"{}\"", option, printable(value)), {},
        did_you_mean(value, words) + " one of: " + fmt::format("{}", fmt::join(words, ", "))));
  }
  Diagnostics problems;
};

constexpr std::string_view kMilliseconds = "milliseconds: two seconds are 2000";

Diagnostics check(const SimulateRequest& r) {
  Checks c;
  const auto whole = [](std::int64_t v) { return static_cast<double>(v); };
  c.range("--replicas", whole(r.replicas), 1, 100'000, "copies of the model");
  c.range("--qps", r.qps, 1e-6, 1e7, "requests per second");
  c.range("--input-tokens", r.input_tokens, 1, 1e8, "tokens per request");
  c.range("--output-tokens", r.output_tokens, 1, 1e8, "tokens per request");
  c.range("--burstiness", r.burstiness, 1e-4, 1e4, "gamma shape: 1 is Poisson, below is bursty");
  c.range("--concurrency", r.concurrency, 1, 1e6, "requests in flight");
  c.range("--cache-hit-share", r.cache_hit_share, 0, 1, "a fraction: 56.3 % is 0.563");
  c.range("--shared-prefix", whole(r.shared_prefix), 0, 1e7, "tokens");
  c.range("--prefix-groups", whole(r.prefix_groups), 1, 1e9, "different prefixes");
  c.range("--turns", r.turns, 1, 1000, "mean requests of a session");
  c.range("--think-s", r.think_s, 0, 1e6, "seconds");
  c.range("--requests", whole(r.requests), 1, 1e9, "requests to simulate");
  c.range("--seed", whole(r.seed), 0, 9e15);
  c.range("--warmup-share", r.warmup_share, 0, 0.9, "a fraction of the requests");
  c.range("--ttft-ms", r.ttft_ms, 0.01, 1e9, kMilliseconds);
  c.range("--tpot-ms", r.tpot_ms, 0.01, 1e9, kMilliseconds);
  c.range("--e2e-ms", r.e2e_ms, 0.01, 1e9, kMilliseconds);
  c.range("--draft-tokens", whole(r.draft_tokens), 0, 32, "tokens proposed per step");
  c.range("--acceptance", r.acceptance, 0, 1, "a fraction: 85 % is 0.85");
  c.range("--draft-cost", r.draft_cost, 0, 2, "share of a decode step per drafted token");
  c.range("--prefill-replicas", whole(r.prefill_replicas), 0, 100'000,
          "replicas that only prefill");
  c.range("--lose-replicas", whole(r.lose_replicas), 0, whole(r.replicas),
          "at most as many as there are");
  c.range("--load-s", r.load_s, 0, 1e6, "seconds to load a model");
  c.range("--autoscale-target", r.autoscale_target, 0.01, 1e6, "requests per replica");
  if (r.autoscale_least)
    c.range("--autoscale-least", whole(*r.autoscale_least), 1, whole(r.replicas),
            "replicas that always run; --replicas is the most");
  c.word("--arrival", r.arrival, r.arrival.empty() || arrival_kind_from(r.arrival).has_value(),
         {"poisson", "gamma", "constant", "burst", "closed"});
  c.word("--lengths", r.lengths,
         r.lengths == "profile" || r.lengths == "fixed" || r.lengths == "exponential",
         {"profile", "fixed", "exponential"});
  c.word("--router", r.router, router_from(r.router).has_value(),
         {"least-loaded", "round-robin", "prefix-aware"});
  if (r.input_tokens.has_value() != r.output_tokens.has_value())
    c.problems.push_back(make_error("sim-lengths", "--input-tokens and --output-tokens go together",
                                    {}, "or --workload NAME"));
  if (r.arrival == "closed" && !r.concurrency)
    c.problems.push_back(
        make_error("sim-closed", "closed arrivals need --concurrency", {}, "requests in flight"));
  return c.problems;
}

LengthDistribution shaped(const std::string& kind, double mean, const LengthDistribution& profile) {
  LengthDistribution d = LengthDistribution::fixed(mean);
  if (kind == "exponential") d.kind = LengthKind::kExponential;
  if (kind == "profile" && profile.kind == LengthKind::kLognormal) {
    d.kind = LengthKind::kLognormal;  // the profile's spread around the given mean
    d.sigma = profile.sigma;
  }
  return d;
}

/// The user's own workload at the request's rate; what the command line says of classes is for
/// profiles alone.
Diagnostics set_workload_file(SimulateSetup& s, const SimulateRequest& r) {
  auto file = read_workload_file(r.workload);
  if (!file.ok()) return file.errors();
  s.workload = std::move(file->workload);
  ArrivalProcess& a = s.workload.arrivals;
  a.ramp_to *= r.qps / a.rate;
  a.rate = r.qps;
  if (r.concurrency) a.concurrency = *r.concurrency;
  s.speculation = file->speculation;
  const SimulateRequest usual;
  if (r.input_tokens || !r.arrival.empty() || r.burstiness || r.turns != usual.turns ||
      r.cache_hit_share != usual.cache_hit_share || r.shared_prefix != usual.shared_prefix ||
      r.ttft_ms || r.tpot_ms || r.e2e_ms) {
    return {make_error("sim-workload", "lengths, arrivals, prefixes and targets are the file's own",
                       {r.workload, 0, 0}, "change them there")};
  }
  return {};
}

Diagnostics set_workload(SimulateSetup& s, const Catalog& catalog, const SimulateRequest& r) {
  if (names_workload_file(r.workload)) return set_workload_file(s, r);
  const auto found = catalog.find_workload(r.workload);
  if (!found.ok()) return found.errors();
  s.workload = workload_from(*found->entry, r.qps);
  if (!r.input_tokens) s.profile = found->entry;
  RequestClass& c = s.workload.classes.front();
  c.input = shaped(r.lengths, r.input_tokens.value_or(c.input.mean), c.input);
  c.output = shaped(r.lengths, r.output_tokens.value_or(c.output.mean), c.output);
  if (r.input_tokens) c.name = s.workload.name = "custom";
  if (r.cache_hit_share > 0.0) c.cache_hit_share = r.cache_hit_share;
  c.shared_prefix = static_cast<std::int32_t>(r.shared_prefix);
  c.prefix_groups = static_cast<std::int32_t>(std::min<std::int64_t>(r.prefix_groups, 1 << 30));
  c.turns = r.turns;
  c.think_s = r.think_s;
  const auto seconds = [](const std::optional<double>& ms) {
    return ms ? std::optional(*ms / 1000.0) : std::nullopt;
  };
  c.targets = {seconds(r.ttft_ms), seconds(r.tpot_ms), seconds(r.e2e_ms)};
  ArrivalProcess& a = s.workload.arrivals;
  if (!r.arrival.empty()) a.kind = *arrival_kind_from(r.arrival);
  if (r.burstiness) {
    a.kind = r.arrival.empty() ? ArrivalKind::kGamma : a.kind;
    a.burstiness = *r.burstiness;
  }
  a.concurrency = r.concurrency.value_or(1.0);
  if (r.concurrency && r.arrival.empty()) a.kind = ArrivalKind::kClosed;
  return {};
}

/// Rate and mean lengths of the trace, and how it is to be read.
Diagnostics set_trace(SimulateSetup& s, const SimulateRequest& r) {
  const auto summary = summarise_trace(r.trace, r.trace_format, {});
  if (!summary.ok()) return summary.errors();
  if (summary->mean_rate <= 0.0)
    return {make_error("sim-trace", "the trace spans no time", {r.trace, 0, 0})};
  RequestClass& c = s.workload.classes.front();
  c.name = s.workload.name = "trace";
  c.input = LengthDistribution::fixed(summary->input.mean());
  c.output = LengthDistribution::fixed(summary->output.mean());
  s.profile = nullptr;
  TraceOptions t;
  t.path = r.trace;
  t.format = r.trace_format;
  t.from_s = r.trace_from_s.value_or(0.0);
  t.to_s = r.trace_to_s.value_or(kNeverS);
  t.loop = r.trace_loop;
  t.scale = r.trace_rate ? r.qps / summary->mean_rate : 1.0;
  t.requests = static_cast<std::uint64_t>(r.requests);
  if (!t.loop) t.requests = std::min(t.requests, summary->requests);
  s.workload.arrivals.rate = summary->mean_rate * t.scale;
  if (summary->gap_cv > 0.0) {
    s.workload.arrivals.kind = ArrivalKind::kGamma;
    s.workload.arrivals.burstiness = 1.0 / (summary->gap_cv * summary->gap_cv);
  }
  s.notes.push_back(fmt::format(
      "{}: {} requests of {} format, {:.3g} per second, gaps vary by {:.3g}", printable(r.trace),
      summary->requests, summary->format, summary->mean_rate, summary->gap_cv));
  for (const auto& [reason, rows] : summary->skipped)
    s.notes.push_back(fmt::format("{} rows of the trace left out: {}", rows, reason));
  s.trace = t;
  return {};
}

void set_speculation(SimulateSetup& s, const SimulateRequest& r) {
  const ModelSpec& model = *s.estimate.deployment.model;
  const bool by_file = r.draft_tokens == 0 && s.speculation.drafted > 0;
  if (!by_file) {
    s.speculation.drafted = r.draft_tokens;
    s.speculation.acceptance = r.acceptance;
  }
  const auto said = by_file && s.speculation.draft_cost >= 0.0
                        ? std::optional(s.speculation.draft_cost)
                        : r.draft_cost;
  const double layers = static_cast<double>(model.layer_count());
  const double own = static_cast<double>(std::max<std::int64_t>(model.mtp.layers, 1)) / layers;
  s.speculation.draft_cost = said.value_or(own);
  if (s.speculation.drafted > 0 && !said)
    s.notes.push_back(fmt::format(
        "a drafted token costs {:.1f} % of a step: the share of its layers (--draft-cost)",
        100.0 * own));
}

void set_outages(SimulateSetup& s, const SimulateRequest& r, std::int64_t lanes_per_replica) {
  const auto away = [&](std::int64_t replica, double from, double to) {
    for (std::int64_t lane = 0; lane < lanes_per_replica; ++lane)
      s.config.outages.push_back({replica * lanes_per_replica + lane, from, to});
  };
  for (std::int64_t i = 0; i < r.lose_replicas; ++i)
    away(i, r.lose_from_s, r.lose_to_s.value_or(kNeverS));
  if (r.rolling_restart) {
    for (std::int64_t i = 0; i < r.replicas; ++i) {
      const double from = r.lose_from_s + static_cast<double>(i) * r.load_s;
      away(i, from, from + r.load_s);
    }
  }
  if (r.autoscale_least) {
    Autoscaling a;
    a.least = *r.autoscale_least * lanes_per_replica;
    a.most = r.replicas * lanes_per_replica;
    a.target = r.autoscale_target / static_cast<double>(lanes_per_replica);
    a.load_s = r.load_s;
    s.config.autoscaling = a;
  }
}

Diagnostics set_pools(SimulateSetup& s, const SimulateRequest& r) {
  const Deployment& d = s.estimate.deployment;
  const RequestClass& c = s.workload.classes.front();
  const double mean = s.workload.mean_input() + c.shared_prefix + s.workload.mean_output();
  const auto limits = engine_limits(d, mean, s.speculation);
  if (!limits) {
    return {make_error(
        "sim-memory",
        fmt::format("{} does not fit on {} GPUs of {}", d.model->id, d.layout.gpus(), d.gpu->id),
        {}, "see: gpusize estimate; more --tp, or a smaller weight format")};
  }
  s.limits = *limits;
  s.times = std::make_unique<EstimatedStepTimes>(d, s.speculation);
  Pool pool;
  pool.times = s.times.get();
  pool.limits = s.limits;
  pool.policy = &policy_for(*d.engine);
  pool.lanes = r.replicas * d.layout.pp;
  pool.ranks = d.layout.dp;
  pool.lanes_per_replica = d.layout.pp;
  s.config.pool = pool;
  if (r.prefill_replicas > 0) {
    s.config.decode = pool;
    s.config.pool.lanes = r.prefill_replicas * d.layout.pp;
    const KvTransfer move = kv_transfer(d, d);
    s.config.transfer_s_per_token = move.s_per_token;
    s.config.transfer_latency_s = move.latency_s;
  }
  set_outages(s, r, d.layout.pp);
  s.config.router = *router_from(r.router);
  set_server(s.config, *d.engine);
  s.config.warmup_share = r.warmup_share;
  s.config.requests = s.trace ? s.trace->requests : static_cast<std::uint64_t>(r.requests);
  s.config.classes = s.workload.classes;
  return {};
}

}  // namespace

Result<SimulateSetup> resolve_simulate(const Catalog& catalog, const ModelSpec& model,
                                       const SimulateRequest& r) {
  if (Diagnostics problems = check(r); has_errors(problems)) return problems;
  auto estimate = resolve_estimate(catalog, model, r.deployment);
  if (!estimate.ok()) return estimate.errors();
  SimulateSetup s;
  s.estimate = std::move(estimate).value();
  s.notes = s.estimate.notes;
  if (s.estimate.deployment.engine->bare_kernels) {
    return make_error("sim-engine", "bare kernels have no scheduler to simulate", {},
                      "an engine: --engine vllm, sglang, tensorrt-llm");
  }
  if (Diagnostics problems = set_workload(s, catalog, r); has_errors(problems)) return problems;
  if (!r.trace.empty()) {
    if (Diagnostics problems = set_trace(s, r); has_errors(problems)) return problems;
  }
  set_speculation(s, r);
  if (Diagnostics problems = set_pools(s, r); has_errors(problems)) return problems;
  return s;
}

Result<std::unique_ptr<RequestSource>> request_source(const SimulateSetup& s,
                                                      const SimulateRequest& r) {
  std::unique_ptr<RequestSource> out;
  if (s.trace) {
    auto trace = TraceSource::open(*s.trace);
    if (!trace.ok()) return trace.errors();
    out = std::make_unique<TraceSource>(std::move(trace).value());
  } else {
    out = std::make_unique<WorkloadSource>(s.workload, s.config.requests,
                                           static_cast<std::uint64_t>(r.seed));
  }
  return out;
}

}  // namespace gpusize
