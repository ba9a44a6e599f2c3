#include "calibrate/resolve.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calibrate/notes.hpp"
#include "calibrate/run_point.hpp"
#include "gpusize/catalog/engine_version.hpp"
#include "gpusize/catalog/model_config.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/layout/enumerate.hpp"

namespace gpusize::calibrate {
namespace {

std::string first_message(const Diagnostics& diagnostics) {
  const Diagnostic& first = diagnostics.front();
  return first.hint.empty() ? first.message : fmt::format("{}; {}", first.message, first.hint);
}

Outcome<std::shared_ptr<const ModelSpec>> read_overridden(const Catalog& catalog,
                                                          const std::string& id,
                                                          const std::string& overrides) {
  std::vector<ConfigOverride> set;
  for (const std::string& part : split(overrides, ';')) {
    const std::string_view text = trim(part);
    if (text.empty()) continue;
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      return Refusal{"overrides not understood",
                     fmt::format("override \"{}\" is not name=value", text)};
    }
    set.push_back(
        {std::string(trim(text.substr(0, equals))), std::string(trim(text.substr(equals + 1)))});
  }
  auto changed = read_model_with(catalog.model_document(id), set);
  if (!changed.ok()) return Refusal{"overrides not understood", first_message(changed.errors())};
  return std::make_shared<const ModelSpec>(std::move(changed).value());
}

Outcome<std::shared_ptr<const ModelSpec>> read_row_model(const Catalog& catalog,
                                                         const RunConditions& run) {
  if (run.model.empty()) return Refusal{"model not stated", "model not stated"};
  const auto found = catalog.find_model(run.model);
  if (!found.ok()) return Refusal{"model not in the catalog", first_message(found.errors())};
  if (!run.overrides.empty()) return read_overridden(catalog, found->entry->id, run.overrides);
  // The catalog outlives the predictor: share its model without owning it.
  return std::shared_ptr<const ModelSpec>(std::shared_ptr<const ModelSpec>(), found->entry);
}

const Outcome<std::shared_ptr<const ModelSpec>>& cached_model(const Catalog& catalog,
                                                              ModelCache& models,
                                                              const RunConditions& run) {
  const std::string key = run.model + '\n' + run.overrides;
  auto at = models.find(key);
  if (at == models.end()) at = models.emplace(key, read_row_model(catalog, run)).first;
  return at->second;
}

Outcome<const GpuSpec*> resolve_gpu(const Catalog& catalog, const RunConditions& run) {
  if (run.gpu.empty()) return Refusal{"card not stated", "card not stated"};
  const auto found = catalog.find_gpu(run.gpu);
  if (!found.ok()) return Refusal{"card not clear", first_message(found.errors())};
  if (!found->note.empty()) return Refusal{"card not clear", found->note};
  return found->entry;
}

/// The year of a run as stated, but no earlier than that of the model: what ran it was newer.
std::optional<std::int64_t> year_of(const RunConditions& run, const ModelSpec& model) {
  const auto released = parse_number(std::string_view(model.released).substr(0, 4));
  if (!run.year || !released) return run.year;
  return std::max(*run.year, static_cast<std::int64_t>(*released));
}

Outcome<const EngineProfile*> resolve_engine(const Catalog& catalog, const RunConditions& run,
                                             const GpuSpec& gpu, const ModelSpec& model) {
  if (run.engine.empty()) return Refusal{"engine not stated", "engine not stated"};
  const auto found = catalog.find_engine(run.engine);
  if (!found.ok()) {
    return Refusal{"no engine profile",
                   fmt::format("no engine profile: {}", first_message(found.errors()))};
  }
  if (gpu.dense_peaks.empty())
    return Refusal{"card without known peaks", fmt::format("no peak known for {}", gpu.id)};
  const EngineProfile& engine =
      engine_in_version(catalog, *found->entry, run.engine_version, year_of(run, model));
  if (!engine_runs_on(engine, gpu)) {
    return Refusal{"engine does not run on the card",
                   fmt::format("{} does not run on {}", engine.id, gpu.id)};
  }
  return &engine;
}

/// Speculative decoding: rows that name it depend on an acceptance rate that no column states.
std::optional<Refusal> check_speculation(const RunConditions& run,
                                         std::vector<std::string>& assumptions) {
  const std::string spec = to_lower(run.spec);
  if (spec.empty() || spec == "none" || spec == "no" || spec == "off") return {};
  if (spec == "unknown") {
    assumptions.emplace_back("speculative decoding not stated: taken as off");
    return {};
  }
  return Refusal{"speculative decoding",
                 fmt::format("speculative decoding ({}): acceptance not stated", run.spec)};
}

bool has_narrow_weights(const Deployment& d) {
  return std::any_of(d.weights.formats.begin(), d.weights.formats.end(), [](const WeightFormat& f) {
    return f.storage == Dtype::kFp8 || bits_of(f.storage) < 8.0;
  });
}

/// Engines whose serving recipes keep an fp8 cache beside quantised weights; their offline
/// benchmarks follow the checkpoint.
bool serves_narrow_kv(const RunConditions& run, const Deployment& d) {
  return run.mode == "online" && d.engine->narrow_kv && d.gpu->peak(Dtype::kFp8) &&
         has_narrow_weights(d);
}

/// Requests that the cache holds at their full length; none where the weights do not fit.
double requests_held(const RunConditions& run, const Deployment& d) {
  const auto capacity = capacity_of(d, *run.input_len + *run.output_len);
  const auto* held = std::get_if<Capacity>(&capacity);
  return held == nullptr ? 0.0 : held->in_flight;
}

/// A batch that runs at once tells the format that a row leaves open, where it fits beside
/// quantised weights only with an fp8 cache.
void narrow_for_batch(const RunConditions& run, Deployment& d,
                      std::vector<std::string>& assumptions) {
  const bool open = run.kv.empty() && !option_in_notes(run.notes, NoteOption::kKvCacheDtype);
  const bool at_once = run.mode == "offline" && run.load == "batch" && run.load_value;
  if (!open || !at_once || !run.input_len || !run.output_len || bits_of(d.kv) <= 8.0) return;
  if (!has_narrow_weights(d) || !d.gpu->peak(Dtype::kFp8)) return;
  Deployment narrow = d;
  narrow.kv = Dtype::kFp8;
  if (requests_held(run, d) >= *run.load_value || requests_held(run, narrow) < *run.load_value)
    return;
  d.kv = Dtype::kFp8;
  assumptions.emplace_back("KV cache format not stated: fp8, with which alone the batch fits");
}

/// `d` has its model, card, engine and weights.
Outcome<Dtype> resolve_row_kv(const RunConditions& run, const Deployment& d,
                              std::vector<std::string>& assumptions) {
  std::string request = to_lower(run.kv);
  if (request.empty()) {
    const auto said = option_in_notes(run.notes, NoteOption::kKvCacheDtype);
    if (said) request = said->starts_with("fp8") ? "fp8" : *said;
  }
  if (request.empty() && serves_narrow_kv(run, d)) {
    request = "fp8";
    assumptions.emplace_back(
        "KV cache format not stated: fp8, as the engine's serving recipes for quantised weights");
  }
  if (request.empty()) {
    request = "auto";
    assumptions.emplace_back(
        "KV cache format not stated: what the checkpoint asks for, else 16 bits");
  }
  if (request == "f16") request = "fp16";
  const auto dtype = resolve_kv(*d.model, request, *d.gpu);
  if (!dtype.ok())
    return Refusal{"KV cache format not modelled", fmt::format("KV cache format \"{}\"", run.kv)};
  return *dtype;
}

/// Limits that the notes quote from the command line. What a log adds up to goes before what is
/// said about it.
void apply_note_options(const RunConditions& run, Deployment& d,
                        std::vector<std::string>& assumptions) {
  if (const auto v = number_in_notes(run.notes, NoteOption::kMemoryFraction);
      v && *v > 0.0 && *v <= 1.0) {
    d.memory_fraction = *v;
  }
  const double said = d.memory_fraction.value_or(d.engine->memory_fraction.value_or(1.0));
  if (run.log_fraction && std::fabs(*run.log_fraction - said) > 1e-6 &&
      d.engine->memory_rule == MemoryRule::kFractionOfTotal) {
    assumptions.push_back(
        fmt::format("memory fraction {:g}: what the parts of the log add up to; {:g} is said",
                    *run.log_fraction, said));
    d.memory_fraction = run.log_fraction;
  }
  const auto count = [&](NoteOption option, std::optional<std::int64_t>& into) {
    const auto v = number_in_notes(run.notes, option);
    if (v && *v >= 1.0 && *v < 1e9) into = static_cast<std::int64_t>(*v);
  };
  count(NoteOption::kMaxSequences, d.max_sequences);
  count(NoteOption::kMaxBatchedTokens, d.max_batched_tokens);
  d.fast_sums = run.notes.find("fast accumulation") != std::string::npos;
}

}  // namespace

Outcome<ResolvedRow> resolve_row(const Catalog& catalog, ModelCache& models,
                                 const RunConditions& run) {
  if (!run.unreadable.empty()) return Refusal{"cell not understood", run.unreadable};
  ResolvedRow row;
  const auto& model = cached_model(catalog, models, run);
  if (const auto* refusal = std::get_if<Refusal>(&model)) return *refusal;
  row.model = std::get<0>(model);
  const auto gpu = resolve_gpu(catalog, run);
  if (const auto* refusal = std::get_if<Refusal>(&gpu)) return *refusal;
  const auto engine = resolve_engine(catalog, run, *std::get<0>(gpu), *row.model);
  if (const auto* refusal = std::get_if<Refusal>(&engine)) return *refusal;
  if (auto refusal = check_speculation(run, row.assumptions)) return *refusal;

  Deployment& d = row.deployment;
  d.model = row.model.get();
  d.gpu = std::get<0>(gpu);
  d.engine = std::get<0>(engine);
  d.rates = &catalog.rates_for(*d.gpu);
  const auto weights = resolve_weight_plan(run, *d.model, *d.gpu, *d.engine, row.assumptions);
  if (const auto* refusal = std::get_if<Refusal>(&weights)) return *refusal;
  d.weights = std::get<0>(weights);
  const auto kv = resolve_row_kv(run, d, row.assumptions);
  if (const auto* refusal = std::get_if<Refusal>(&kv)) return *refusal;
  d.kv = std::get<0>(kv);
  apply_note_options(run, d, row.assumptions);
  resolve_lengths(catalog, run, row);

  if (to_lower(run.serving) == "disaggregated") {
    if (auto refusal = resolve_pools(run, row)) return *refusal;
    return row;
  }
  if (leaves_copies_open(run)) {
    if (auto refusal = resolve_copies(run, row)) return *refusal;
    return row;
  }
  const auto layout = resolve_layout(run, *d.model, *d.engine, row.assumptions);
  if (const auto* refusal = std::get_if<Refusal>(&layout)) return *refusal;
  d.layout = std::get<0>(layout);
  narrow_for_batch(run, d, row.assumptions);
  row.gpus = d.layout.gpus();
  return row;
}

}  // namespace gpusize::calibrate
