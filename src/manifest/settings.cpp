#include "manifest/settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

/// Requests of the greatest length that the pool shall hold: fewer leave no batch worth the name.
constexpr std::int64_t kRequestsOfMax = 8;
constexpr std::int64_t kLengthStep = 1024;
/// Requests of the mean length are far shorter than the longest; so many times it is the least.
constexpr double kLeastOfMean = 2.0;

/// Weights that an engine makes of a 16-bit checkpoint as it loads. Other formats are a checkpoint
/// of their own, which the option only names.
struct LoadedFormat {
  std::string_view engine;
  std::string_view weights;
  std::string_view option;
  bool own_checkpoint;
};
constexpr auto kLoadedFormats = std::to_array<LoadedFormat>({
    {"vllm", "fp8", "fp8", false},
    {"vllm", "awq", "awq", true},
    {"vllm", "gptq", "gptq", true},
    {"vllm", "mxfp4", "mxfp4", true},
    {"vllm", "nvfp4", "modelopt_fp4", true},
    {"sglang", "fp8", "fp8", false},
    {"sglang", "int8", "w8a8_int8", true},
    {"sglang", "awq", "awq", true},
    {"sglang", "gptq", "gptq", true},
    {"sglang", "nvfp4", "modelopt_fp4", true},
});

/// Names of cache formats as each engine takes them.
struct CacheFormat {
  std::string_view engine;
  Dtype kv;
  std::string_view option;
};
constexpr auto kCacheFormats = std::to_array<CacheFormat>({
    {"vllm", Dtype::kFp8, "fp8"},
    {"vllm", Dtype::kBf16, "bfloat16"},
    {"sglang", Dtype::kFp8, "fp8_e4m3"},
    {"sglang", Dtype::kBf16, "bfloat16"},
    {"tensorrt-llm", Dtype::kFp8, "fp8"},
});

/// Whether a plan of weights is shown under this name: `fp8` is also that of `native (fp8)`.
bool is_shown_as(const WeightPlan& plan, const std::string& name) {
  return plan.name == name || plan.name.ends_with("(" + name + ")");
}

Diagnostic no_format(std::string_view engine, std::string_view what, std::string_view format,
                     std::string hint) {
  return make_error("manifest-format",
                    fmt::format("{} has no option for {} in {}", engine, what, printable(format)),
                    {}, std::move(hint));
}

/// Sets `dtype` or `quantization`, or says why the engine cannot.
std::optional<Diagnostic> set_weights(const Deployment& replica, const OptionFields& option,
                                      const ManifestRequest& request, std::string_view engine,
                                      ServingSettings& out) {
  const ModelSpec& model = *replica.model;
  const auto native = plan_weights(model, "native");
  if (native.ok() && is_shown_as(*native, option.weights)) return {};
  const bool plain = model.quant.method == QuantMethod::kNone;
  const std::optional<Dtype> dtype = dtype_from(option.weights);
  if (plain && dtype && bits_of(*dtype) == 16.0) {
    out.dtype = *dtype == Dtype::kFp16 ? "float16" : "bfloat16";
    return {};
  }
  for (const LoadedFormat& f : kLoadedFormats) {
    if (f.engine != engine || f.weights != option.weights || (!plain && !f.own_checkpoint))
      continue;
    if (f.own_checkpoint && request.checkpoint.empty()) {
      return make_error("manifest-checkpoint",
                        fmt::format("{} weights are a checkpoint of their own", f.weights), {},
                        "name it: --checkpoint ORG/NAME");
    }
    out.quantization = f.option;
    return {};
  }
  return no_format(engine, "weights", option.weights,
                   "plan the checkpoint that holds them (its config.json) with --weights native");
}

std::optional<Diagnostic> set_cache(const Deployment& replica, std::string_view engine,
                                    ServingSettings& out) {
  const auto by_default = resolve_kv(*replica.model, "auto", *replica.gpu);
  if (by_default.ok() && *by_default == replica.kv) return {};
  for (const CacheFormat& f : kCacheFormats) {
    if (f.engine != engine || f.kv != replica.kv) continue;
    out.kv_dtype = f.option;
    return {};
  }
  return no_format(engine, "a KV cache", name_of(replica.kv), "plan with --kv auto or fp8");
}

std::int64_t round_up(double value, std::int64_t step) {
  return static_cast<std::int64_t>(std::ceil(value / static_cast<double>(step))) * step;
}

/// The model's context, halved until the pool holds several requests of it; never less than twice
/// the mean request.
std::int64_t longest_request(const Deployment& replica, const PlanRequest& plan) {
  const ModelSpec& model = *replica.model;
  const std::int64_t context = std::max(model.max_context, model.card_context);
  std::int64_t least =
      round_up(kLeastOfMean * (plan.input_tokens + plan.output_tokens), kLengthStep);
  if (context > 0) least = std::min(least, context);
  const Bytes room = memory_per_gpu(replica, engine_peak(replica), Bytes{}).kv_room;
  std::int64_t length = context > 0 ? context : least;
  while (length > least && sequences_that_fit(replica, room, length) < kRequestsOfMax)
    length = std::max(least, length / 2);
  return length;
}

double whole_card_fraction(const Deployment& replica) {
  const EngineProfile& engine = *replica.engine;
  if (engine.memory_rule == MemoryRule::kStaticFraction) return sglang_reserve(replica).fraction;
  return engine.memory_fraction.value_or(1.0);
}

}  // namespace

OptionFields read_option(Node option, Diagnostics& out) {
  MapReader reader(option, "option of a plan", "manifest", out);
  OptionFields o;
  o.gpu = reader.required_text("gpu");
  o.engine = reader.required_text("engine");
  o.weights = reader.required_text("weights_dtype");
  o.kv = reader.required_text("kv_dtype");
  o.gpus = reader.required_integer("gpus", {1.0, 1e7});
  o.replicas = reader.required_integer("replicas", {1.0, 1e7});
  o.spare_gpus = reader.required_integer("spare_gpus", {0.0, 1e7});
  o.max_batch = reader.required_number("max_batch", {1e-6, 1e9});
  o.replica_capacity = reader.required_number("replica_capacity_req_per_s", {1e-9, 1e9});
  MapReader layout(reader.required("layout"), "layout", "manifest", out);
  const Bounds degree{1.0, 4096.0};
  o.layout = {layout.required_integer("tp", degree), layout.required_integer("pp", degree),
              layout.required_integer("ep", degree), layout.required_integer("dp", degree)};
  MapReader memory(reader.required("memory_per_gpu_bytes"), "memory", "manifest", out);
  o.weight_bytes = memory.required_number("weights", {1.0, 1e15});
  MapReader latency(reader.required("latency"), "latency", "manifest", out);
  MapReader e2e(latency.required("e2e_ms"), "latency", "manifest", out);
  o.e2e_ms = e2e.required_number("mean", {0.0, 1e12});
  for (const char* key : {"p99", "p95", "p50"}) {
    const Node node = e2e.node(key);
    if (!node || node.is_null() || !node.number()) continue;
    o.e2e_ms = std::max(o.e2e_ms, *node.number());
  }
  return o;
}

Result<Deployment> option_deployment(const Catalog& catalog, const ModelSpec& model,
                                     const GpuSpec& gpu, const OptionFields& option,
                                     const PlanRequest& plan) {
  const auto engine = catalog.find_engine(option.engine);
  if (!engine.ok()) return engine.errors();
  const auto kv = dtype_from(option.kv);
  if (!kv)
    return make_error("manifest-format",
                      fmt::format("unknown KV cache format \"{}\"", printable(option.kv)));
  Deployment d;
  d.model = &model;
  d.gpu = &gpu;
  d.rates = &catalog.rates_for(gpu);
  d.engine = engine->entry;
  d.kv = *kv;
  d.layout = option.layout;
  for (const std::string& word : plan.weights) {
    const auto weights = resolve_weights(model, word, gpu, d.engine);
    if (!weights.ok() || !is_shown_as(weights->plan, option.weights)) continue;
    d.weights = weights->plan;
    return d;
  }
  return make_error("manifest-format",
                    fmt::format("none of the plan's weight formats is {} in this catalog",
                                printable(option.weights)),
                    {}, "make the plan again with this version");
}

Result<ServingSettings> make_settings(const Deployment& replica, const OptionFields& option,
                                      const PlanRequest& plan, const ManifestRequest& request,
                                      std::string_view engine, double memory_share) {
  ServingSettings out;
  out.layout = option.layout;
  out.prefix_caching = request.prefix_caching;
  out.chunked_prefill = replica.engine->chunked_prefill;
  Diagnostics problems;
  if (auto bad = set_weights(replica, option, request, engine, out)) problems.push_back(*bad);
  if (auto bad = set_cache(replica, engine, out)) problems.push_back(*bad);
  if (has_errors(problems)) return problems;
  // SGLang divides its limit among the attention-DP ranks, the others have one for each.
  const double ranks = engine == "sglang" ? 1.0 : static_cast<double>(option.layout.dp);
  out.max_num_seqs =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(option.max_batch / ranks)));
  out.max_batched_tokens = std::max(batched_token_limit(replica), out.max_num_seqs);
  // Rounded down: what is kept for others does not shrink.
  constexpr double kDigits = 1000.0;
  out.memory_fraction =
      std::floor(whole_card_fraction(replica) * memory_share * kDigits + 1e-9) / kDigits;
  out.max_model_len =
      request.max_model_len ? *request.max_model_len : longest_request(replica, plan);
  return out;
}

}  // namespace gpusize
