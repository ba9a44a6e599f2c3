#include "gpusize/plan/train_files.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// A field of the request that files fill. `current` is its value as files would write it; empty:
/// none.
struct Field {
  TrainKey key;
  std::string_view input;
  void (*set)(TrainRequest&, const TrainSetting&);
  std::string (*current)(const TrainRequest&);
};

using Degree = std::optional<std::int64_t> TrainRequest::*;

template <Degree member>
constexpr Field count(TrainKey key, std::string_view input) {
  return {key, input,
          [](TrainRequest& r, const TrainSetting& s) {
            r.*member = static_cast<std::int64_t>(s.number);
          },
          [](const TrainRequest& r) {
            return r.*member ? fmt::format("{}", *(r.*member)) : std::string();
          }};
}

template <std::string TrainRequest::*member>
constexpr Field text(TrainKey key, std::string_view input) {
  return {key, input, [](TrainRequest& r, const TrainSetting& s) { r.*member = s.value; },
          [](const TrainRequest& r) { return r.*member; }};
}

template <double TrainRequest::*member>
constexpr Field amount(TrainKey key, std::string_view input) {
  return {key, input, [](TrainRequest& r, const TrainSetting& s) { r.*member = s.number; },
          [](const TrainRequest& r) { return fmt::format("{:.0f}", r.*member); }};
}

template <bool TrainRequest::*member>
constexpr Field flag(TrainKey key, std::string_view input) {
  return {key, input, [](TrainRequest& r, const TrainSetting& s) { r.*member = s.value == "yes"; },
          [](const TrainRequest& r) { return std::string(r.*member ? "yes" : "no"); }};
}

using R = TrainRequest;
using K = TrainKey;

const std::array<Field, 28> kFields{{
    text<&R::framework>(K::kFramework, "framework"),
    text<&R::model>(K::kModel, "model"),
    text<&R::method>(K::kMethod, "method"),
    text<&R::precision>(K::kPrecision, "precision"),
    text<&R::optimizer>(K::kOptimizer, "optimizer"),
    text<&R::moments>(K::kMoments, "moments"),
    text<&R::activation_cache>(K::kActivationCache, "activation_cache"),
    text<&R::recompute>(K::kRecompute, "recompute"),
    {K::kRecomputeParts, "recompute_parts",
     [](R& r, const TrainSetting& s) {
       r.recompute_parts.clear();
       for (const std::string& part : split(s.value, ' ')) {
         if (!part.empty()) r.recompute_parts.push_back(part);
       }
     },
     [](const R& r) { return fmt::format("{}", fmt::join(r.recompute_parts, " ")); }},
    text<&R::attention>(K::kAttention, "attention"),
    {K::kSequenceParallel, "sequence_parallel",
     [](R& r, const TrainSetting& s) { r.sequence_parallel = s.value == "yes"; },
     [](const R& r) {
       return std::string(!r.sequence_parallel ? "" : *r.sequence_parallel ? "yes" : "no");
     }},
    flag<&R::offload>(K::kOffload, "offload"),
    flag<&R::mtp>(K::kMtp, "mtp"),
    {K::kLoraRank, "lora_rank",
     [](R& r, const TrainSetting& s) { r.lora_rank = static_cast<std::int64_t>(s.number); },
     [](const R& r) { return fmt::format("{}", r.lora_rank); }},
    count<&R::tp>(K::kTp, "tp"),
    count<&R::pp>(K::kPp, "pp"),
    count<&R::cp>(K::kCp, "cp"),
    count<&R::ep>(K::kEp, "ep"),
    count<&R::etp>(K::kEtp, "etp"),
    count<&R::interleave>(K::kChunks, "interleave"),
    count<&R::micro_batch>(K::kMicroBatch, "micro_batch"),
    count<&R::accumulation>(K::kAccumulation, "accumulation"),
    count<&R::zero>(K::kZero, "zero"),
    // `node` has the number 0, as the request writes it.
    {K::kShardGroup, "shard_group",
     [](R& r, const TrainSetting& s) { r.shard_group = static_cast<std::int64_t>(s.number); },
     [](const R& r) {
       return !r.shard_group        ? std::string()
              : *r.shard_group == 0 ? std::string("node")
                                    : fmt::format("{}", *r.shard_group);
     }},
    amount<&R::global_batch>(K::kGlobalBatch, "global_batch"),
    amount<&R::sequence>(K::kSequence, "sequence"),
    amount<&R::tokens>(K::kTokens, "tokens"),
    amount<&R::epochs>(K::kEpochs, "epochs"),
}};

const Field kGpus{
    K::kGpus, "gpus",
    [](R& r, const TrainSetting& s) { r.counts = {static_cast<std::int64_t>(s.number)}; },
    [](const R& r) { return fmt::format("{}", fmt::join(r.counts, ",")); }};

void lay(const Field& field, const TrainingSpec& spec,
         const std::set<std::string, std::less<>>& given, TrainRequest& r) {
  const TrainSetting* setting = spec.find(field.key);
  if (setting == nullptr) return;
  TrainStatement statement{std::string(field.input), *setting};
  const bool differs = field.current(r) != setting->value;
  statement.overridden = given.contains(field.input) && differs;
  if (!statement.overridden) {
    field.set(r, *setting);
  } else if (!setting->implied) {
    r.notes.push_back(fmt::format("{} {} of {} is not used: the request says {}",
                                  printable(setting->written), printable(setting->value),
                                  setting->where.str(), field.current(r)));
  }
  r.statements.push_back(std::move(statement));
}

}  // namespace

TrainRequest with_files(TrainRequest request, const TrainingSpec& spec,
                        const std::set<std::string, std::less<>>& given) {
  for (const Field& field : kFields) lay(field, spec, given, request);
  lay(kGpus, spec, given, request);
  // Another number of GPUs or another layout changes the batch that a rank's passes make.
  request.gaps = spec.not_assessed;
  const TrainSetting* epochs = spec.find(TrainKey::kEpochs);
  if (epochs != nullptr && request.tokens <= 0.0 && request.dataset <= 0.0)
    request.gaps.push_back({epochs->written,
                            "the size of the data set is not in the file: --dataset-size",
                            epochs->where});
  for (const TrainingFile& file : spec.files)
    request.notes.push_back(fmt::format("{}: {}", printable(file.path), file.format));
  if (spec.find(TrainKey::kSequence) == nullptr && !given.contains("sequence"))
    request.notes.push_back(
        fmt::format("sequence length not in the files: {:.0f} tokens", request.sequence));
  return request;
}

std::set<std::string, std::less<>> file_fields() {
  std::set<std::string, std::less<>> out{std::string(kGpus.input)};
  for (const Field& field : kFields) out.insert(std::string(field.input));
  return out;
}

Diagnostics differing_sizes(const TrainingSpec& spec, const ModelSpec& model) {
  Diagnostics out;
  const auto compare = [&](std::string_view option, std::int64_t has) {
    const auto at = spec.sizes.find(option);
    if (at == spec.sizes.end() || at->second.number == static_cast<double>(has)) return;
    out.push_back(make_error("train-conflict",
                             fmt::format("{} says {}, {} has {}", printable(at->second.written),
                                         at->second.value, model.name, has),
                             at->second.where,
                             "leave --model out to size what the file describes"));
  };
  compare("num-layers", model.layer_count());
  compare("hidden-size", model.hidden);
  compare("num-attention-heads", model.kinds.front().attention.heads);
  return out;
}

}  // namespace gpusize
