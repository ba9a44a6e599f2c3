// The result document of `check`.

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/gate/check.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/check-1.schema.json";
constexpr std::size_t kExcerpt = 160;

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kInfo: return "info";
  }
  return "info";
}

/// Writes one workload's stated values; what is not stated is null.
class Writer {
 public:
  Writer(ObjectWriter out, const DeployedWorkload& said) : out_(std::move(out)), said_(said) {}

  void text(std::string_view key, const Stated<std::string>& value) {
    if (value)
      out_.text(key, value->value);
    else
      out_.null(key);
  }
  void count(std::string_view key, const Stated<std::int64_t>& value) {
    if (value)
      integer(key, value->value, value->place);
    else
      out_.null(key);
  }
  void integer(std::string_view key, std::int64_t value, Place place) {
    out_.integer(key, value,
                 why_input(std::string(key), static_cast<double>(value), "",
                           fmt::format("{}:{}:{}", said_.file, place.line, place.column)));
  }
  void derived(std::string_view key, const std::optional<std::int64_t>& value,
               std::string_view how) {
    if (value)
      out_.integer(key, *value,
                   why_count(std::string(key), static_cast<double>(*value), std::string(how)));
    else
      out_.null(key);
  }
  void place(std::string_view key, int value) {
    out_.integer(key, value, why_count(std::string(key), value, "place in the file"));
  }
  ObjectWriter& out() { return out_; }

 private:
  ObjectWriter out_;
  const DeployedWorkload& said_;
};

std::optional<std::int64_t> experts_spread(const Assessment& a) {
  const ServingArgs& args = a.said->args;
  if (args.ep) return args.ep->value;
  if (!args.expert_parallel || !args.expert_parallel->value) return {};
  const std::int64_t tp = args.tp ? args.tp->value : 1;
  const std::int64_t dp = args.dp ? args.dp->value : 1;
  std::int64_t out = 0;
  return __builtin_mul_overflow(tp, dp, &out) ? std::nullopt : std::optional(out);
}

void write_memory(ObjectWriter out, const ReplicaMemory& m) {
  out.number("capacity", m.memory.capacity.in(units::B), m.why.capacity);
  out.number("usable", m.memory.usable.in(units::B), m.why.usable);
  out.number("weights", m.memory.weights.in(units::B), m.why.weights);
  out.number("activations", m.memory.activations.in(units::B), m.why.activations);
  out.number("runtime", m.memory.runtime.in(units::B), m.why.runtime);
  out.number("kv_room", m.memory.kv_room.in(units::B), m.why.kv_room);
  out.number("longest_request", m.one_request.in(units::B), m.one_request_why);
}

void write_number(ObjectWriter& out, std::string_view key,
                  const std::optional<FindingNumber>& number) {
  if (number)
    out.number(key, number->value, number->why);
  else
    out.null(key);
}

void write_workload(ObjectWriter row, const Assessment& a, const std::optional<WorkloadCost>& cost,
                    const std::optional<WorkloadService>& service) {
  const DeployedWorkload& w = *a.said;
  const ServingArgs& args = w.args;
  Writer out(row, w);
  row.text("file", w.file);
  out.place("line", w.place.line);
  row.text("kind", w.kind);
  row.text("workload", w.name);
  if (w.role.empty())
    row.null("role");
  else
    row.text("role", w.role);
  if (w.engine.empty())
    row.null("engine");
  else
    row.text("engine", w.engine == "tensorrt-llm" ? "trtllm" : w.engine);
  out.text("engine_version", w.engine_version);
  out.text("model", args.model);
  if (a.model != nullptr)
    row.text("model_id", a.model->id);
  else
    row.null("model_id");
  // Engines start with one tensor-parallel rank when nothing is said.
  const bool megatron = w.engine.starts_with("megatron");
  const bool serves = megatron || w.engine == "vllm" || w.engine == "sglang" ||
                      w.engine == "tensorrt-llm" || w.engine == "lmdeploy";
  const bool unknown_tp =
      std::any_of(w.unresolved.begin(), w.unresolved.end(), [](const UnresolvedValue& u) {
        return u.what.find("tp") != std::string::npos || u.what.find("tensor") != std::string::npos;
      });
  if (!args.tp && serves && !unknown_tp && w.kind != "vllm recipe")
    out.derived("tp", 1, "the engine's default");
  else
    out.count("tp", args.tp);
  const bool unknown_pp = std::any_of(
      w.unresolved.begin(), w.unresolved.end(),
      [](const UnresolvedValue& u) { return u.what.find("pipeline") != std::string::npos; });
  if (!args.pp && megatron && !unknown_pp)
    out.derived("pp", 1, "the trainer's default");
  else
    out.count("pp", args.pp);
  out.count("dp", args.dp);
  out.derived("ep", experts_spread(a),
              args.ep ? "stated" : "expert parallelism spreads over tp x dp");
  out.count("gpus_per_pod", w.gpus_per_pod);
  out.count("pods_per_replica", w.pods);
  out.derived("gpus_per_replica", w.gpus_per_replica,
              w.gpus_from_layout ? "product of the degrees" : "GPUs of a pod times pods");
  const std::optional<std::int64_t> replicas = w.max_replicas ? std::optional(w.max_replicas->value)
                                               : w.replicas   ? std::optional(w.replicas->value)
                                                              : std::nullopt;
  out.derived("replicas",
              replicas       ? replicas
              : w.total_gpus ? std::optional<std::int64_t>(1)
                             : std::nullopt,
              replicas ? "stated (the most, when autoscaled)" : "the kind's default");
  out.derived("total_gpus", w.total_gpus, "GPUs of a replica times replicas");
  out.text("gpu_resource", w.gpu_resource);
  if (a.gpu != nullptr)
    row.text("gpu", a.gpu->id);
  else
    out.text("gpu", w.gpu);
  out.count("max_model_len", args.max_model_len);
  out.count("max_num_seqs", args.max_num_seqs);
  out.count("max_num_batched_tokens", args.max_batched_tokens);
  if (args.memory_fraction) {
    row.number("memory_fraction", args.memory_fraction->value,
               why_input("memory fraction", args.memory_fraction->value, "",
                         fmt::format("{}:{}", w.file, args.memory_fraction->place.line)));
  } else {
    row.null("memory_fraction");
  }
  out.text("quantization", args.quantization);
  out.text("dtype", args.dtype);
  out.text("kv_cache_dtype", args.kv_cache_dtype);
  if (a.memory != nullptr)
    row.integer("kv_cache_tokens", a.memory->pool_tokens, a.memory->pool_tokens_why);
  else
    row.null("kv_cache_tokens");
  if (a.memory != nullptr)
    write_memory(row.object("memory_per_gpu_bytes"), *a.memory);
  else
    row.null("memory_per_gpu_bytes");
  if (cost)
    row.number("usd_per_hour", cost->usd_per_hour, cost->why);
  else
    row.null("usd_per_hour");
  if (service) {
    ObjectWriter at = row.object("service");
    write_number(at, "ttft_ms", service->ttft_ms);
    write_number(at, "tpot_ms", service->tpot_ms);
    at.number("capacity_req_per_s", service->capacity_per_s.value, service->capacity_per_s.why);
  } else {
    row.null("service");
  }
  row.flag("assessed", a.memory != nullptr);
  for (const std::string& text : a.notes) row.append_text("notes", text);
}

void write_finding(ObjectWriter row, const Finding& f, const DeploymentSet& deployments) {
  row.text("rule", f.rule->code);
  row.text("name", f.rule->name);
  row.text("severity", name_of(f.severity));
  row.text("message", f.message);
  row.text("path", f.file);
  row.integer("line", f.place.line, why_count("line", f.place.line, "place in the file"));
  row.integer("column", f.place.column, why_count("column", f.place.column, "place in the file"));
  write_number(row, "actual", f.actual);
  write_number(row, "limit", f.limit);
  row.text("unit", f.unit);
  row.text("help", f.help);
  row.text("object", f.object);
  row.text("fingerprint", f.fingerprint);
  if (f.baseline == BaselineState::kNone)
    row.null("baseline_state");
  else
    row.text("baseline_state", f.baseline == BaselineState::kNew ? "new" : "unchanged");
  if (f.suppressed.empty())
    row.null("suppressed");
  else
    row.text("suppressed", f.suppressed);
  const auto source = deployments.sources.find(f.file);
  if (source != deployments.sources.end()) {
    std::string_view line = source->second->line(f.place.line);
    row.text("excerpt", line.substr(0, std::min(line.size(), kExcerpt)));
  } else {
    row.null("excerpt");
  }
}

void write_inputs(ObjectWriter out, const CheckRequest& r) {
  out.list("paths");
  for (const std::string& path : r.paths) out.append_text("paths", path);
  out.list("command");
  for (const std::string& word : r.command) out.append_text("command", word);
  out.list("model_map");
  for (const std::string& pair : r.model_map) out.append_text("model_map", pair);
  const auto text = [&](std::string_view key, const std::string& value) {
    if (value.empty())
      out.null(key);
    else
      out.text(key, value);
  };
  text("gpu", r.defaults.gpu);
  text("policy", r.policy.file);
  text("baseline", r.baseline ? r.baseline->file : "");
  text("traffic", r.traffic ? r.traffic->file : "");
  text("today", r.today);
}

void write_summary(ObjectWriter out, const DeploymentSet& deployments, const CheckResult& result) {
  const auto count = [&](std::string_view key, std::int64_t value, std::string_view what) {
    out.integer(key, value,
                why_count(std::string(key), static_cast<double>(value), std::string(what)));
  };
  std::int64_t assessed = 0;
  std::int64_t gpus = 0;
  double hourly = 0.0;
  std::vector<std::pair<std::string, Why>> parts;
  for (std::size_t i = 0; i < result.workloads.size(); ++i) {
    const Assessment& a = result.workloads[i];
    assessed += a.memory != nullptr ? 1 : 0;
    if (a.said->total_gpus && a.said->skipped.empty()) gpus += *a.said->total_gpus;
    if (!result.costs[i]) continue;
    hourly += result.costs[i]->usd_per_hour;
    parts.emplace_back(fmt::format("w{}", i), result.costs[i]->why);
  }
  std::int64_t by_severity[3] = {0, 0, 0};
  std::int64_t suppressed = 0;
  std::int64_t unchanged = 0;
  for (const Finding& f : result.findings) {
    if (!f.suppressed.empty())
      ++suppressed;
    else
      ++by_severity[static_cast<std::size_t>(f.severity)];
    unchanged += f.baseline == BaselineState::kUnchanged ? 1 : 0;
  }
  count("files", static_cast<std::int64_t>(deployments.sources.size()), "files read");
  count("workloads", static_cast<std::int64_t>(result.workloads.size()), "workloads found");
  count("assessed", assessed, "workloads whose memory was judged");
  count("not_assessed", static_cast<std::int64_t>(result.not_assessed.size()),
        "things that could not be judged");
  count("errors", by_severity[static_cast<std::size_t>(Severity::kError)],
        "findings of severity error that are not suppressed");
  count("warnings", by_severity[static_cast<std::size_t>(Severity::kWarning)],
        "findings of severity warning that are not suppressed");
  count("infos", by_severity[static_cast<std::size_t>(Severity::kInfo)],
        "findings of severity info that are not suppressed");
  count("suppressed", suppressed, "findings with a suppression");
  count("unchanged", unchanged, "findings that the baseline knows");
  count("fixed", result.fixed, "findings of the baseline that are gone");
  count("gpus", gpus, "GPUs of all workloads");
  if (parts.empty())
    out.null("usd_per_hour");
  else
    out.number("usd_per_hour", hourly, why_sum("cost per hour", hourly, "USD/h", std::move(parts)));
}

}  // namespace

ResultDocument check_document(const Catalog& catalog, const DeploymentSet& deployments,
                              const CheckRequest& request, const CheckResult& result) {
  ResultDocument document(kSchema, "check");
  ObjectWriter root = document.root();
  root.object("catalog").text("version", catalog.version());
  write_inputs(root.object("inputs"), request);
  write_summary(root.object("summary"), deployments, result);
  root.list("findings");
  for (const Finding& f : result.findings) write_finding(root.append("findings"), f, deployments);
  root.list("workloads");
  for (std::size_t i = 0; i < result.workloads.size(); ++i)
    write_workload(root.append("workloads"), result.workloads[i], result.costs[i],
                   result.services[i]);
  root.list("not_assessed");
  for (const Unassessed& u : result.not_assessed) {
    ObjectWriter row = root.append("not_assessed");
    row.text("rule", u.code);
    row.text("reason", u.reason);
    row.text("path", u.file);
    row.integer("line", u.place.line, why_count("line", u.place.line, "place in the file"));
  }
  return document;
}

}  // namespace gpusize
