#include "plan/plan_option_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/why.hpp"
#include "gpusize/tco/why_cost.hpp"
#include "plan/percentiles.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {
namespace {

constexpr std::array<Formula, 16> kFormulas{{
    {"plan.replicas", "max(1, ceil(qps * (1 + headroom) / replica_capacity - 0.000000000001))",
     "replicas", "enough replicas for the rate and the headroom"},
    {"plan.gpus_per_replica", "tp * pp * dp", "GPUs", "definition of the degrees"},
    {"plan.spare_gpus", "spare_nodes * node_gpus", "GPUs", "definition"},
    {"plan.gpus", "replicas * gpus_per_replica + spare_gpus", "GPUs", "definition"},
    {"plan.nodes", "ceil(gpus / node_gpus)", "nodes", "whole nodes"},
    {"plan.capacity", "replicas * replica_capacity", "1/s", "replicas work independently"},
    {"plan.utilization", "qps / capacity", "ratio", "definition"},
    {"plan.output_rate", "qps * output_tokens", "tokens/s", "definition"},
    {"plan.power", "gpus * power_w / 1000", "kW",
     "datasheet TDP and the host's share, PUE left out"},
    {"plan.facility_power", "power_kw * pue", "kW", "definition of PUE"},
    {"plan.tco", "gpus * per_gpu", "USD", "linear in GPUs"},
    {"plan.usd_per_hour", "tco / (years * 8765.82)", "USD/h", "mean Gregorian year"},
    {"plan.usd_per_month", "tco / (years * 12)", "USD/month", "twelve months a year"},
    {"plan.usd_per_million_output_tokens", "usd_per_hour / (output_rate * 3600) * 1000000",
     "USD/Mtoken", "output tokens of the asked rate"},
    {"plan.kv_pool", "sequences * kv_per_sequence", "B", "full-length requests on one GPU"},
    {"plan.sequences_per_gpu", "max_batch / dp", "sequences", "attention-DP ranks share the batch"},
}};

const Formula& formula(std::string_view id) {
  const auto* found = std::find_if(kFormulas.begin(), kFormulas.end(),
                                   [&](const Formula& f) { return f.id == id; });
  GPUSIZE_CHECK(found != kFormulas.end(), "a plan formula is listed");
  return *found;
}

/// `fp8` of a plan that is shown as `native (fp8)`.
std::string format_of(const WeightPlan& weights) {
  const std::size_t open = weights.name.find('(');
  const std::size_t close = weights.name.find(')');
  if (open == std::string::npos || close == std::string::npos) return weights.name;
  return weights.name.substr(open + 1, close - open - 1);
}

double dbl(std::int64_t value) { return static_cast<double>(value); }

/// Writes one option; members hold what later numbers refer to.
class OptionWriter {
 public:
  OptionWriter(ObjectWriter out, const PlanOption& option, const std::optional<ClosedForm>& form,
               const PlanRequest& request, const DemandWhys& demand,
               const std::shared_ptr<const void>& owner)
      : out_(out),
        o_(option),
        form_(form),
        request_(request),
        demand_(demand),
        owner_(owner),
        estimator_(option.replica) {}

  void write(std::int64_t rank) {
    out_.integer(
        "rank", rank,
        why_count("rank", dbl(rank), fmt::format("ordered by {}", name_of(request_.rank_by))));
    out_.text("gpu", o_.replica.gpu->id);
    fleet();
    formats();
    memory();
    latency();
    throughput();
    cost();
  }

 private:
  Why batch_why() const {
    const Why most =
        why_search("memory_batch", o_.memory_batch, "requests",
                   "full-length requests that the KV room holds, or the engine's limit", {});
    return why_search("max_batch", o_.max_batch, "requests",
                      "most requests in flight per replica that meet the targets",
                      {{"memory_batch", most}});
  }

  Why degree(std::string_view name, std::int64_t value) const {
    return why_search(std::string(name), dbl(value), "", "degree of the best layout found", {});
  }

  ServingWhys serving_whys(const ServingPoint& point, const Why& in_flight) {
    const Why& in = demand_.input_tokens;
    const Why& out = demand_.output_tokens;
    return owner_ ? why_serving_later(owner_, estimator_, o_.request, point, in, out, in_flight)
                  : why_serving(estimator_, o_.request, point, in, out, in_flight);
  }

  void fleet() {
    const Layout& l = o_.replica.layout;
    tp_ = degree("tp", l.tp);
    pp_ = degree("pp", l.pp);
    dp_ = degree("dp", l.dp);
    ep_ = degree("ep", l.ep);
    const ServingWhys at_capacity = serving_whys(o_.capacity, batch_why());
    replica_capacity_ = at_capacity.requests_per_s;
    const Why per_replica = why_formula(formula("plan.gpus_per_replica"), "GPUs per replica",
                                        dbl(l.gpus()), {{"tp", tp_}, {"pp", pp_}, {"dp", dp_}});
    const Why node_gpus = why_count(fmt::format("{}.node_gpus", o_.replica.gpu->id),
                                    dbl(o_.replica.gpu->node_gpus), "cards in one node");
    const WhyInputs rate{{"qps", demand_.qps},
                         {"headroom", demand_.headroom},
                         {"replica_capacity", replica_capacity_}};
    replicas_ =
        request_.percentiles.any()
            ? why_search("replicas", dbl(o_.replicas), "replicas",
                         std::string("fewest that complete the rate with headroom and meet the "
                                     "percentile targets by the closed form") +
                             (comes_in_bursts(demand_.workload)
                                  ? "; then as many as a simulation of the bursts takes"
                                  : ""),
                         rate)
            : why_formula(formula("plan.replicas"), "replicas", dbl(o_.replicas), rate);
    const Why spare = why_formula(formula("plan.spare_gpus"), "spare GPUs", dbl(o_.spare_gpus),
                                  {{"spare_nodes", demand_.spare_nodes}, {"node_gpus", node_gpus}});
    gpus_ = why_formula(
        formula("plan.gpus"), "GPUs", dbl(o_.gpus),
        {{"replicas", replicas_}, {"gpus_per_replica", per_replica}, {"spare_gpus", spare}});
    out_.integer("gpus", o_.gpus, gpus_);
    out_.integer("nodes", o_.nodes,
                 why_formula(formula("plan.nodes"), "nodes", dbl(o_.nodes),
                             {{"gpus", gpus_}, {"node_gpus", node_gpus}}));
    out_.integer("replicas", o_.replicas, replicas_);
    out_.integer("spare_gpus", o_.spare_gpus, spare);
    ObjectWriter layout = out_.object("layout");
    layout.integer("tp", l.tp, tp_);
    layout.integer("pp", l.pp, pp_);
    layout.integer("ep", l.ep, ep_);
    layout.integer("dp", l.dp, dp_);
  }

  void formats() {
    out_.text("weights_dtype", format_of(o_.replica.weights));
    out_.text("kv_dtype", name_of(o_.replica.kv));
    out_.text("engine", o_.replica.engine->id);
    out_.flag("unverified", o_.unverified);
    out_.flag("pareto", o_.pareto);
    out_.text("evidence", name_of(evidence_of(o_.replica)));
    out_.number("max_batch", o_.max_batch, batch_why());
  }

  Chosen chosen() const {
    Chosen c;
    c.tp = tp_;
    c.pp = pp_;
    c.ep = ep_;
    c.dp = dp_;
    return c;
  }

  void memory() {
    const Deployment& d = o_.replica;
    const double tokens = std::ceil(o_.request.input_tokens + o_.request.output_tokens);
    const double sequences = o_.max_batch / dbl(d.layout.dp);
    const Bytes one = kv_bytes_per_sequence(
        *d.model, d.layout, d.kv, static_cast<std::int64_t>(tokens), d.engine->kv_block_tokens);
    const Why length = why_search(
        "tokens", tokens, "tokens", "a whole request: prompt and answer, rounded up",
        {{"input_tokens", demand_.input_tokens}, {"output_tokens", demand_.output_tokens}});
    const Why count = why_formula(formula("plan.sequences_per_gpu"), "sequences per GPU", sequences,
                                  {{"max_batch", batch_why()}, {"dp", dp_}});
    const Why pool = why_formula(
        formula("plan.kv_pool"), "KV cache", (sequences * one).in(units::B),
        {{"sequences", count}, {"kv_per_sequence", why_kv_per_sequence(d, length, chosen())}});
    const MemoryPerGpu m = memory_per_gpu(d, engine_peak(d), sequences * one);
    const MemoryWhys why =
        why_memory(d, m, pool, why_engine_tokens(d), why_engine_rows(d), chosen());
    ObjectWriter rows = out_.object("memory_per_gpu_bytes");
    rows.number("capacity", m.capacity.in(units::B), why.capacity);
    rows.number("usable", m.usable.in(units::B), why.usable);
    rows.number("weights", m.weights.in(units::B), why.weights);
    rows.number("kv_cache", m.kv_cache.in(units::B), why.kv_cache);
    rows.number("activations", m.activations.in(units::B), why.activations);
    rows.number("runtime", m.runtime.in(units::B), why.runtime);
    rows.number("free", m.free.in(units::B), why.free);
  }

  /// Percentiles of one latency; null when the closed form has no answer.
  void percentiles(ObjectWriter& one, const Summary* s, const WhyInputs& inputs) {
    for (const auto& [key, member] :
         {std::pair{"p50", &Summary::p50}, {"p95", &Summary::p95}, {"p99", &Summary::p99}}) {
      if (s == nullptr) {
        one.null(key);
        continue;
      }
      const double ms = 1000.0 * s->*member;
      one.number(key, ms,
                 why_search(key, ms, "ms",
                            o_.simulated ? "simulated: 20,000 requests, seed 1 (docs/serving.md)"
                                         : "closed form: prompts as gated polling, decodes as "
                                           "processor sharing (docs/serving.md)",
                            inputs));
    }
  }

  ObjectWriter band(ObjectWriter& at, std::string_view key, Seconds value, const Why& why) {
    const TimeBand b = with_band(value, band_of(o_.replica));
    ObjectWriter one = at.object(key);
    one.number("mean", b.value.in(units::ms), why);
    one.number("low", b.low.in(units::ms), why_band(o_.replica, why, false));
    one.number("high", b.high.in(units::ms), why_band(o_.replica, why, true));
    return one;
  }

  void latency() {
    const double rate = request_.qps / dbl(o_.replicas);
    const ServingPoint point = serving_point_at_rate(estimator_, o_.request, rate, o_.max_batch);
    const Why in_flight =
        why_search("in_flight", point.in_flight, "requests",
                   "requests running per replica at the asked rate (Little's law)",
                   {{"qps", demand_.qps}, {"replicas", replicas_}});
    const ServingWhys why = serving_whys(point, in_flight);
    ObjectWriter out = out_.object("latency");
    const WhyInputs shared{{"qps", demand_.qps},
                           {"replicas", replicas_},
                           {"input_tokens", demand_.input_tokens},
                           {"output_tokens", demand_.output_tokens},
                           {"decode_step_ms", why.decode_step_ms},
                           {"prefill_step_ms", why.prefill_step_ms}};
    ObjectWriter ttft = band(out, "ttft_ms", point.ttft, why.ttft_ms);
    percentiles(ttft, form_ ? &form_->ttft_s : nullptr, shared);
    ObjectWriter tpot = band(out, "tpot_ms", point.tpot, why.tpot_ms);
    percentiles(tpot, form_ ? &form_->tpot_s : nullptr, shared);
    ObjectWriter e2e = band(out, "e2e_ms", point.e2e, why.e2e_ms);
    percentiles(e2e, form_ ? &form_->e2e_s : nullptr, shared);
    out.text("engine_of_figures", o_.simulated ? "simulation"
                                  : form_      ? "closed form"
                                               : "mean of a steady state");
    out_.number("in_flight_per_replica", point.in_flight, in_flight);
  }

  void throughput() {
    const double capacity = dbl(o_.replicas) * o_.capacity.requests_per_s;
    const Why why_capacity =
        why_formula(formula("plan.capacity"), "fleet capacity", capacity,
                    {{"replicas", replicas_}, {"replica_capacity", replica_capacity_}});
    out_.number("capacity_req_per_s", capacity, why_capacity);
    out_.number("replica_capacity_req_per_s", o_.capacity.requests_per_s, replica_capacity_);
    out_.number("utilization", request_.qps / capacity,
                why_formula(formula("plan.utilization"), "utilization", request_.qps / capacity,
                            {{"qps", demand_.qps}, {"capacity", why_capacity}}));
    const double tokens = request_.qps * o_.request.output_tokens;
    output_rate_ = why_formula(formula("plan.output_rate"), "output tokens per second", tokens,
                               {{"qps", demand_.qps}, {"output_tokens", demand_.output_tokens}});
    out_.number("output_tokens_per_s", tokens, output_rate_);
    const double kw = dbl(o_.gpus) * o_.cost->power_per_gpu.in(units::W) / 1000.0;
    const Why power = why_formula(formula("plan.power"), "IT power", kw,
                                  {{"gpus", gpus_}, {"power_w", o_.cost->power_why}});
    out_.number("power_kw", kw, power);
    out_.number("facility_power_kw", kw * o_.cost->pue,
                why_formula(formula("plan.facility_power"), "facility power", kw * o_.cost->pue,
                            {{"power_kw", power}, {"pue", o_.cost->pue_why}}));
  }

  void cost() {
    ObjectWriter out = out_.object("cost");
    out.text("basis", name_of(request_.basis));
    out.text("price_rule", o_.priced() ? o_.cost->rule : o_.cost->missing);
    out.number("tco_years", request_.years, demand_.years);
    if (!o_.priced()) {
      for (const char* key :
           {"usd_per_hour", "usd_per_month", "tco_usd", "usd_per_million_output_tokens"})
        out.null(key);
      return;
    }
    const Why per_gpu = why_card_cost(*o_.cost);
    const double total = o_.tco().in(units::USD);
    const Why tco = why_formula(formula("plan.tco"), "total cost", total,
                                {{"gpus", gpus_}, {"per_gpu", per_gpu}});
    const double hourly = total / (request_.years * 8765.82);
    const Why per_hour = why_formula(formula("plan.usd_per_hour"), "cost per hour", hourly,
                                     {{"tco", tco}, {"years", demand_.years}});
    out.number("usd_per_hour", hourly, per_hour);
    const double monthly = total / (request_.years * 12.0);
    out.number("usd_per_month", monthly,
               why_formula(formula("plan.usd_per_month"), "cost per month", monthly,
                           {{"tco", tco}, {"years", demand_.years}}));
    out.number("tco_usd", total, tco);
    const double per_million = hourly / (request_.qps * o_.request.output_tokens * 3600.0) * 1e6;
    out.number(
        "usd_per_million_output_tokens", per_million,
        why_formula(formula("plan.usd_per_million_output_tokens"), "cost per million output tokens",
                    per_million, {{"usd_per_hour", per_hour}, {"output_rate", output_rate_}}));
    for (const CostLine& line : o_.cost->lines) write_line(out, line);
  }

  void write_line(ObjectWriter& out, const CostLine& line) {
    ObjectWriter row = out.append("lines");
    row.text("id", line.id);
    const double amount = dbl(o_.gpus) * line.per_gpu.in(units::USD);
    row.number("amount_usd", amount,
               why_formula(formula("plan.tco"), fmt::format("{} of the fleet", line.id), amount,
                           {{"gpus", gpus_}, {"per_gpu", line.why}}));
  }

  ObjectWriter out_;
  const PlanOption& o_;
  const std::optional<ClosedForm>& form_;
  const PlanRequest& request_;
  const DemandWhys& demand_;
  const std::shared_ptr<const void>& owner_;
  StepEstimator estimator_;
  Why tp_;
  Why pp_;
  Why ep_;
  Why dp_;
  Why replicas_;
  Why gpus_;
  Why replica_capacity_;
  Why output_rate_;
};

}  // namespace

void write_option(ObjectWriter out, std::int64_t rank, const PlanOption& option,
                  const std::optional<ClosedForm>& percentiles, const PlanRequest& request,
                  const DemandWhys& demand, const std::shared_ptr<const void>& owner) {
  OptionWriter(out, option, percentiles, request, demand, owner).write(rank);
}

std::span<const Formula> plan_option_formulas() { return kFormulas; }

}  // namespace gpusize
