#include "gpusize/plan/plan_document.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "gpusize/core/confidence_below.hpp"
#include "plan/percentiles.hpp"
#include "plan/plan_option_writer.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/plan-1.schema.json";

Why input(std::string label, double value, std::string unit, std::string option) {
  return why_input(std::move(label), value, std::move(unit), std::move(option));
}

DemandWhys demand_whys(const Catalog& catalog, const PlanRequest& r) {
  DemandWhys w;
  w.qps = input("qps", r.qps, "1/s", "--qps");
  w.headroom = input("headroom", r.headroom, "ratio", "--headroom");
  w.spare_nodes =
      input("spare_nodes", static_cast<double>(r.spare_nodes), "nodes", "--spare-nodes");
  w.years = input("years", r.years, "years", "--years");
  w.workload = demand_workload(catalog, r);
  const auto workload = catalog.find_workload(r.workload);
  if (!workload.ok()) {
    w.input_tokens = input("input_tokens", r.input_tokens, "tokens", "--input-tokens");
    w.output_tokens = input("output_tokens", r.output_tokens, "tokens", "--output-tokens");
    return w;
  }
  const WorkloadProfile& p = *workload->entry;
  w.input_tokens = why_fact("input_tokens", r.input_tokens, "tokens", NumberKind::kAssumed,
                            p.source, p.confidence, p.note);
  w.output_tokens = why_fact("output_tokens", r.output_tokens, "tokens", NumberKind::kAssumed,
                             p.source, p.confidence, p.note);
  return w;
}

void write_list(ObjectWriter& out, std::string_view key, const std::vector<std::string>& values) {
  out.list(key);
  for (const std::string& value : values) out.append_text(key, value);
}

void write_target(ObjectWriter& out, std::string_view key, const std::optional<Seconds>& target,
                  std::string option) {
  if (target) {
    out.number(key, target->in(units::ms),
               input(std::string(key), target->in(units::ms), "ms", std::move(option)));
  } else {
    out.null(key);
  }
}

void write_inputs(ObjectWriter out, const PlanRequest& r, const DemandWhys& demand) {
  out.text("model", r.model);
  write_list(out, "set", r.overrides);
  out.number("qps", r.qps, demand.qps);
  out.text("workload", r.workload);
  if (!r.trace.empty()) {
    out.text("trace", r.trace);
    out.text("trace_format", r.trace_format);
  }
  out.number("input_tokens", r.input_tokens, demand.input_tokens);
  out.number("output_tokens", r.output_tokens, demand.output_tokens);
  write_target(out, "ttft_ms", r.targets.ttft, "--ttft-ms");
  write_target(out, "tpot_ms", r.targets.tpot, "--tpot-ms");
  write_target(out, "e2e_ms", r.targets.e2e, "--e2e-ms");
  write_percentile_targets(out, r.percentiles);
  write_list(out, "gpus", r.gpus);
  write_list(out, "vendors", r.vendors);
  write_list(out, "slices", r.slices);
  const auto whole = [&](std::string_view key, std::int64_t value, std::string option) {
    out.integer(key, value,
                input(std::string(key), static_cast<double>(value), "", std::move(option)));
  };
  whole("max_gpus", r.max_gpus, "--max-gpus (0: no limit)");
  write_list(out, "weights", r.weights);
  write_list(out, "kv", r.kv);
  write_list(out, "engines", r.engines);
  out.text("price_basis", name_of(r.basis));
  out.text("price_tier", r.tier);
  out.text("region", r.region);
  out.number("years", r.years, demand.years);
  out.number("headroom", r.headroom, demand.headroom);
  out.integer("spare_nodes", r.spare_nodes, demand.spare_nodes);
  out.text("rank_by", name_of(r.rank_by));
  whole("top", r.top, "--top");
  if (r.two_batch_overlap) out.flag("two_batch_overlap", true);
  out.flag("all_layouts", r.all_layouts);
  out.flag("allow_unverified", r.allow_unverified);
}

/// Assumptions once each, in the order of the options that use them.
class AssumptionList {
 public:
  explicit AssumptionList(ObjectWriter& out) : out_(out) { out_.list("assumptions"); }

  void add(const Why& why) {
    if (why == nullptr || !seen_.insert(why->label).second) return;
    ObjectWriter row = out_.append("assumptions");
    row.text("id", why->label);
    row.number("value", why->value, why);
    row.text("unit", why->unit);
    row.text("source", why->source.title.empty() ? why->note : why->source.title);
    if (why->source.as_of.empty()) {
      row.null("as_of");
    } else {
      row.text("as_of", why->source.as_of);
    }
    row.text("kind", name_of(why->kind));
    row.text("confidence", name_of(confidence_.of(*why)));
  }

  void add(const EngineProfile& engine) {
    for (const EngineFact& fact : engine.facts) {
      add(why_fact(fmt::format("{}.{}", engine.id, fact.key), fact.value, fact.unit, fact.kind,
                   fact.source, fact.confidence, fact.note));
    }
  }

 private:
  ObjectWriter& out_;
  std::set<std::string> seen_;
  ConfidenceBelow confidence_;
};

void write_assumptions(ObjectWriter& out, const PlanResult& plan, const DemandWhys& demand) {
  AssumptionList list(out);
  list.add(demand.input_tokens);
  list.add(demand.output_tokens);
  list.add(demand.headroom);
  for (const PlanOption& option : plan.options) {
    for (const Why& why : option.cost->assumptions) list.add(why);
  }
  for (const PlanOption& option : plan.options) list.add(*option.replica.engine);
}

void write_rejected(ObjectWriter& out, const PlanResult& plan) {
  out.list("rejected");
  for (const PlanRejection& r : plan.rejected) {
    ObjectWriter row = out.append("rejected");
    row.text("gpu", r.gpu);
    row.text("layout", r.layout);
    row.text("reason", r.reason);
    if (r.unit.empty()) {
      row.null("needed");
      row.null("available");
    } else {
      const std::string note = fmt::format("{} {}: {}", r.gpu, r.layout, r.reason);
      row.number("needed", r.needed, why_search("needed", r.needed, r.unit, note, {}));
      row.number("available", r.available, why_search("available", r.available, r.unit, note, {}));
    }
    row.text("unit", r.unit);
  }
}

void write_not_assessed(ObjectWriter& out, const ModelSpec& model, const PlanResult& plan) {
  out.list("not_assessed");
  const auto add = [&](const std::string& what, const std::string& reason) {
    ObjectWriter row = out.append("not_assessed");
    row.text("what", what);
    row.text("reason", reason);
  };
  for (const std::string& item : model.not_assessed) add("model", item);
  for (const PlanOption& option : plan.options) {
    const EngineProfile& engine = *option.replica.engine;
    if (engine.continuous_batching && !engine.bare_kernels) continue;
    add("latency percentiles", fmt::format("{} runs static batches: means only", engine.id));
    break;
  }
  for (const NotAssessed& n : plan.not_assessed) add(n.what, n.reason);
}

void write_search(ObjectWriter out, const PlanResult& plan) {
  const auto count = [](std::string label, std::int64_t value, std::string note) {
    return why_count(std::move(label), static_cast<double>(value), std::move(note));
  };
  out.integer("considered", plan.considered,
              count("considered", plan.considered,
                    "card x engine x format x layout x batch points covered"));
  out.integer("evaluated", plan.evaluated,
              count("evaluated", plan.evaluated,
                    "points estimated; the rest fell to an exact check or a proven bound"));
  out.text("summary",
           fmt::format("{} points considered, {} estimated", plan.considered, plan.evaluated));
}

}  // namespace

ResultDocument plan_document(const Catalog& catalog, const ModelSpec& model,
                             const PlanRequest& request, const PlanResult& plan,
                             const std::shared_ptr<const void>& owner) {
  ResultDocument document(kSchema, "plan");
  ObjectWriter out = document.root();
  out.object("catalog").text("version", catalog.version());
  out.text("status", plan.options.empty() ? "infeasible" : "feasible");
  const DemandWhys demand = demand_whys(catalog, request);
  write_inputs(out.object("inputs"), request, demand);
  out.text("model", model.id);
  out.text("price_rule", plan.options.empty()       ? "no option"
                         : plan.options[0].priced() ? plan.options[0].cost->rule
                                                    : plan.options[0].cost->missing);
  write_search(out.object("search"), plan);
  write_assumptions(out, plan, demand);
  out.list("options");
  const auto percentiles = stated_percentiles(plan.options, demand.workload, request.jobs);
  for (std::size_t i = 0; i < plan.options.size(); ++i)
    write_option(out.append("options"), static_cast<std::int64_t>(i + 1), plan.options[i],
                 percentiles[i], request, demand, owner);
  write_rejected(out, plan);
  write_not_assessed(out, model, plan);
  out.list("notes");
  for (const std::string& note : plan.notes) out.append_text("notes", note);
  return document;
}

}  // namespace gpusize
