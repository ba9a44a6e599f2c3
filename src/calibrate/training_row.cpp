#include "calibrate/training_row.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize::calibrate {
namespace {

bool has(const std::string& text, std::string_view word) {
  return to_lower(text).find(to_lower(word)) != std::string::npos;
}

/// The first whole number after `word`, or nothing.
std::optional<std::int64_t> number_after(const std::string& text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return {};
  std::size_t first = at + word.size();
  while (first < text.size() && (text[first] < '0' || text[first] > '9')) {
    if (text[first] != ' ' && text[first] != '"' && text[first] != ':' && text[first] != '=')
      return {};
    ++first;
  }
  std::size_t last = first;
  while (last < text.size() && text[last] >= '0' && text[last] <= '9') ++last;
  return parse_integer(std::string_view(text).substr(first, last - first));
}

/// The framework that the row names: its engine column, else its source, in the row's year.
const FrameworkProfile* framework_of(const std::vector<FrameworkProfile>& frameworks,
                                     const RunConditions& run) {
  const std::int64_t year = run.year.value_or(9999);
  const FrameworkProfile* best = nullptr;
  std::size_t length = 0;
  const std::string& text = run.engine.empty() ? run.source : run.engine;
  for (const FrameworkProfile& f : frameworks) {
    if (year < f.first_year || year > f.last_year) continue;
    std::vector<std::string> names = f.aliases;
    names.push_back(f.id);
    for (const std::string& name : names) {
      if (name.size() > length && has(text, name)) {
        best = &f;
        length = name.size();
      }
    }
  }
  return best;
}

Outcome<TrainPrecision> precision_of(const RunConditions& run, const FrameworkProfile& framework,
                                     TrainSpec& spec, std::vector<std::string>& assumptions) {
  const std::string text = to_lower(run.training.precision);
  if (text.empty()) return Refusal{"precision not stated", "precision not stated"};
  if (has(text, "see recipe") || has(text, "as in release"))
    return Refusal{"precision not stated", fmt::format("precision \"{}\"", run.training.precision)};
  spec.fp16 = text.starts_with("fp16");
  if (has(text, "nvfp4")) return TrainPrecision::kNvfp4;
  if (has(text, "mxfp8") || has(text, "fp8-mx")) return TrainPrecision::kMxfp8;
  if (has(text, "fp8")) return TrainPrecision::kFp8;
  if (has(text, "pure")) return TrainPrecision::kPure;
  if (has(text, "fp32 weights") || has(text, "amp")) return TrainPrecision::kAmp;
  if (text == "fp32") return TrainPrecision::kFp32;
  if (framework.amp_default) return TrainPrecision::kAmp;
  assumptions.emplace_back("16-bit training: fp32 master weights, as the framework does");
  return TrainPrecision::kMixed;
}

void read_recompute(const RunConditions& run, TrainingRow& row) {
  TrainSpec& s = row.job.spec;
  const std::string text = to_lower(run.training.recompute);
  row.recompute_stated = !(text.empty() || text == "not stated" || text == "recipe");
  if (!row.recompute_stated || text == "none") return;
  if (text == "full") {
    s.recompute = Recompute::kFull;
    return;
  }
  s.recompute = Recompute::kSelective;
  s.parts = {};
  s.parts.core_attention = text == "selective";
  s.parts.norms = has(text, "norm");
  s.parts.activation = has(text, "act");
  s.parts.shared_expert = has(text, "shared_expert");
}

/// Sharding: `FSDP SHARD_GRAD_OP (ZeRO-2)`, `FSDP=64`, `distributed optimizer`, `1`.
std::int64_t zero_of(const std::string& text) {
  if (text.empty() || text == "0") return 0;
  for (const std::int64_t stage : {1, 2, 3}) {
    if (has(text, fmt::format("zero-{}", stage)) || text == fmt::format("{}", stage)) return stage;
  }
  if (has(text, "fsdp")) return 3;
  return has(text, "distributed optimizer") ? 1 : 0;
}

std::optional<Refusal> read_layout(const RunConditions& run, TrainingRow& row) {
  TrainLayout& l = row.job.layout;
  const TrainingConditions& t = run.training;
  if (!run.gpus || *run.gpus < 1) return Refusal{"GPUs not stated", "number of GPUs not stated"};
  const std::string& notes = run.notes;
  l.tp = std::max<std::int64_t>(1, run.tp.value_or(1));
  l.pp = std::max<std::int64_t>(1, run.pp.value_or(1));
  l.cp = std::max<std::int64_t>(1, t.cp.value_or(1));
  l.ep = row.model->has_experts() ? std::max<std::int64_t>(1, run.ep.value_or(1)) : 1;
  const std::int64_t model_ranks = l.tp * l.pp * l.cp;
  l.dp = *run.gpus / model_ranks;
  if (l.dp < 1 || l.dp * model_ranks != *run.gpus)
    return Refusal{"layout not clear", fmt::format("{} GPUs and {}", *run.gpus, describe(l))};
  l.zero = zero_of(t.zero_stage);
  if (t.zero_stage.empty() && row.job.framework->sharded_default) l.zero = 3;
  // Expert tensor ranks default to one in today's recipes; experts over fewer ranks than tensor
  // ranks are split.
  l.etp = l.ep == 1 ? l.tp : std::max<std::int64_t>(1, l.tp / std::max<std::int64_t>(1, l.ep));
  if (l.ep > 1) l.etp = 1;
  const auto chunks = number_after(notes, "\"VP\"");
  l.interleave = std::max<std::int64_t>(1, chunks.value_or(number_after(notes, "VPP").value_or(1)));
  if (l.pp > 1 && l.interleave > 1) l.schedule = PipelineSchedule::kInterleaved;
  if (l.pp == 1) l.interleave = 1;
  l.sequence_parallel =
      row.job.framework->sequence_parallel && l.tp > 1 && !has(notes, "no sequence parallel");
  if (t.micro_batch && *t.micro_batch > 0) l.micro_batch = *t.micro_batch;
  // Token exchange between experts' ranks is named, their number is not.
  if (row.model->has_experts() && l.ep == 1 && has(notes, "DeepEP"))
    return Refusal{"layout not clear", "expert parallel, degree not stated"};
  return {};
}

/// What the row leaves open, tried: the fastest that fits in memory, as who publishes has tuned it;
/// where nothing fits, the smallest.
class OpenChoices {
 public:
  OpenChoices(const RunConditions& run, TrainingRow& row) : run_(run), row_(row) {}

  void settle() {
    const std::vector<std::int64_t> stages = open_stages();
    const std::vector<std::int64_t> passes = open_passes();
    for (const std::int64_t pp : stages) {
      for (const std::int64_t micro : passes) visit(pp, micro);
    }
    row_.job = best_;
    if (stages.size() > 1) note("stages", best_.layout.pp);
    if (passes.size() > 1) note("micro batch", best_.layout.micro_batch);
    if (chunks_open_ && best_.layout.pp > 1) note("chunks per stage", best_.layout.interleave);
    if (!row_.recompute_stated) {
      row_.assumptions.push_back(fmt::format("recomputation not stated: {}, the fastest that fits",
                                             name_of(best_.spec.recompute)));
    }
  }

 private:
  [[nodiscard]] std::vector<std::int64_t> open_stages() const {
    const TrainLayout& l = row_.job.layout;
    if (run_.pp || row_.job.framework->sharded_default) return {l.pp};
    std::vector<std::int64_t> out;
    for (std::int64_t pp = 1; pp <= std::min(l.dp, row_.model->layer_count()); ++pp) {
      if (l.dp % pp == 0 && row_.model->layer_count() % pp == 0) out.push_back(pp);
    }
    return out;
  }

  [[nodiscard]] std::vector<std::int64_t> open_passes() const {
    const auto& stated = run_.training.micro_batch;
    if (stated && *stated > 0) return {*stated};
    // Where ranks hold sharded copies the batch is what fits, which says nothing of the pass.
    if (row_.job.framework->sharded_default || row_.job.framework->eager) return {1};
    return {1, 2, 4, 8};
  }

  void visit(std::int64_t pp, std::int64_t micro) {
    TrainJob job = row_.job;
    TrainLayout& l = job.layout;
    l.dp /= pp / l.pp;
    l.pp = pp;
    l.micro_batch = micro;
    const double passes = job.spec.global_batch / static_cast<double>(l.dp * micro);
    if (micro > 1 && passes != std::floor(passes)) return;
    const std::int64_t per_stage = row_.model->layer_count() / l.pp;
    // Interleaving is usual since Megatron-Core; before, where not even the micro batch is said.
    const bool silent = row_.job.framework->sequence_parallel || !run_.training.micro_batch;
    chunks_open_ = silent && run_.notes.find("VP") == std::string::npos;
    for (std::int64_t v = 1; v <= (chunks_open_ && l.pp > 1 ? per_stage : 1); ++v) {
      const bool whole = row_.model->layer_count() % (l.pp * v) == 0 &&
                         std::fmod(passes, static_cast<double>(l.pp)) == 0.0;
      if (v > 1 && !whole) continue;
      if (chunks_open_) {
        l.interleave = v;
        l.schedule = v > 1 ? PipelineSchedule::kInterleaved : PipelineSchedule::k1F1B;
      }
      recomputations(job);
    }
  }

  void recomputations(TrainJob job) {
    TrainSpec& s = job.spec;
    consider(job);
    if (row_.recompute_stated) return;
    s.recompute = Recompute::kSelective;
    const bool scores = writes_scores(s, *job.framework, *job.model);
    if (scores) {
      s.parts = {.core_attention = true};
      consider(job);
    }
    // Parts of layers are Megatron-Core's; elsewhere whole layers run again or none.
    if (job.framework->sequence_parallel) {
      for (RecomputeParts parts :
           {RecomputeParts{.norms = true}, RecomputeParts{.norms = true, .activation = true},
            RecomputeParts{.norms = true, .activation = true, .up_projection = true}}) {
        parts.core_attention = scores;
        s.parts = parts;
        consider(job);
      }
    }
    s.recompute = Recompute::kFull;
    consider(job);
  }

  void consider(const TrainJob& job) {
    const ModelCosts costs = model_costs(job);
    const Bytes memory = training_memory(job, costs).memory.total();
    const bool fits = memory <= job.gpu->memory;
    const Seconds time = train_step(job, costs).total;
    const bool better =
        !any_ || (fits && !fits_) || (fits == fits_ && (fits ? time < time_ : memory < memory_));
    if (!better) return;
    any_ = true;
    fits_ = fits;
    time_ = time;
    memory_ = memory;
    best_ = job;
  }

  void note(std::string_view what, std::int64_t value) {
    row_.assumptions.push_back(
        fmt::format("{} not stated: {}, the fastest that fits", what, value));
  }

  const RunConditions& run_;
  TrainingRow& row_;
  TrainJob best_;
  bool any_ = false;
  bool fits_ = false;
  bool chunks_open_ = false;
  Seconds time_;
  Bytes memory_;
};

}  // namespace

Outcome<TrainingRow> resolve_training_row(const Catalog& catalog,
                                          const std::vector<FrameworkProfile>& frameworks,
                                          const RunConditions& run) {
  TrainingRow row;
  const TrainingConditions& t = run.training;
  if (!run.unreadable.empty()) return Refusal{"cell not understood", run.unreadable};
  auto model = training_model(catalog, run, row.assumptions);
  if (const auto* refusal = std::get_if<Refusal>(&model)) return *refusal;
  row.model = std::get<0>(model);
  const auto gpu = catalog.find_gpu(run.gpu);
  if (!gpu.ok()) return Refusal{"card not clear", gpu.errors().front().message};
  row.job.model = row.model.get();
  row.job.gpu = gpu->entry;
  if (gpu->entry->dense_peaks.empty())
    return Refusal{"card without known peaks", fmt::format("no peak known for {}", gpu->entry->id)};
  row.job.rates = &catalog.rates_for(*gpu->entry);
  row.job.framework = framework_of(frameworks, run);
  if (row.job.framework == nullptr)
    return Refusal{"framework not known", "neither engine nor source names a framework"};
  TrainSpec& s = row.job.spec;
  if (!t.seq_len || *t.seq_len < 1.0)
    return Refusal{"sequence length not stated", "sequence length not stated"};
  s.sequence = *t.seq_len;
  const auto precision = precision_of(run, *row.job.framework, s, row.assumptions);
  if (const auto* refusal = std::get_if<Refusal>(&precision)) return *refusal;
  s.precision = std::get<0>(precision);
  if (has(t.method, "qlora")) {
    s.method = TrainMethod::kQlora;
  } else if (has(t.method, "lora") || has(run.model, "lora")) {
    s.method = TrainMethod::kLora;
  }
  if (t.lora_rank && *t.lora_rank > 0) s.lora_rank = *t.lora_rank;
  if (has(run.notes, "16-bit adapters")) s.fp32_adapters = false;
  if (const auto optimizer = optimizer_from(t.optimizer)) s.optimizer = *optimizer;
  s.unfused_attention = row.job.framework->unfused_attention;
  s.dropout = s.unfused_attention;
  s.free_routing = has(run.notes, "dropless") && !has(run.notes, "balance");
  s.mtp = row.model->mtp.layers > 0 && !has(run.model, "w/o MTP");
  if (const auto refusal = read_layout(run, row)) return *refusal;
  s.global_batch =
      t.global_batch.value_or(static_cast<double>(row.job.layout.dp * row.job.layout.micro_batch));
  if (!t.global_batch) {
    if (!t.batch_text.empty())
      return Refusal{"batch not understood", fmt::format("global batch \"{}\"", t.batch_text)};
    row.assumptions.emplace_back("global batch not stated: one pass");
  }
  read_recompute(run, row);
  OpenChoices(run, row).settle();
  return row;
}

Outcome<double> training_value(const RunConditions& run, const TrainingRow& row) {
  const TrainJob& job = row.job;
  const ModelCosts costs = model_costs(job);
  const std::string& metric = run.metric;
  if (metric.starts_with("memory_")) {
    const StageMemory m = training_memory(job, costs).memory;
    if (metric == "memory_gib_allocated_steady")
      return (m.parameters + m.gradients + m.optimizer).in(units::GiB);
    const double unit = metric.find("gib") != std::string::npos ? units::GiB.scale
                        : metric == "memory_gb"                 ? units::GB.scale
                                                                : 1.0;
    return m.total().in(units::B) / unit;
  }
  const TrainStep step = train_step(job, costs);
  const double seconds = step.total.in(units::s);
  const double gpus = static_cast<double>(job.layout.gpus());
  if (metric == "iter_time_s") return seconds;
  if (metric == "tokens_s_gpu") return step.tokens / seconds / gpus;
  if (metric == "samples_per_s_total") return job.spec.global_batch / seconds;
  // Two definitions: with recomputation ("hardware"), and attention over all pairs or causal ones.
  const bool hardware = metric == "hfu" || has(run.notes, "hardware");
  const bool all_pairs = hardware || has(run.notes, "full (non-causal)");
  Flops flops = hardware ? step.hardware_flops : step.model_flops;
  if (all_pairs) flops += step.attention_flops + (hardware ? step.attention_recomputed : Flops{});
  const double per_second = flops.in(units::TFLOP) / seconds / gpus;
  if (metric == "tflops_per_gpu") return per_second;
  if (metric == "mfu" || metric == "hfu") {
    const bool narrow = job.spec.precision == TrainPrecision::kFp8 && job.gpu->peak(Dtype::kFp8);
    const Dtype wide = job.gpu->peak(Dtype::kBf16) ? Dtype::kBf16 : Dtype::kFp16;
    const Dtype dtype = narrow ? Dtype::kFp8 : wide;
    const auto peak = job.gpu->peak(dtype);
    if (!peak) return Refusal{"card without known peaks", "no peak of the format known"};
    return per_second / peak->in(units::TFLOP_per_s);
  }
  return Refusal{"metric not modelled", fmt::format("metric {}", metric)};
}

}  // namespace gpusize::calibrate
