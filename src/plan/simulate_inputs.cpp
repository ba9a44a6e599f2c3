// The request of `simulate` as a document's `inputs`, and back.

#include "plan/simulate_inputs.hpp"
#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/simulate_document.hpp"

namespace gpusize {
namespace {

/// Every field once, for writing and reading alike. `visit` is given key, option and field.
template <typename Request, typename Visit>
void each_field(Request& r, Visit visit) {
  visit("model", "--model", r.deployment.model);
  visit("gpu", "--gpu", r.deployment.gpu);
  visit("tp", "--tp", r.deployment.layout.tp);
  visit("pp", "--pp", r.deployment.layout.pp);
  visit("ep", "--ep", r.deployment.layout.ep);
  visit("dp", "--dp", r.deployment.layout.dp);
  visit("weights", "--weights", r.deployment.weights);
  visit("kv", "--kv", r.deployment.kv);
  visit("engine", "--engine", r.deployment.engine);
  visit("memory_fraction", "--memory-fraction", r.deployment.memory_fraction);
  visit("max_batched_tokens", "--max-batched-tokens", r.deployment.max_batched_tokens);
  visit("max_sequences", "--max-sequences", r.deployment.max_sequences);
  visit("mtp", "--mtp", r.deployment.mtp);
  visit("two_batch_overlap", "--two-batch-overlap", r.deployment.two_batch_overlap);
  visit("replicas", "--replicas", r.replicas);
  visit("qps", "--qps", r.qps);
  visit("workload", "--workload", r.workload);
  visit("input_tokens", "--input-tokens", r.input_tokens);
  visit("output_tokens", "--output-tokens", r.output_tokens);
  visit("trace", "--trace", r.trace);
  visit("trace_format", "--trace-format", r.trace_format);
  visit("trace_from_s", "--trace-from-s", r.trace_from_s);
  visit("trace_to_s", "--trace-to-s", r.trace_to_s);
  visit("trace_loop", "--trace-loop", r.trace_loop);
  visit("trace_rate", "--qps", r.trace_rate);
  visit("lengths", "--lengths", r.lengths);
  visit("arrival", "--arrival", r.arrival);
  visit("burstiness", "--burstiness", r.burstiness);
  visit("concurrency", "--concurrency", r.concurrency);
  visit("cache_hit_share", "--cache-hit-share", r.cache_hit_share);
  visit("shared_prefix", "--shared-prefix", r.shared_prefix);
  visit("prefix_groups", "--prefix-groups", r.prefix_groups);
  visit("turns", "--turns", r.turns);
  visit("think_s", "--think-s", r.think_s);
  visit("requests", "--requests", r.requests);
  visit("seed", "--seed", r.seed);
  visit("warmup_share", "--warmup-share", r.warmup_share);
  visit("ttft_ms", "--ttft-ms", r.ttft_ms);
  visit("tpot_ms", "--tpot-ms", r.tpot_ms);
  visit("e2e_ms", "--e2e-ms", r.e2e_ms);
  visit("router", "--router", r.router);
  visit("draft_tokens", "--draft-tokens", r.draft_tokens);
  visit("acceptance", "--acceptance", r.acceptance);
  visit("draft_cost", "--draft-cost", r.draft_cost);
  visit("prefill_replicas", "--prefill-replicas", r.prefill_replicas);
  visit("lose_replicas", "--lose-replicas", r.lose_replicas);
  visit("lose_from_s", "--lose-from-s", r.lose_from_s);
  visit("lose_to_s", "--lose-to-s", r.lose_to_s);
  visit("rolling_restart", "--rolling-restart", r.rolling_restart);
  visit("autoscale_least", "--autoscale-least", r.autoscale_least);
  visit("autoscale_target", "--autoscale-target", r.autoscale_target);
  visit("load_s", "--load-s", r.load_s);
}

struct Writer {
  ObjectWriter& out;
  void operator()(const char* key, const char*, const std::string& text) { out.text(key, text); }
  void operator()(const char* key, const char*, const bool& flag) { out.flag(key, flag); }
  void operator()(const char* key, const char* option, const double& value) {
    out.number(key, value, why_input(key, value, "", option));
  }
  void operator()(const char* key, const char* option, const std::int64_t& value) {
    out.integer(key, value, why_input(key, static_cast<double>(value), "", option));
  }
  template <typename T>
  void operator()(const char* key, const char* option, const std::optional<T>& value) {
    value ? (*this)(key, option, *value) : out.null(key);
  }
};

struct Reader {
  MapReader& in;
  void operator()(const char* key, const char*, std::string& text) {
    text = in.text(key).value_or(text);
  }
  void operator()(const char* key, const char*, bool& flag) {
    flag = in.boolean(key).value_or(flag);
  }
  void operator()(const char* key, const char*, double& value) {
    value = in.number(key).value_or(value);
  }
  void operator()(const char* key, const char*, std::int64_t& value) {
    value = in.integer(key).value_or(value);
  }
  void operator()(const char* key, const char*, std::optional<double>& value) {
    if (const Node node = in.node(key); node && !node.is_null()) value = in.number(key);
  }
  void operator()(const char* key, const char*, std::optional<std::int64_t>& value) {
    if (const Node node = in.node(key); node && !node.is_null()) value = in.integer(key);
  }
};

}  // namespace

void write_simulate_inputs(ObjectWriter out, const SimulateRequest& r) {
  each_field(r, Writer{out});
  out.list("set");
  for (const std::string& text : r.deployment.overrides) out.append_text("set", text);
}

Result<SimulateRequest> read_simulate_request(Node inputs) {
  Diagnostics problems;
  MapReader reader(inputs, "inputs of a simulation", "sim", problems);
  SimulateRequest r;
  reader.required_text("model");
  reader.required_text("gpu");
  each_field(r, Reader{reader});
  r.deployment.overrides = reader.texts("set");
  if (has_errors(problems)) return problems;
  return r;
}

}  // namespace gpusize
