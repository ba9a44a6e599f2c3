#include <algorithm>

#include <fmt/format.h>

#include "gpusize/ops/attention.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "gpusize/ops/tensors.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/shape_book.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

KvFootprint footprint(const Deployment& d, std::size_t kind) {
  const AttentionSpec& spec = d.model->kinds[kind].attention;
  return attention_variant(spec.kind).kv(spec, d.layout.tp, d.kv);
}

Why cached(ShapeBook& book, std::string_view symbol, double value, std::size_t kind) {
  if (auto why = book.explain("kv", symbol, value, kind)) return *why;
  const ModelSpec& model = *book.deployment().model;
  return config_why(model, fmt::format("{} of kind {}", symbol, kind + 1), value, "B");
}

/// Layers of each kind on a stage, draft layers on the last one.
double layers_on_stage(const Deployment& d, std::int64_t stage, std::size_t kind) {
  const ModelSpec& model = *d.model;
  const StageLayers range = stage_layers(model.layer_count(), d.layout.pp, stage);
  const auto first = model.layers.begin() + range.first;
  auto layers =
      static_cast<double>(std::count(first, first + range.count, static_cast<std::uint8_t>(kind)));
  const bool drafts = d.load_mtp && stage == d.layout.pp - 1 && kind == model.mtp.kind;
  if (drafts) layers += static_cast<double>(model.mtp.layers);
  return layers;
}

/// Cache of the layers of one kind on one stage for one sequence.
Why kind_on_stage(const Deployment& d, ShapeBook& book, double layers, std::size_t kind,
                  const Why& tokens) {
  const KvFootprint f = footprint(d, kind);
  const auto part = [&](BytesPerToken value) {
    return cached(book, "bytes_per_token", value.in(units::B_per_token), kind);
  };
  const std::string label =
      d.model->kinds.size() == 1 ? "layers" : fmt::format("layers of kind {}", kind + 1);
  const Why count = why_count("layers", layers, "on the fullest stage");
  const bool only_grows =
      f.unlisted <= BytesPerToken{} && f.windowed <= BytesPerToken{} && f.fixed <= Bytes{};
  if (only_grows) {
    return derive(formulas::kKvSequenceGrowing, label,
                  {{"layers", count}, {"bytes_per_token", part(f.growing)}, {"tokens", tokens}});
  }
  const Why block = engine_why(*d.engine, "kv_block_tokens",
                               static_cast<double>(d.engine->kv_block_tokens), "tokens");
  const Why window =
      derive(formulas::kRoundedTokens, "window in whole blocks",
             {{"tokens", config_why(*d.model, "window", static_cast<double>(f.window))},
              {"block", block}});
  return derive(formulas::kKvSequenceKind, label,
                {{"layers", count},
                 {"growing", part(f.growing)},
                 {"unlisted", part(f.unlisted)},
                 {"tokens", tokens},
                 {"windowed", part(f.windowed)},
                 {"window", window},
                 {"fixed", cached(book, "fixed", f.fixed.in(units::B), kind)}});
}

Why stage_cache(const Deployment& d, ShapeBook& book, std::int64_t stage, const Why& tokens) {
  WhyInputs parts;
  double total = 0.0;
  for (std::size_t kind = 0; kind < d.model->kinds.size(); ++kind) {
    const double layers = layers_on_stage(d, stage, kind);
    if (layers == 0.0) continue;
    const Why part = kind_on_stage(d, book, layers, kind, tokens);
    total += part->value;
    parts.emplace_back(part->label, part);
  }
  return why_sum("cache of one sequence on one GPU", total, "B", std::move(parts));
}

}  // namespace

Why why_kv_per_token(const Deployment& deployment) {
  Deployment d = deployment;
  d.layout = {};
  Chosen one_copy;
  one_copy.tp = why_count("tp", 1.0, "counted for one whole copy");
  ShapeBook book(d, StepShape{}, one_copy);
  WhyInputs parts;
  for (std::size_t kind = 0; kind < d.model->kinds.size(); ++kind) {
    const KvFootprint f = footprint(d, kind);
    const bool compressed = d.model->kinds[kind].attention.kind == AttentionKind::kCompressed;
    const double bytes = (compressed ? f.growing : f.growing + f.windowed).in(units::B_per_token);
    parts.emplace_back(fmt::format("kind {}", kind + 1),
                       derive(formulas::kKvKind, fmt::format("layers of kind {}", kind + 1),
                              {{"layers", book.symbol("layers", kind)},
                               {"bytes_per_token", cached(book, "bytes_per_token", bytes, kind)}}));
  }
  return why_sum("KV cache per token", kv_bytes_per_token(*d.model, d.kv).in(units::B_per_token),
                 "B/token", std::move(parts));
}

Why why_kv_per_sequence(const Deployment& d, const Why& tokens, const Chosen& chosen) {
  ShapeBook book(d, StepShape{}, chosen);
  const Why block = engine_why(*d.engine, "kv_block_tokens",
                               static_cast<double>(d.engine->kv_block_tokens), "tokens");
  const Why rounded = derive(formulas::kRoundedTokens, "tokens in whole blocks",
                             {{"tokens", tokens}, {"block", block}});
  Why fullest;
  for (std::int64_t stage = 0; stage < d.layout.pp; ++stage) {
    const Why cache = stage_cache(d, book, stage, rounded);
    if (fullest == nullptr || cache->value > fullest->value) fullest = cache;
  }
  return fullest;
}

Why why_kv_per_token_per_gpu(const Deployment& d, const Chosen& chosen) {
  ShapeBook book(d, StepShape{}, chosen);
  Why fullest;
  for (std::int64_t stage = 0; stage < d.layout.pp; ++stage) {
    WhyInputs parts;
    double total = 0.0;
    for (std::size_t kind = 0; kind < d.model->kinds.size(); ++kind) {
      const double layers = layers_on_stage(d, stage, kind);
      if (layers == 0.0) continue;
      const KvFootprint f = footprint(d, kind);
      for (const BytesPerToken share : {f.growing, f.unlisted}) {
        if (share <= BytesPerToken{}) continue;
        const Why part = derive(formulas::kKvKind, fmt::format("layers of kind {}", kind + 1),
                                {{"layers", why_count("layers", layers, "on the fullest stage")},
                                 {"bytes_per_token", cached(book, "bytes_per_token",
                                                            share.in(units::B_per_token), kind)}});
        total += part->value;
        parts.emplace_back(part->label, part);
      }
    }
    const Why sum = why_sum("cache per token on one GPU", total, "B/token", std::move(parts));
    if (fullest == nullptr || sum->value > fullest->value) fullest = sum;
  }
  return fullest;
}

}  // namespace gpusize
