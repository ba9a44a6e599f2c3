#include "gpusize/plan/simulate_document.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/serve/generator.hpp"
#include "plan/assumptions.hpp"
#include "plan/simulate_inputs.hpp"
#include "plan/simulate_setup.hpp"
#include "plan/why_facts.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/simulate-1.schema.json";
constexpr std::string_view kEngine = "simulation";

double dbl(std::uint64_t v) { return static_cast<double>(v); }
double dbl(std::int64_t v) { return static_cast<double>(v); }

/// Writes the document; every figure of the run is explained by what went into the run.
class SimulateWriter {
 public:
  SimulateWriter(ResultDocument& document, const SimulateSetup& setup,
                 const SimulateRequest& request, const ServingResult& result)
      : root_(document.root()), s_(setup), request_(request), r_(result) {
    inputs_ = {{"qps", why_input("qps", setup.workload.arrivals.rate, "1/s",
                                 setup.trace ? "--trace" : "--qps")},
               {"replicas", why_input("replicas", dbl(request.replicas), "", "--replicas")},
               {"requests", why_input("requests", dbl(request.requests), "", "--requests")},
               {"seed", why_input("seed", dbl(request.seed), "", "--seed")},
               {"input_tokens", tokens("input_tokens", true)},
               {"output_tokens", tokens("output_tokens", false)},
               {"decode_step_ms", step()}};
  }

  void write() {
    deployment(root_.object("deployment"));
    workload(root_.object("workload"));
    root_.list("assumptions");
    root_.text("engine_of_figures", kEngine);
    count(root_, "requests", r_.arrived, "requests that arrived");
    count(root_, "completed", r_.completed, "requests that got their last token");
    count(root_, "measured", r_.measured, "completed requests after the warm-up");
    count(root_, "rejected", r_.rejected, "requests longer than the whole KV cache");
    number(root_, "duration_s", r_.duration_s, "s", "simulated time to the last completion");
    metric("ttft_ms", r_.ttft_s, "time to first token");
    metric("tpot_ms", r_.tpot_s, "time per output token after the first");
    metric("itl_ms", r_.itl_s, "gap between two tokens of a request");
    metric("e2e_ms", r_.e2e_s, "request sent to last token");
    metric("queue_ms", r_.queue_s, "arrival to the first step that works on the request");
    rates();
    flags();
    classes();
    course();
    lists();
  }

 private:
  Why tokens(const char* key, bool input) const {
    const double value = input ? s_.workload.mean_input() : s_.workload.mean_output();
    if (s_.profile == nullptr)
      return why_input(key, value, "tokens",
                       s_.trace ? "--trace"
                       : input  ? "--input-tokens"
                                : "--output-tokens");
    return why_fact(key, value, "tokens", NumberKind::kAssumed, s_.profile->source,
                    s_.profile->confidence, s_.profile->note);
  }

  /// A decode step of the run's mean load, from the operators up.
  Why step() const {
    StepEstimator& estimator = s_.times->estimator();
    const Layout& l = s_.estimate.deployment.layout;
    const double lanes = dbl(request_.replicas) * dbl(l.dp * l.pp);
    StepShape shape;
    shape.sequences = std::max(1.0, std::round(r_.running_mean / lanes));
    shape.logit_rows = shape.sequences;
    shape.context_tokens = std::round(s_.workload.mean_input() + 0.5 * s_.workload.mean_output());
    Chosen chosen = s_.estimate.whys.chosen;
    chosen.sequences = why_search("sequences", shape.sequences, "sequences",
                                  "requests in the system per scheduler, mean over the run", {});
    chosen.query_tokens = why_count("new tokens", 1.0, "one token per sequence and step");
    chosen.context_tokens = why_search("context", shape.context_tokens, "tokens",
                                       "mean prompt and half of the mean answer", {});
    return why_step(estimator, shape, chosen);
  }

  Why why(std::string_view key, double value, std::string_view unit, std::string_view what) const {
    return why_search(std::string(key), value, std::string(unit),
                      fmt::format("simulated: {} ({} measured requests, seed {})", what,
                                  r_.measured, request_.seed),
                      inputs_);
  }
  void number(ObjectWriter& out, std::string_view key, double value, std::string_view unit,
              std::string_view what) const {
    out.number(key, value, why(key, value, unit, what));
  }
  void count(ObjectWriter& out, std::string_view key, std::uint64_t value,
             std::string_view what) const {
    out.integer(key, static_cast<std::int64_t>(value), why(key, dbl(value), "", what));
  }

  void metric(std::string_view key, const Metric& m, std::string_view what) {
    ObjectWriter out = root_.object(key);
    write_summary(out, m, what);
  }
  void write_summary(ObjectWriter& out, const Metric& m, std::string_view what) const {
    const Summary s = m.summary();
    const auto row = [&](std::string_view name, double seconds, const std::string& of) {
      number(out, name, 1000.0 * seconds, "ms", fmt::format("{}, {}", what, of));
    };
    row("mean", s.mean, "mean");
    row("p50", s.p50, "median");
    row("p90", s.p90, "90 % are below");
    row("p95", s.p95, "95 % are below");
    row("p99", s.p99, "99 % are below");
    row("ci95", s.ci95, "half-width of the 95 % interval of the mean, by batch means");
  }

  void deployment(ObjectWriter out) {
    const Deployment& d = s_.estimate.deployment;
    const Chosen& c = s_.estimate.whys.chosen;
    out.text("model", d.model->id);
    out.text("model_name", d.model->name);
    out.text("gpu", d.gpu->id);
    out.text("engine", d.engine->id);
    out.text("engine_version", d.engine->version);
    out.text("scheduler", s_.config.pool.policy->summary);
    out.text("weights", d.weights.name);
    out.text("kv", name_of(d.kv));
    out.text("layout", describe(d.layout));
    out.text("evidence", name_of(evidence_of(d)));
    const Why per_replica = derive(formulas::kReplicaGpus, "GPUs per replica",
                                   {{"tp", c.tp}, {"pp", c.pp}, {"dp", c.dp}});
    const auto all = dbl(request_.replicas + request_.prefill_replicas);
    out.integer("gpus", static_cast<std::int64_t>(all) * d.layout.gpus(),
                why_search("gpus", all * dbl(d.layout.gpus()), "GPUs", "all replicas",
                           {{"gpus_per_replica", per_replica}, inputs_[1]}));
    const auto limit = [&](const char* key, std::int64_t value, const char* what) {
      out.integer(key, value, why_search(key, dbl(value), "", what, {}));
    };
    limit("kv_tokens_per_scheduler", s_.limits.blocks * s_.limits.block_tokens,
          "KV room of one attention-DP rank and pipeline microbatch, in whole blocks");
    limit("max_sequences", s_.limits.sequences, "sequences that one scheduler runs at once");
    limit("max_batched_tokens", s_.limits.step_tokens, "tokens that one step may process");
  }

  void workload(ObjectWriter out) {
    const ArrivalProcess& a = s_.workload.arrivals;
    out.text("name", s_.workload.name);
    out.number("rate_per_s", a.rate, inputs_[0].second);
    out.text("arrival", s_.trace ? "trace" : name_of(a.kind));
    const double burstiness = a.kind == ArrivalKind::kGamma ? a.burstiness : 1.0;
    out.number("burstiness", burstiness,
               why_search("burstiness", burstiness, "",
                          "gamma shape of the gaps: 1 is Poisson, below is bursty", {}));
    out.number("input_tokens", s_.workload.mean_input(), inputs_[4].second);
    out.number("output_tokens", s_.workload.mean_output(), inputs_[5].second);
  }

  void rates() {
    number(root_, "request_throughput", r_.completed_per_s, "1/s",
           "requests completed per second while others arrived");
    number(root_, "output_throughput", r_.output_tokens_per_s, "tokens/s",
           "output tokens of completed requests per second");
    number(root_, "goodput_req_per_s", r_.good_per_s, "1/s",
           "requests per second that met all targets");
    const double share = r_.measured > 0 ? dbl(r_.good) / dbl(r_.measured) : 0.0;
    number(root_, "goodput_share", share, "", "share of requests that met all targets");
    number(root_, "utilization", r_.utilization, "",
           "share of time that schedulers were in a step");
    number(root_, "kv_utilization", r_.kv_share, "", "share of KV blocks taken, mean over steps");
    number(root_, "in_flight", r_.running_mean, "requests",
           "requests in the system, mean over time");
    count(root_, "preemptions", r_.preemptions, "requests put back for want of KV blocks");
    count(root_, "restarted", r_.restarted, "requests begun again after an outage");
    const double prompt = dbl(r_.input_tokens);
    number(root_, "prefix_hit_share", prompt > 0.0 ? dbl(r_.hit_tokens) / prompt : 0.0, "",
           "prompt tokens found in the cache");
    number(root_, "replica_hours", r_.replica_seconds / 3600.0, "h",
           "replicas times the time that they were up");
  }

  void flags() { root_.flag("partial", r_.partial); }

  void classes() {
    root_.list("classes");
    for (const ClassResult& c : r_.classes) {
      ObjectWriter out = root_.append("classes");
      out.text("name", c.name);
      count(out, "requests", c.requests, "measured requests of the class");
      count(out, "good", c.good, "of them within all targets");
      ObjectWriter ttft = out.object("ttft_ms");
      write_summary(ttft, c.ttft_s, "time to first token");
      ObjectWriter tpot = out.object("tpot_ms");
      write_summary(tpot, c.tpot_s, "time per output token");
    }
  }

  void course() {
    root_.list("over_time");
    for (const TimePoint& p : r_.over_time) {
      ObjectWriter out = root_.append("over_time");
      number(out, "from_s", p.from_s, "s", "start of the slice");
      number(out, "arrivals_per_s", p.arrivals_per_s, "1/s", "arrivals in the slice");
      number(out, "completions_per_s", p.completions_per_s, "1/s", "completions in the slice");
      number(out, "running", p.running, "requests", "requests in batches");
      number(out, "waiting", p.waiting, "requests", "requests in queues");
      number(out, "kv_utilization", p.kv_share, "", "share of KV blocks taken");
      number(out, "ttft_ms", 1000.0 * p.ttft_mean_s, "ms", "mean TTFT of requests completed");
      number(out, "replicas", p.lanes / dbl(s_.estimate.deployment.layout.pp), "",
             "replicas that serve");
    }
  }

  void lists() {
    root_.list("notes");
    for (const std::string& note : s_.notes) root_.append_text("notes", note);
    if (r_.completed_per_s > 0.0 && s_.workload.arrivals.kind != ArrivalKind::kBurst &&
        s_.workload.arrivals.kind != ArrivalKind::kClosed &&
        r_.completed_per_s < 0.95 * s_.workload.arrivals.rate) {
      root_.append_text("notes",
                        "requests arrive faster than they are completed: the queue grows "
                        "and the latencies depend on the length of the run");
    }
    root_.list("not_assessed");
    for (const LeftOut& item : s_.estimate.not_assessed) {
      ObjectWriter row = root_.append("not_assessed");
      row.text("what", item.what);
      row.text("reason", item.reason);
    }
  }

  ObjectWriter root_;
  const SimulateSetup& s_;
  const SimulateRequest& request_;
  const ServingResult& r_;
  std::vector<std::pair<std::string, Why>> inputs_;
};

}  // namespace

Result<ResultDocument> simulate_document(const Catalog& catalog, const ModelSpec& model,
                                         const SimulateRequest& request,
                                         std::function<bool(const Progress&)> progress) {
  auto setup = resolve_simulate(catalog, model, request);
  if (!setup.ok()) return setup.errors();
  SimulateSetup& s = *setup;
  s.config.progress = std::move(progress);
  const auto source = request_source(s, request);
  if (!source.ok()) return source.errors();
  const ServingResult result = simulate(s.config, **source);
  ResultDocument document(kSchema, "simulate");
  document.root().object("catalog").text("version", catalog.version());
  write_simulate_inputs(document.root().object("inputs"), request);
  SimulateWriter(document, s, request, result).write();
  write_assumptions(document);
  return document;
}

}  // namespace gpusize
