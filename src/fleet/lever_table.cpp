#include "fleet/lever_table.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/catalog/mig.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/ops/kv_cache.hpp"

namespace gpusize {
namespace {

using Change = LeverChange;

/// Why a format does not work on the card, as `compat` says it; empty when nothing forbids it.
std::string forbidden(const LeverContext& c, const GpuSpec& gpu, std::string_view subject) {
  const CompatAnswer answer =
      ask_compat(c.estimator.catalog().compat(), gpu, {std::string(subject), ""});
  if (answer.support != Support::kNo) return {};
  return fmt::format("{} [{}, {}]", answer.reason, answer.source.title, answer.source.as_of);
}

bool same_formats(const WeightPlan& a, const WeightPlan& b) {
  return std::equal(a.formats.begin(), a.formats.end(), b.formats.begin(),
                    [](const WeightFormat& x, const WeightFormat& y) {
                      return x.storage == y.storage && x.quant.method == y.quant.method;
                    });
}

Change weights(const LeverSpec& spec, const LeverContext& c, std::string format,
               std::string_view subject) {
  if (std::string reason = forbidden(c, *spec.gpu, subject); !reason.empty())
    return Change::impossible(std::move(reason));
  const auto now = resolve_weights(*spec.model, spec.weights, *spec.gpu, spec.engine.get());
  const auto then = resolve_weights(*spec.model, format, *spec.gpu, spec.engine.get());
  if (!now.ok() || !then.ok())
    return Change::impossible(fmt::format("the model does not convert to {}", format));
  if (same_formats(now->plan, then->plan))
    return Change::already(fmt::format("the weights are {}", now->plan.name));
  LeverSpec out = spec;
  out.weights = format;
  return Change::changed(std::move(out), fmt::format("weights {} to {}", now->plan.name, format));
}

Change weights_bf16(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return weights(spec, c, "bf16", "bf16");
}
Change weights_fp8(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return weights(spec, c, "fp8", "fp8");
}
Change weights_int8(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return weights(spec, c, "int8", "int8");
}
/// AWQ: 4 bits in memory, widened to 16 bits before the product.
Change weights_int4(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return weights(spec, c, "awq", "awq");
}
Change weights_fp4(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return weights(spec, c, "nvfp4", "fp4");
}

/// The estimator says what a card cannot keep: a cache of int8 is widened as it is read, so the
/// rules on INT8 products do not speak of it.
Change kv(const LeverSpec& spec, const LeverContext& c, const std::string& format) {
  if (format == "fp8") {
    if (std::string reason = forbidden(c, *spec.gpu, format); !reason.empty())
      return Change::impossible(std::move(reason));
  }
  const auto now = resolve_kv(*spec.model, spec.kv, *spec.gpu);
  const auto then = resolve_kv(*spec.model, format, *spec.gpu);
  if (now.ok() && then.ok() && *now == *then)
    return Change::already(fmt::format("the KV cache is {}", name_of(*now)));
  LeverSpec out = spec;
  out.kv = format;
  return Change::changed(std::move(out),
                         fmt::format("KV cache {} to {}", now.ok() ? name_of(*now) : "?", format));
}
Change kv_fp8(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return kv(spec, c, "fp8");
}
Change kv_int8(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  return kv(spec, c, "int8");
}
Change kv_4_bits(const Lever&, const LeverSpec&, const LeverContext&) {
  return Change::not_assessed("no engine profile describes a KV cache of 4 bits");
}

Change batch_double(const Lever&, const LeverSpec& spec, const LeverContext&) {
  LeverSpec out = spec;
  out.fill_batch = false;
  out.batch = 2.0 * spec.batch;
  return Change::changed(std::move(out),
                         fmt::format("{:g} to {:g} requests in flight", spec.batch, out.batch));
}
Change batch_largest(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  LeverSpec out = spec;
  out.fill_batch = true;
  const auto point = c.estimator.estimate(out);
  const double batch = point.ok() ? point->batch : spec.batch;
  if (batch == spec.batch) return Change::already("the batch is the largest that works");
  return Change::changed(
      std::move(out),
      fmt::format("{:g} to {:g} requests in flight, the most that memory, engine and targets allow",
                  spec.batch, batch));
}

Change chunks(const Lever&, const LeverSpec& spec, const LeverContext&) {
  Deployment d;
  d.gpu = spec.gpu.get();
  d.engine = spec.engine.get();
  d.max_batched_tokens = spec.max_batched_tokens;
  const std::int64_t limit = batched_token_limit(d);
  constexpr std::int64_t kSmallest = 512;
  if (limit <= 0)
    return Change::impossible(
        fmt::format("the profile of {} has no limit on the tokens of a step", d.engine->id));
  if (!d.engine->chunked_prefill)
    return Change::impossible(fmt::format("{} does not split prompts", d.engine->id));
  if (limit <= kSmallest)
    return Change::already(fmt::format("steps take at most {} tokens", limit));
  LeverSpec out = spec;
  out.max_batched_tokens = std::max(kSmallest, limit / 4);
  return Change::changed(std::move(out), fmt::format("prompts in chunks of {} tokens, was {}",
                                                     *out.max_batched_tokens, limit));
}

Change prefix_caching(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  const auto& share = c.estimator.request().cache_hit_share;
  if (spec.cached_share > 0.0) return Change::already("prefixes are cached");
  if (!share)
    return Change::not_assessed(
        "what share of the prompts repeats is not known: --cache-hit-share (gpusize workload "
        "measures it from a trace)");
  if (*share == 0.0) return Change::already("no prompt repeats");
  LeverSpec out = spec;
  out.cached_share = *share;
  return Change::changed(
      std::move(out),
      fmt::format("{:g} % of the prompt tokens come from the prefix cache", 100.0 * *share));
}

Change mtp(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  const ModelSpec& model = *spec.model;
  if (spec.drafted > 0) return Change::already("the module drafts already");
  if (model.mtp.layers == 0)
    return Change::impossible("the model has no multi-token-prediction module");
  if (!spec.engine->continuous_batching)
    return Change::impossible(fmt::format("{} does not speculate", spec.engine->id));
  LeverSpec out = spec;
  out.drafted = c.estimator.request().draft_tokens;
  if (c.estimator.request().acceptance) {
    out.acceptance = *c.estimator.request().acceptance;
  } else {
    const auto& known = c.quality.acceptance;
    const auto found = std::find_if(known.begin(), known.end(), [&](const AcceptanceNote& note) {
      return note.architecture == model.architecture;
    });
    if (found == known.end())
      return Change::not_assessed("how often its drafts are accepted is not known: --acceptance");
    out.acceptance = found->value;
  }
  return Change::changed(std::move(out), fmt::format("{} drafted token(s) a step, accepted {:g} %",
                                                     out.drafted, 100.0 * out.acceptance));
}
Change draft_model(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  const LeversRequest& r = c.estimator.request();
  if (c.draft == nullptr || !r.draft_acceptance)
    return Change::not_assessed(
        "which model drafts and how often its tokens are accepted is not known: --draft-model and "
        "--draft-acceptance");
  if (!spec.engine->continuous_batching)
    return Change::impossible(fmt::format("{} does not speculate", spec.engine->id));
  if (c.draft->vocab != spec.model->vocab)
    return Change::impossible(fmt::format("{} has {} words in its vocabulary, {} has {}",
                                          c.draft->id, c.draft->vocab, spec.model->id,
                                          spec.model->vocab));
  if (spec.layout.pp > 1 || spec.layout.dp > 1)
    return Change::not_assessed("a draft model beside pipeline stages or attention DP");
  LeverSpec out = spec;
  out.drafted = r.draft_tokens;
  out.acceptance = *r.draft_acceptance;
  // The request's draft model outlives the answer.
  out.draft = {std::shared_ptr<void>{}, c.draft};
  return Change::changed(std::move(out),
                         fmt::format("{} drafts {} token(s) a step, accepted {:g} %", c.draft->id,
                                     r.draft_tokens, 100.0 * *r.draft_acceptance));
}

Change graphs(const Lever&, const LeverSpec& spec, const LeverContext&) {
  auto engine = std::make_shared<EngineProfile>(*spec.engine);
  engine->cuda_graphs = !engine->cuda_graphs;
  LeverSpec out = spec;
  out.engine = engine;
  return Change::changed(std::move(out), engine->cuda_graphs
                                             ? "decode steps replay captured graphs"
                                             : "without graphs: each kernel is launched");
}

Change engine(const Lever& lever, const LeverSpec& spec, const LeverContext& c) {
  const std::string id(lever.name.substr(lever.name.find('-') + 1));
  if (spec.engine->id == id) return Change::already(fmt::format("the engine is {}", id));
  const auto found = c.estimator.catalog().find_engine(id);
  if (!found.ok()) return Change::not_assessed(fmt::format("the catalog has no profile of {}", id));
  if (std::string reason = forbidden(c, *spec.gpu, id); !reason.empty())
    return Change::impossible(std::move(reason));
  if (!engine_runs_on(*found->entry, *spec.gpu))
    return Change::impossible(fmt::format("the profile of {} ({}) does not cover {}", id,
                                          found->entry->version, spec.gpu->id));
  LeverSpec out = spec;
  out.engine = std::make_shared<EngineProfile>(*found->entry);
  return Change::changed(std::move(out), fmt::format("{} to {}", spec.engine->id, id));
}

Change layout(const LeverSpec& spec, const Layout& layout) {
  if (layout.tp > spec.gpu->link_domain_gpus)
    return Change::impossible(fmt::format("{} links {} cards at full speed, tp {} needs more",
                                          spec.gpu->id, spec.gpu->link_domain_gpus, layout.tp));
  LeverSpec out = spec;
  out.layout = layout;
  return Change::changed(std::move(out),
                         fmt::format("{} to {}", describe(spec.layout), describe(layout)));
}
Change tp_double(const Lever&, const LeverSpec& spec, const LeverContext&) {
  Layout l = spec.layout;
  l.tp *= 2;
  if (l.ep > 1) l.ep *= 2;
  return layout(spec, l);
}
Change tp_half(const Lever&, const LeverSpec& spec, const LeverContext&) {
  Layout l = spec.layout;
  if (l.tp % 2 != 0) return Change::impossible("tp is 1");
  l.tp /= 2;
  if (l.ep > 1) l.ep = l.tp * l.dp;
  return layout(spec, l);
}
Change pp_double(const Lever&, const LeverSpec& spec, const LeverContext&) {
  Layout l = spec.layout;
  l.pp *= 2;
  return layout(spec, l);
}
Change expert_parallel(const Lever&, const LeverSpec& spec, const LeverContext&) {
  if (!spec.model->has_experts()) return Change::impossible("the model has no experts");
  Layout l = spec.layout;
  if (l.ep > 1) return Change::already(describe(l));
  if (l.tp * l.dp == 1) return Change::impossible("one GPU holds all experts");
  l.ep = l.tp * l.dp;
  return layout(spec, l);
}
Change attention_dp(const Lever&, const LeverSpec& spec, const LeverContext&) {
  if (!spec.model->has_experts())
    return Change::impossible("the model has no experts: dense replicas are replicas");
  Layout l = spec.layout;
  if (l.dp > 1) return Change::already(describe(l));
  if (l.tp == 1) return Change::impossible("one GPU has one rank");
  l.dp = l.tp;
  l.ep = l.tp;
  l.tp = 1;
  return layout(spec, l);
}
Change disaggregation(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  if (!spec.engine->continuous_batching)
    return Change::impossible(fmt::format("{} does not hand caches on", spec.engine->id));
  if (spec.layout.pp > 1 || spec.drafted > 0)
    return Change::not_assessed("pools of pipeline stages or with drafts");
  LeverSpec out = spec;
  out.split = true;
  const auto point = c.estimator.estimate(out);
  if (!point.ok()) return Change::impossible(point.errors().front().message);
  return Change::changed(
      std::move(out),
      fmt::format("prompts on replicas of their own, {:.2g} to each of these; waiting between the "
                  "pools is left out (gpusize simulate --prefill-replicas)",
                  point->split->prefill_replicas));
}

/// The smallest instance of the card that holds the specification.
Change mig(const Lever&, const LeverSpec& spec, const LeverContext& c) {
  if (!spec.gpu->slice_of.empty()) return Change::already(spec.gpu->id);
  if (std::string reason = forbidden(c, *spec.gpu, "mig"); !reason.empty())
    return Change::impossible(std::move(reason));
  if (spec.gpu->mig_profiles.empty())
    return Change::impossible(fmt::format("{} has no multi-instance mode", spec.gpu->id));
  if (spec.layout.gpus() > 1)
    return Change::impossible("instances of a card have no links to each other");
  std::optional<LeverSpec> best;
  for (const MigProfile& profile : spec.gpu->mig_profiles) {
    if (profile.memory_eighths >= 8 || profile.name.find_first_of("+-") != std::string::npos)
      continue;
    LeverSpec out = spec;
    out.gpu = std::make_shared<GpuSpec>(mig_slice(*spec.gpu, profile));
    const auto point = c.estimator.estimate(out);
    if (!point.ok() || !point->fits) continue;
    if (!best || out.gpu->slices_per_card > best->gpu->slices_per_card) best = std::move(out);
  }
  if (!best) return Change::impossible("no instance holds the model and the batch");
  const std::string text =
      fmt::format("on {}, one of {} per card", best->gpu->id, best->gpu->slices_per_card);
  return Change::changed(std::move(*best), text);
}

/// Half of every feed-forward width cut away: smaller dense matrices, which all kernels take.
Change pruning(const Lever&, const LeverSpec& spec, const LeverContext&) {
  auto model = std::make_shared<ModelSpec>(*spec.model);
  for (LayerKind& kind : model->kinds) {
    kind.ffn.intermediate /= 2;
    kind.ffn.expert_intermediate /= 2;
    kind.ffn.shared_intermediate /= 2;
  }
  model->source.title += ", half of each feed-forward width";
  LeverSpec out = spec;
  out.model = model;
  return Change::changed(std::move(out), "half of each feed-forward width pruned");
}

Change sparsity(const Lever&, const LeverSpec&, const LeverContext& c) {
  std::string text = "no engine profile has 2:4 sparse kernels";
  for (const SparseKernelNote& note : c.quality.sparse_kernels)
    text += fmt::format(
        "; over {:g} to {:g} tokens they run at {:.2f} to {:.2f} times dense ones "
        "(one H100, measured)",
        note.tokens_low, note.tokens_high, note.speedup_low, note.speedup_high);
  return Change::impossible(std::move(text));
}

constexpr auto kLevers = std::to_array<Lever>({
    {"weights-bf16", "weights", "weights-bf16", true, weights_bf16},
    {"weights-fp8", "weights", "weights-fp8", true, weights_fp8},
    {"weights-int8", "weights", "weights-int8", true, weights_int8},
    {"weights-int4", "weights", "weights-int4", true, weights_int4},
    {"weights-fp4", "weights", "weights-fp4", true, weights_fp4},
    {"kv-fp8", "kv", "kv-fp8", true, kv_fp8},
    {"kv-int8", "kv", "kv-int8", true, kv_int8},
    {"kv-4-bits", "kv", "kv-int8", true, kv_4_bits},
    {"batch-double", "batch", "exact", true, batch_double},
    {"batch-largest", "batch", "exact", true, batch_largest},
    {"chunked-prefill", "chunks", "exact", true, chunks},
    {"prefix-caching", "prefix", "exact", true, prefix_caching},
    {"speculation-mtp", "speculation", "speculation", true, mtp},
    {"speculation-draft-model", "speculation", "speculation", true, draft_model},
    {"kernel-graphs", "graphs", "exact", false, graphs},
    {"engine-vllm", "engine", "exact", true, engine},
    {"engine-sglang", "engine", "exact", true, engine},
    {"engine-tensorrt-llm", "engine", "exact", true, engine},
    {"engine-cuda-graph", "engine", "exact", false, engine},
    {"tp-double", "layout", "exact", true, tp_double},
    {"tp-half", "layout", "exact", true, tp_half},
    {"pp-double", "layout", "exact", true, pp_double},
    {"expert-parallel", "layout", "exact", true, expert_parallel},
    {"attention-dp", "layout", "exact", true, attention_dp},
    {"disaggregation", "layout", "exact", false, disaggregation},
    {"mig", "layout", "exact", true, mig},
    {"pruning", "pruning", "pruning", true, pruning},
    {"sparsity-2-4", "pruning", "pruning", true, sparsity},
});

}  // namespace

std::span<const Lever> levers() { return kLevers; }

}  // namespace gpusize
