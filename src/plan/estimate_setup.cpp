#include "plan/estimate_setup.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/layout/enumerate.hpp"
#include "plan/why_facts.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kDecodeContext = 2048;
constexpr std::int64_t kPrefillTokens = 2048;
constexpr std::int64_t kMostBatch = 1'000'000;
constexpr std::int64_t kMostTokens = 100'000'000;
constexpr std::int64_t kMostDegree = 4096;

double dbl(std::int64_t v) { return static_cast<double>(v); }

void check(Diagnostics& out, std::string_view option, std::int64_t value, std::int64_t low,
           std::int64_t high, std::string hint = {}) {
  if (value >= low && value <= high) return;
  out.push_back(make_error("est-range",
                           fmt::format("{} is {}, expected {} to {}", option, value, low, high), {},
                           std::move(hint)));
}

Diagnostics check_numbers(const EstimateRequest& r) {
  Diagnostics out;
  check(out, "--batch", r.batch, 1, kMostBatch, "sequences of one replica");
  if (r.context) check(out, "--context", *r.context, 0, kMostTokens, "tokens per sequence");
  if (r.new_tokens)
    check(out, "--new-tokens", *r.new_tokens, 1, kMostTokens, "tokens per sequence in this step");
  for (const auto& [option, degree] :
       {std::pair<std::string_view, std::int64_t>{"--tp", r.layout.tp},
        {"--pp", r.layout.pp},
        {"--ep", r.layout.ep},
        {"--dp", r.layout.dp}}) {
    check(out, option, degree, 1, kMostDegree, "a parallel degree; 1 is none");
  }
  check(out, "--images", r.images, 0, kMostBatch, "images per sequence");
  check(out, "--image-tokens", r.image_tokens, 0, kMostTokens, "tokens of one image");
  if (r.max_batched_tokens)
    check(out, "--max-batched-tokens", *r.max_batched_tokens, 1, kMostTokens);
  if (r.max_sequences) check(out, "--max-sequences", *r.max_sequences, 1, kMostBatch);
  if (r.memory_fraction && !(*r.memory_fraction > 0.0 && *r.memory_fraction <= 1.0)) {
    out.push_back(make_error(
        "est-range",
        fmt::format("--memory-fraction is {}, expected above 0 to 1", *r.memory_fraction), {},
        "a fraction: 90 % is 0.9"));
  }
  if (r.images > 0 && r.image_tokens == 0) {
    out.push_back(make_error("est-image-tokens", "--images needs --image-tokens", {},
                             "how many tokens one image takes in the prompt, for example 576"));
  }
  return out;
}

/// The engine by name or by default, with a note when it was chosen.
Result<const EngineProfile*> resolve_engine(const Catalog& catalog, const GpuSpec& gpu,
                                            const std::string& name,
                                            std::vector<std::string>& notes) {
  const EngineProfile* engine = default_engine(catalog, gpu, true);
  if (name == "auto") {
    if (engine == nullptr) {
      return make_error("est-engine", fmt::format("no engine of the catalog runs on {}", gpu.id));
    }
    notes.push_back(fmt::format("engine {}: the first that runs on {}{}", engine->id, gpu.id,
                                engine->bare_kernels ? "; bare kernels, no serving engine" : ""));
    return engine;
  }
  const auto found = catalog.find_engine(name);
  if (!found.ok()) return found.errors();
  if (!engine_runs_on(*found->entry, gpu)) {
    return make_error("est-engine", fmt::format("{} does not run on {}", found->entry->id, gpu.id),
                      {}, engine == nullptr ? "" : fmt::format("try --engine {}", engine->id));
  }
  return found->entry;
}

Result<Deployment> resolve_deployment(const Catalog& catalog, const ModelSpec& model,
                                      const EstimateRequest& r, std::vector<std::string>& notes) {
  Diagnostics problems;
  const auto keep = [&](const Diagnostics& found) {
    problems.insert(problems.end(), found.begin(), found.end());
  };
  const auto gpu = catalog.find_gpu(r.gpu);
  if (!gpu.ok()) return gpu.errors();
  if (!gpu->note.empty()) notes.push_back(gpu->note);
  Deployment d;
  d.model = &model;
  d.gpu = gpu->entry;
  d.rates = &catalog.rates_for(*d.gpu);
  d.layout = r.layout;
  d.memory_fraction = r.memory_fraction;
  d.max_batched_tokens = r.max_batched_tokens;
  d.max_sequences = r.max_sequences;
  d.load_mtp = r.mtp;
  d.two_batch_overlap = r.two_batch_overlap;
  const auto engine = resolve_engine(catalog, *d.gpu, r.engine, notes);
  if (!engine.ok()) keep(engine.errors());
  const auto weights = resolve_weights(model, r.weights, *d.gpu, engine.ok() ? *engine : nullptr);
  if (!weights.ok()) keep(weights.errors());
  const auto kv = resolve_kv(model, r.kv, *d.gpu);
  if (!kv.ok()) keep(kv.errors());
  if (has_errors(problems)) return problems;
  if (!weights->note.empty()) notes.push_back(weights->note);
  d.engine = *engine;
  d.weights = weights->plan;
  d.kv = *kv;
  if (const auto problem = format_problem(d.weights, d.kv, *d.gpu)) {
    return make_error("est-format", *problem, {},
                      "try --weights bf16 or fp16, or --weights awq for 4 bits");
  }
  return d;
}

Diagnostics check_degrees(const ModelSpec& model, const EstimateRequest& r) {
  const Infeasible problem = check_layout(model, r.layout);
  if (problem.feasible()) return {};
  return {make_error("est-layout", fmt::format("{}: {}", describe(r.layout), problem.reason), {},
                     "degrees must divide what they spread: heads, layers, experts")};
}

Why with_images(const EstimateRequest& r, Why tokens) {
  if (r.images == 0) return tokens;
  return derive(formulas::kImageTokens, "tokens with images",
                {{"tokens", std::move(tokens)},
                 {"images", why_input("images", dbl(r.images), "", "--images")},
                 {"image_tokens",
                  why_input("image tokens", dbl(r.image_tokens), "tokens", "--image-tokens")}});
}

Why tokens_or_default(const std::optional<std::int64_t>& asked, std::int64_t otherwise,
                      std::string label, std::string option) {
  return why_input(std::move(label), dbl(asked.value_or(otherwise)), "tokens",
                   asked ? option : option + " (default)");
}

EstimateWhys whys_of(const EstimateRequest& r) {
  const bool decode = r.phase == Phase::kDecode;
  const auto degree = [](std::string name, std::int64_t value) {
    return why_input(name, dbl(value), "", fmt::format("--{}", name));
  };
  EstimateWhys w;
  w.chosen.tp = degree("tp", r.layout.tp);
  w.chosen.pp = degree("pp", r.layout.pp);
  w.chosen.ep = degree("ep", r.layout.ep);
  w.chosen.dp = degree("dp", r.layout.dp);
  w.batch = why_input("batch", dbl(r.batch), "sequences", "--batch");
  w.per_rank =
      derive(formulas::kPerRank, "sequences per rank", {{"batch", w.batch}, {"dp", w.chosen.dp}});
  w.context = tokens_or_default(r.context, decode ? kDecodeContext : 0, "context", "--context");
  w.new_tokens =
      tokens_or_default(r.new_tokens, decode ? 1 : kPrefillTokens, "new tokens", "--new-tokens");
  if (decode) {
    w.context = with_images(r, w.context);
  } else {
    w.new_tokens = with_images(r, w.new_tokens);
  }
  w.tokens_needed = derive(formulas::kTokensNeeded, "tokens per sequence",
                           {{"context", w.context}, {"new_tokens", w.new_tokens}});
  w.chosen.sequences = derive(formulas::kPerMicrobatch, "sequences in the step",
                              {{"per_rank", w.per_rank}, {"pp", w.chosen.pp}});
  w.chosen.query_tokens = w.new_tokens;
  w.chosen.context_tokens = w.context;
  return w;
}

/// Serving engines keep room for their own largest step; bare kernels only for this one.
void set_peak(EstimateSetup& s) {
  const Deployment& d = s.deployment;
  const Why step_tokens =
      derive(formulas::kStepTokens, "tokens of the step",
             {{"sequences", s.whys.chosen.sequences}, {"new_tokens", s.whys.new_tokens}});
  const bool own = !d.engine->bare_kernels;
  s.peak_tokens = own && batched_token_limit(d) > 0 ? why_engine_tokens(d) : step_tokens;
  s.peak_rows = own && sequence_limit(d) > 0 ? why_engine_rows(d) : s.whys.chosen.sequences;
  s.peak = {s.peak_tokens->value, s.peak_rows->value};
}

/// A replica that fails by the engine's own share of the card, not by the card.
void add_fraction_note(EstimateSetup& s) {
  const Deployment& d = s.deployment;
  const MemoryPerGpu m = memory_per_gpu(d, s.peak, Bytes{});
  if (m.weights_fit() || m.free <= Bytes{}) return;
  s.notes.push_back(fmt::format(
      "{} gives {:.2f} of the card to {} here, which is no room for the KV cache although {:.2f} "
      "GiB stay free: --memory-fraction sets another share",
      d.engine->id, m.fraction,
      d.engine->memory_rule == MemoryRule::kStaticFraction ? "weights and cache" : "everything",
      m.free.in(units::GiB)));
}

void add_notes(EstimateSetup& s, const EstimateRequest& r) {
  const Deployment& d = s.deployment;
  if (r.layout.tp > d.gpu->link_domain_gpus) {
    s.notes.push_back(fmt::format(
        "tp {} is wider than the {} GPUs that {} links at full speed: collectives cross nodes",
        r.layout.tp, d.gpu->link_domain_gpus, d.gpu->id));
  }
  const std::int64_t limit = batched_token_limit(d);
  if (!d.engine->bare_kernels && limit > 0 && s.shape.tokens() > dbl(limit)) {
    s.notes.push_back(
        fmt::format("{} schedules at most {} tokens a step: it would run this as several",
                    d.engine->id, limit));
  }
  const std::int64_t most = sequence_limit(d);
  if (!d.engine->bare_kernels && most > 0 && s.per_rank > dbl(most)) {
    s.notes.push_back(
        fmt::format("{} runs at most {} sequences at once: the others wait (--max-sequences)",
                    d.engine->id, most));
  }
  add_fraction_note(s);
}

void add_unassessed(EstimateSetup& s, const EstimateRequest& r) {
  const ModelSpec& model = *s.deployment.model;
  const auto add = [&](std::string what, std::string reason) {
    s.not_assessed.push_back({std::move(what), std::move(reason)});
  };
  for (const std::string& text : model.not_assessed) add("model", text);
  if (model.max_context > 0 && s.tokens_needed > model.max_context) {
    add("context",
        fmt::format("{} tokens are beyond the model's maximum of {}: quality is not assessed",
                    s.tokens_needed, model.max_context));
  }
  if (r.images > 0 && !model.vision)
    add("vision tower", "its sizes are not known: weights and time are left out");
  if (r.mtp && model.mtp.layers == 0) add("mtp", "the model has no multi-token-prediction module");
  if (r.mtp && model.mtp.layers > 0)
    add("mtp", "the module is in memory; its speed-up depends on acceptance");
  if (is_unverified(s.deployment.gpu->core_confidence())) {
    add("card", fmt::format("peak, memory or bandwidth of {} were not read in a text",
                            s.deployment.gpu->id));
  }
}

}  // namespace

Result<EstimateSetup> resolve_estimate(const Catalog& catalog, const ModelSpec& model,
                                       const EstimateRequest& r) {
  Diagnostics problems = check_numbers(r);
  if (has_errors(problems)) return problems;
  EstimateSetup s;
  auto deployment = resolve_deployment(catalog, model, r, s.notes);
  if (!deployment.ok()) return deployment.errors();
  if (problems = check_degrees(model, r); has_errors(problems)) return problems;
  s.deployment = std::move(deployment).value();
  s.whys = whys_of(r);
  s.per_rank = s.whys.per_rank->value;
  s.tokens_needed = static_cast<std::int64_t>(s.whys.tokens_needed->value);
  s.images = dbl(r.images);
  s.image_tokens = dbl(r.image_tokens);
  s.shape.phase = r.phase;
  s.shape.sequences = s.whys.chosen.sequences->value;
  s.shape.query_tokens = s.whys.new_tokens->value;
  s.shape.context_tokens = s.whys.context->value;
  s.shape.logit_rows = s.shape.sequences;
  set_peak(s);
  add_notes(s, r);
  add_unassessed(s, r);
  return s;
}

}  // namespace gpusize
