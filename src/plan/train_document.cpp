#include "gpusize/plan/train_document.hpp"

#include <cmath>

#include <fmt/format.h>

#include "plan/assumptions.hpp"
#include "plan/train_post_writer.hpp"
#include "plan/train_why.hpp"
#include "plan/why_facts.hpp"

namespace gpusize {
namespace {

using namespace plan;

constexpr std::string_view kSchema = "https://gpusize.dev/schema/train-1.schema.json";

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// Numbers of the request, each with the place that stated it.
struct InputWriter {
  ObjectWriter& out;
  const TrainRequest& request;

  [[nodiscard]] std::string origin(std::string_view key) const {
    for (const TrainStatement& s : request.statements) {
      if (s.input == key && !s.overridden)
        return fmt::format("{}, {}{}", s.setting.where.str(), s.setting.written,
                           s.setting.implied ? " not stated" : "");
    }
    return "the request";
  }
  void whole(std::string_view key, const std::optional<std::int64_t>& value) const {
    if (!value) return out.null(key);
    out.integer(key, *value, why_input(std::string(key), dbl(*value), "", origin(key)));
  }
  void real(std::string_view key, const std::optional<double>& value,
            std::string_view unit = {}) const {
    if (!value) return out.null(key);
    out.number(key, *value, why_input(std::string(key), *value, std::string(unit), origin(key)));
  }
};

void write_post_inputs(const InputWriter& in, const PostRequest& p) {
  in.real("prompt_tokens", p.prompt_tokens, "tokens");
  in.real("response_tokens", p.response_tokens, "tokens");
  in.real("longest_response", p.longest_response, "tokens");
  in.whole("group_size", p.group);
  in.real("round_sequences", p.round_sequences, "sequences");
  in.whole("round_epochs", p.epochs);
  in.out.flag("no_reference", p.no_reference);
  in.out.flag("offload_frozen", p.offload);
  in.out.text("reward_model", p.reward_model);
  in.out.text("critic_model", p.critic_model);
  in.out.text("rollout_engine", p.engine);
  in.out.text("rollout_weights", p.weights);
  in.real("rollout_rate", p.rate, "tokens/s");
}

void texts(ObjectWriter& out, std::string_view key, const std::vector<std::string>& values) {
  out.list(key);
  for (const std::string& value : values) out.append_text(key, value);
}

void write_inputs(ObjectWriter out, const TrainRequest& r) {
  const InputWriter in{out, r};
  texts(out, "from", r.from);
  out.text("model", r.model);
  texts(out, "set", r.overrides);
  texts(out, "gpu", r.gpus);
  std::vector<std::string> counts;
  for (const std::int64_t count : r.counts) counts.push_back(fmt::format("{}", count));
  texts(out, "gpus", counts);
  in.whole("max_gpus", r.max_gpus);
  in.real("tokens", r.tokens, "tokens");
  in.real("sequence", r.sequence, "tokens");
  in.real("global_batch", r.global_batch, "sequences");
  out.text("method", r.method);
  out.text("precision", r.precision);
  out.text("optimizer", r.optimizer);
  out.text("moments", r.moments);
  out.text("activation_cache", r.activation_cache);
  out.text("recompute", r.recompute);
  texts(out, "recompute_parts", r.recompute_parts);
  out.text("framework", r.framework);
  out.text("attention", r.attention);
  out.text("schedule", r.schedule);
  in.whole("lora_rank", r.lora_rank);
  out.flag("lora_experts", r.lora_experts);
  out.flag("mtp", r.mtp);
  out.flag("offload", r.offload);
  in.real("dataset_size", r.dataset, "examples");
  in.real("epochs", r.epochs);
  out.text("objective", r.post.objective);
  if (r.post.asked()) write_post_inputs(in, r.post);
  in.whole("tp", r.tp);
  in.whole("pp", r.pp);
  in.whole("cp", r.cp);
  in.whole("ep", r.ep);
  in.whole("etp", r.etp);
  in.whole("dp", r.dp);
  in.whole("interleave", r.interleave);
  in.whole("micro_batch", r.micro_batch);
  in.whole("zero", r.zero);
  in.whole("accumulation", r.accumulation);
  in.whole("shard_group", r.shard_group);
  if (r.sequence_parallel) {
    out.flag("sequence_parallel", *r.sequence_parallel);
  } else {
    out.null("sequence_parallel");
  }
  in.real("deadline_days", r.deadline_days, "days");
  in.real("budget_usd", r.budget_usd, "USD");
  out.text("rank_by", r.rank_by);
  out.text("price_basis", name_of(r.basis));
  out.text("price_tier", r.tier);
  out.text("region", r.region);
  in.whole("top", r.top);
  out.flag("all_layouts", r.all_layouts);
  out.flag("one_point", r.one_point);
}

/// What files stated, with places; empty without files.
void write_statements(ObjectWriter& root, const TrainRequest& r) {
  root.list("statements");
  for (const TrainStatement& s : r.statements) {
    ObjectWriter row = root.append("statements");
    row.text("input", s.input);
    row.text("value", s.setting.value);
    row.text("key", s.setting.written);
    row.text("place", s.setting.where.str());
    row.flag("implied", s.setting.implied);
    row.flag("overridden", s.overridden);
  }
}

void write_layout(ObjectWriter out, const TrainLayout& l) {
  const auto degree = [&](std::string_view key, std::int64_t v) {
    out.integer(key, v, why_count(std::string(key), dbl(v), "degree of the layout"));
  };
  degree("tp", l.tp);
  degree("pp", l.pp);
  degree("cp", l.cp);
  degree("ep", l.ep);
  degree("dp", l.dp);
  degree("etp", l.etp);
  degree("vpp", l.interleave);
}

void write_memory(ObjectWriter out, const TrainWhys& w, const TrainOption& o) {
  const auto row = [&](std::string_view key, const Why& why) { out.number(key, why->value, why); };
  row("parameters", w.parameters);
  row("gradients", w.gradients);
  row("optimizer", w.optimizer);
  row("activations", w.activations);
  row("logits", w.logits);
  row("communication", w.communication);
  row("other", w.other);
  for (const auto& [key, why] : w.side_models) row(key, why);
  row("total", w.total);
  row("capacity", w.capacity);
  out.integer("stage", o.memory.stage, why_count("stage", dbl(o.memory.stage), "the fullest one"));
  out.text("moment", name_of(o.memory.memory.moment));
}

void write_run(ObjectWriter& out, const TrainOption& o, const Catalog& catalog,
               const TrainRequest& r) {
  if (o.duration <= Seconds{}) {
    for (const char* key : {"steps", "goodput", "days", "cost_usd", "energy_kwh", "carbon_t"})
      out.null(key);
    return;
  }
  if (r.dataset > 0.0 && r.tokens <= 0.0) {
    const Why tokens = why_dataset_tokens(r, o.job.spec);
    out.number("tokens", tokens->value, tokens);
  }
  const auto found = [&](std::string_view key, double value, std::string unit, std::string note) {
    out.number(key, value,
               why_search(std::string(key), value, std::move(unit), std::move(note), {}));
  };
  found("steps", o.steps, "", "tokens over tokens per step");
  found("goodput", o.goodput, "",
        "checkpoints at the best interval, lost work and restarts at the catalog's failure rate");
  found("days", o.duration.in(units::day), "days",
        o.round ? "optimizer steps times a round's time per step, over goodput"
                : "steps times step time over goodput");
  if (o.cost) {
    found("cost_usd", o.cost->in(units::USD), "USD", "GPU-hours at the price of docs/tco.md");
  } else {
    out.null("cost_usd");
  }
  const double kwh = o.energy.in(units::kWh);
  found("energy_kwh", kwh, "kWh", "TDP and host share of every GPU, times PUE");
  const RegionEnergy* region = catalog.region(r.region);
  if (region != nullptr && region->carbon_g_per_kwh) {
    const double grams = *region->carbon_g_per_kwh;
    found("carbon_t", kwh * grams / 1e6, "t CO2e",
          fmt::format("{:g} g/kWh, {} ({}, {})", grams, region->name, region->carbon_source.title,
                      region->carbon_source.as_of));
  } else {
    out.null("carbon_t");
  }
}

void write_parts(ObjectWriter out, const TrainStep& s, const Why& step) {
  for (const auto& [key, why] : step->inputs) out.number(key, why->value, why);
  static_cast<void>(s);
}

void write_option(ObjectWriter out, const TrainOption& o, std::int64_t rank, const Catalog& catalog,
                  const TrainRequest& r) {
  const TrainWhys w = why_training(o);
  out.integer("rank", rank, why_count("rank", dbl(rank), "order of the list"));
  out.text("gpu", o.job.gpu->id);
  out.integer("gpus", o.job.layout.gpus(),
              why_count("gpus", dbl(o.job.layout.gpus()), "tp * pp * cp * dp"));
  out.flag("fits", o.memory.memory.total() <= o.job.gpu->memory);
  write_layout(out.object("layout"), o.job.layout);
  out.text("framework", o.job.framework->id);
  out.text("method", name_of(o.job.spec.method));
  out.text("precision", name_of(o.job.spec.precision));
  out.text("recompute", name_of(o.job.spec.recompute));
  out.list("recompute_parts");
  for (const std::string_view part : parts_of(o.job.spec)) out.append_text("recompute_parts", part);
  out.text("schedule", name_of(o.job.layout.schedule));
  out.flag("sequence_parallel", o.job.layout.sequence_parallel);
  out.flag("offload_optimizer", o.job.layout.offload_optimizer);
  const auto count = [&](std::string_view key, double v, const char* note) {
    out.number(key, v, why_count(std::string(key), v, note));
  };
  count("zero_stage", dbl(o.job.layout.zero), "what is sharded over replicas");
  count("shard_group", dbl(o.job.layout.zero > 0 ? o.job.layout.shards() : 1),
        "replicas that share one copy of what is sharded");
  count("micro_batch", dbl(o.job.layout.micro_batch), "sequences per pass");
  count("global_batch", o.job.spec.global_batch, "sequences per step");
  ObjectWriter time = out.object("step_time_s");
  time.number("value", w.step_time->value, w.step_time);
  time.number("low", w.low->value, w.low);
  time.number("high", w.high->value, w.high);
  write_parts(out.object("step_parts_s"), o.step, w.step_time);
  out.number("tokens_per_s_per_gpu", w.tokens_per_s->value, w.tokens_per_s);
  out.number("mfu", w.mfu->value, w.mfu);
  out.number("hfu", w.hfu->value, w.hfu);
  out.number("bubble_fraction", w.bubble->value, w.bubble);
  write_memory(out.object("memory_per_gpu_bytes"), w, o);
  if (o.round) write_round(out.object("post_training"), o, r.post);
  write_run(out, o, catalog, r);
}

/// What one layer keeps, tensor by tensor.
void write_tensors(ObjectWriter& root, const TrainOption& o) {
  root.list("saved_tensors");
  const ModelCosts costs = model_costs(o.job);
  for (std::size_t k = 0; k < costs.kinds.size(); ++k) {
    for (const SavedTensor& t : costs.kinds[k].tensors) {
      ObjectWriter row = root.append("saved_tensors");
      row.integer("kind", static_cast<std::int64_t>(k),
                  why_count("kind", static_cast<double>(k), "kind of layer"));
      row.text("operator", t.op);
      row.text("tensor", t.what);
      const auto number = [&](std::string_view key, double v, const char* note) {
        row.number(key, v, why_count(std::string(key), v, note));
      };
      number("elements", t.elements, "on one GPU, one pass");
      number("element_bytes", t.element_bytes, "stored format");
      number("count", t.count, "equal tensors");
      number("bytes", t.bytes().in(units::B), "elements * element_bytes * count");
      row.flag("kept", is_kept(t, o.job.spec));
    }
  }
}

void write_rejected(ObjectWriter& root, const TrainPlan& plan, std::int64_t top) {
  root.list("rejected");
  std::int64_t shown = 0;
  for (const TrainObstacle& x : plan.rejected) {
    if (++shown > 4 * top) break;
    ObjectWriter row = root.append("rejected");
    row.text("gpu", x.gpu);
    row.integer("gpus", x.gpus, why_count("gpus", dbl(x.gpus), "tried"));
    row.text("what", x.what);
    row.number("needed", x.needed,
               why_search("needed", x.needed, x.unit, "the best layout found", {}));
    row.number("available", x.available,
               why_search("available", x.available, x.unit, "the limit", {}));
    row.text("unit", x.unit);
    row.text("layout", describe(x.layout));
    row.text("recompute", x.recompute);
  }
}

}  // namespace

Result<ResultDocument> train_document(const Catalog& catalog, const ModelSpec& model,
                                      const TrainRequest& request) {
  const auto frameworks = shipped_frameworks();
  if (!frameworks.ok()) return frameworks.errors();
  const auto plan = plan_training(catalog, *frameworks, model, request);
  if (!plan.ok()) return plan.errors();
  ResultDocument document(kSchema, "train");
  ObjectWriter root = document.root();
  root.object("catalog").text("version", catalog.version());
  const bool feasible = !plan->options.empty() &&
                        (!request.one_point || plan->options.front().memory.memory.total() <=
                                                   plan->options.front().job.gpu->memory);
  root.text("status", feasible ? "feasible" : "infeasible");
  root.text("model_name", model.name);
  write_inputs(root.object("inputs"), request);
  write_statements(root, request);
  root.list("assumptions");
  root.list("options");
  std::int64_t rank = 0;
  for (const TrainOption& option : plan->options) {
    if (++rank > request.top) break;
    write_option(root.append("options"), option, rank, catalog, request);
  }
  if (request.one_point && !plan->options.empty()) write_tensors(root, plan->options.front());
  write_rejected(root, *plan, request.top);
  if (plan->nearest) {
    root.text("nearest_note", plan->nearest_note);
    write_option(root.object("nearest"), *plan->nearest, 1, catalog, request);
  }
  if (plan->fewest) write_option(root.object("fewest"), *plan->fewest, 1, catalog, request);
  ObjectWriter search = root.object("search");
  search.number("covered", plan->covered,
                why_count("covered", plan->covered, "points of the space"));
  search.number("estimated", plan->estimated,
                why_count("estimated", plan->estimated, "points whose time was computed"));
  texts(root, "notes", plan->choice.notes);
  root.list("not_assessed");
  for (const std::string& text : model.not_assessed) {
    ObjectWriter row = root.append("not_assessed");
    row.text("what", "model");
    row.text("reason", text);
  }
  for (const TrainGap& gap : request.gaps) {
    ObjectWriter row = root.append("not_assessed");
    row.text("what", gap.what);
    row.text("reason", gap.reason);
    row.text("place", gap.where.str());
  }
  write_assumptions(document);
  return document;
}

}  // namespace gpusize
