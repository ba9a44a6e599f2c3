#include "cli/simulate_options.hpp"

#include <fmt/format.h>

#include "cli/estimate_options.hpp"
#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/serve/workload_file.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

void add_fleet(Parser& app, SimulateOptions& o) {
  SimulateRequest& r = o.request;
  app.add_option("--plan", o.plan, "A plan as JSON: simulate one of its options");
  app.add_option("--rank", o.rank, "Which option of the plan (default 1)");
  app.add_option("--model", r.deployment.model, "Catalog name, config.json, or a folder with one");
  app.add_option("--set", r.deployment.overrides, "Change a config field: name=value (repeatable)")
      ->take_all();
  app.add_option("--gpu", r.deployment.gpu, "The card, any of its names");
  app.add_option("--replicas", o.replicas, "Copies of the model (default 1)");
  app.add_option("--tp", o.tp, "Tensor-parallel degree");
  app.add_option("--pp", o.pp, "Pipeline stages");
  app.add_option("--ep", o.ep, "GPUs that share out whole experts");
  app.add_option("--dp", o.dp, "Attention data parallelism inside the replica");
  app.add_option("--weights", r.deployment.weights, "native, bf16, fp8, int8, awq, ...");
  app.add_option("--kv", r.deployment.kv, "KV cache format: auto, bf16, fp8, ...");
  app.add_option("--engine", r.deployment.engine, "auto, vllm, sglang, tensorrt-llm, ...");
  app.add_option("--memory-fraction", r.deployment.memory_fraction,
                 "The engine's memory fraction, in its own meaning");
  app.add_option("--max-batched-tokens", r.deployment.max_batched_tokens,
                 "Most tokens that the engine puts into one step");
  app.add_option("--max-sequences", r.deployment.max_sequences,
                 "Most sequences that the engine runs at once");
  add_overlap_option(app, r.deployment.two_batch_overlap);
  app.add_option("--router", r.router, "least-loaded (default), round-robin or prefix-aware");
  app.add_option("--prefill-replicas", r.prefill_replicas,
                 "Disaggregated: so many replicas prefill, --replicas decode");
  app.add_option("--split-replicas", o.split_replicas,
                 "Disaggregated: so many replicas in all, in the split with the best goodput");
}

void add_load(Parser& app, SimulateOptions& o) {
  SimulateRequest& r = o.request;
  app.add_option("--qps", o.qps, "Requests per second");
  app.add_option("--workload", r.workload,
                 "A profile by name (default chat), or a file of your own (docs/serving.md)");
  app.add_option("--input-tokens", r.input_tokens, "Mean prompt length, in place of the profile's");
  app.add_option("--output-tokens", r.output_tokens, "Mean answer length");
  app.add_option("--trace", r.trace, "Requests of a trace: Azure, BurstGPT, Mooncake, vLLM, CSV");
  app.add_option("--trace-format", r.trace_format, "Its format (default: found by the header)");
  app.add_option("--trace-from-s", r.trace_from_s, "Only from this time of the trace");
  app.add_option("--trace-to-s", r.trace_to_s, "Only until this time of the trace");
  app.add_flag("--trace-loop", r.trace_loop, "Begin the trace again until --requests");
  app.add_option("--lengths", r.lengths, "profile (its spread), fixed or exponential");
  app.add_option("--arrival", r.arrival, "poisson, gamma, constant, burst (all at 0) or closed");
  app.add_option("--burstiness", r.burstiness, "Gamma shape of the gaps: 1 is Poisson");
  app.add_option("--concurrency", r.concurrency, "Closed loop: requests kept in flight");
  app.add_option("--cache-hit-share", r.cache_hit_share, "Share of the prompt found in the cache");
  app.add_option("--shared-prefix", r.shared_prefix, "Tokens that prompts of a group begin with");
  app.add_option("--prefix-groups", r.prefix_groups, "Different shared prefixes (default 1)");
  app.add_option("--turns", r.turns, "Mean requests of a session; each repeats the history");
  app.add_option("--think-s", r.think_s, "Mean pause between an answer and the next turn");
  app.add_option("--requests", r.requests, "Requests to simulate (default 20000)");
  app.add_option("--seed", r.seed, "Seed of all random numbers (default 1)");
  app.add_option("--warmup-share", r.warmup_share, "Requests left out at the start (default 0.1)");
  app.add_option("--ttft-ms", r.ttft_ms, "Target of goodput: time to first token");
  app.add_option("--tpot-ms", r.tpot_ms, "Target of goodput: time per output token");
  app.add_option("--e2e-ms", r.e2e_ms, "Target of goodput: end to end");
}

void add_events(Parser& app, SimulateOptions& o) {
  SimulateRequest& r = o.request;
  app.add_option("--draft-tokens", r.draft_tokens, "Speculative: tokens proposed per step");
  app.add_option("--acceptance", r.acceptance, "Chance that a proposed token is accepted");
  app.add_option("--draft-cost", r.draft_cost,
                 "Share of a step that proposing one token takes (default: its layers)");
  app.add_option("--lose-replicas", r.lose_replicas, "So many replicas are lost");
  app.add_option("--lose-from-s", r.lose_from_s, "When they are lost, or the restart begins");
  app.add_option("--lose-to-s", r.lose_to_s, "When they are back (default: never)");
  app.add_flag("--rolling-restart", r.rolling_restart, "Restart one replica after another");
  app.add_option("--autoscale-least", r.autoscale_least,
                 "Scale between so many and --replicas with the load");
  app.add_option("--autoscale-target", r.autoscale_target,
                 "Requests per replica that scaling aims at (default 16)");
  app.add_option("--load-s", r.load_s, "Seconds to load a model (default 120)");
}

Diagnostic plan_error(const std::string& file, std::string message, std::string hint = {}) {
  return make_error("sim-plan", std::move(message), {file, 0, 0}, std::move(hint));
}

/// The option's deployment and the plan's demand.
Diagnostics take_plan(SimulateRequest& r, const std::string& path, std::int64_t rank) {
  const auto document = read_document(path);
  if (!document.ok()) return document.errors();
  const Node root = document->root();
  const Node command = root.find("command");
  if (!command || command.text() != "plan")
    return {plan_error(path, "this is no plan", "gpusize plan ... --format json > plan.json")};
  const auto plan = read_plan_request(root.find("inputs"));
  if (!plan.ok()) return plan.errors();
  const Node options = root.find("options");
  Node option;
  std::int64_t at = 0;
  for (const Node o : options) {
    if (++at == rank) option = o;
  }
  if (!option) {
    return {plan_error(path, fmt::format("the plan has no option {}", rank),
                       fmt::format("it has {}", at))};
  }
  Diagnostics problems;
  MapReader in(option, "option of a plan", "sim", problems);
  MapReader layout(in.required("layout"), "layout of a plan", "sim", problems);
  r.deployment.model = plan->model;
  r.deployment.overrides = plan->overrides;
  r.deployment.gpu = in.required_text("gpu");
  r.deployment.engine = in.required_text("engine");
  const std::string weights = in.required_text("weights_dtype");
  const std::string kv = in.required_text("kv_dtype");
  r.deployment.weights = plan->weights.size() == 1 ? plan->weights.front() : weights;
  r.deployment.kv = plan->kv.size() == 1 ? plan->kv.front() : kv;
  r.deployment.two_batch_overlap = plan->two_batch_overlap;
  r.deployment.layout = {layout.required_integer("tp"), layout.required_integer("pp"),
                         layout.required_integer("ep"), layout.required_integer("dp")};
  r.replicas = in.required_integer("replicas");
  r.qps = plan->qps;
  if (!plan->trace.empty()) {
    r.trace = plan->trace;
    r.trace_format = plan->trace_format;
    r.trace_loop = true;
  } else if (plan->workload == "custom") {
    r.workload = "chat";
    r.input_tokens = plan->input_tokens;
    r.output_tokens = plan->output_tokens;
  } else {
    r.workload = plan->workload;
  }
  return problems;
}

}  // namespace

void add_simulate_options(Parser& app, SimulateOptions& o) {
  add_fleet(app, o);
  add_load(app, o);
  add_events(app, o);
}

Result<SimulateRequest> read_request(const SimulateOptions& o) {
  SimulateRequest r = o.request;
  if (!o.plan.empty()) {
    SimulateRequest planned = o.request;
    if (Diagnostics problems = take_plan(planned, o.plan, o.rank); has_errors(problems))
      return problems;
    // What the user wrote beside --plan wins.
    const SimulateRequest usual;
    if (!r.deployment.gpu.empty()) planned.deployment.gpu = r.deployment.gpu;
    if (!r.deployment.model.empty()) planned.deployment.model = r.deployment.model;
    if (r.deployment.engine != usual.deployment.engine)
      planned.deployment.engine = r.deployment.engine;
    if (r.workload != usual.workload) planned.workload = r.workload;
    if (r.input_tokens) planned.input_tokens = r.input_tokens;
    if (r.output_tokens) planned.output_tokens = r.output_tokens;
    r = std::move(planned);
  } else if (r.deployment.model.empty() || r.deployment.gpu.empty() ||
             (!o.qps && !r.concurrency && r.trace.empty() && !names_workload_file(r.workload))) {
    return make_error("sim-usage", "what to simulate is not said", {},
                      "--plan FILE, or --model, --gpu and --qps (or --concurrency, --trace)");
  }
  Layout& l = r.deployment.layout;
  l = {o.tp.value_or(l.tp), o.pp.value_or(l.pp), o.ep.value_or(l.ep), o.dp.value_or(l.dp)};
  r.replicas = o.replicas.value_or(r.replicas);
  if (!o.qps && o.plan.empty() && names_workload_file(r.workload)) {
    const auto file = read_workload_file(r.workload);
    if (!file.ok()) return file.errors();
    r.qps = file->workload.arrivals.rate;
  }
  r.qps = o.qps.value_or(r.qps);
  r.trace_rate = !r.trace.empty() && (o.qps || !o.plan.empty());
  return r;
}

}  // namespace gpusize::cli
