#include "gpusize/train/job.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

template <typename T>
struct Word {
  std::string_view name;
  T value;
};

constexpr std::array<Word<TrainMethod>, 3> kMethods{
    {{"full", TrainMethod::kFull}, {"lora", TrainMethod::kLora}, {"qlora", TrainMethod::kQlora}}};
constexpr std::array<Word<TrainPrecision>, 8> kPrecisions{
    {{"fp32", TrainPrecision::kFp32},
     {"amp", TrainPrecision::kAmp},
     {"mixed", TrainPrecision::kMixed},
     {"pure", TrainPrecision::kPure},
     {"fp8", TrainPrecision::kFp8},
     {"mxfp8", TrainPrecision::kMxfp8},
     {"nvfp4", TrainPrecision::kNvfp4},
     {"fp8-block", TrainPrecision::kFp8Block}}};
constexpr std::array<Word<OptimizerKind>, 6> kOptimizers{{{"adamw", OptimizerKind::kAdamW},
                                                          {"adam8bit", OptimizerKind::kAdam8bit},
                                                          {"adafactor", OptimizerKind::kAdafactor},
                                                          {"sgd", OptimizerKind::kSgd},
                                                          {"momentum", OptimizerKind::kMomentum},
                                                          {"muon", OptimizerKind::kMuon}}};
constexpr std::array<Word<Recompute>, 3> kRecomputes{
    {{"none", Recompute::kNone}, {"selective", Recompute::kSelective}, {"full", Recompute::kFull}}};
constexpr std::array<Word<PipelineSchedule>, 5> kSchedules{
    {{"gpipe", PipelineSchedule::kGPipe},
     {"1f1b", PipelineSchedule::k1F1B},
     {"interleaved", PipelineSchedule::kInterleaved},
     {"zero-bubble", PipelineSchedule::kZeroBubble},
     {"dualpipe", PipelineSchedule::kDualPipe}}};

/// Megatron's `recompute-modules`.
constexpr std::array<Word<bool RecomputeParts::*>, 6> kParts{
    {{"core_attn", &RecomputeParts::core_attention},
     {"layernorm", &RecomputeParts::norms},
     {"act", &RecomputeParts::activation},
     {"mlp", &RecomputeParts::ffn},
     {"shared_experts", &RecomputeParts::shared_expert},
     {"mla_up_proj", &RecomputeParts::up_projection}}};

template <typename T, std::size_t N>
std::string_view named(const std::array<Word<T>, N>& words, T value) {
  for (const Word<T>& word : words) {
    if (word.value == value) return word.name;
  }
  return words.front().name;
}

template <typename T, std::size_t N>
std::optional<T> found(const std::array<Word<T>, N>& words, std::string_view name) {
  const std::string wanted = to_lower(name);
  for (const Word<T>& word : words) {
    if (word.name == wanted) return word.value;
  }
  return {};
}

template <typename T, std::size_t N>
std::vector<std::string> all(const std::array<Word<T>, N>& words) {
  std::vector<std::string> out;
  for (const Word<T>& word : words) out.emplace_back(word.name);
  return out;
}

/// Bytes per matrix parameter of the optimizer's states, beside states of `width` bytes.
double moment_bytes(OptimizerKind optimizer, double width) {
  switch (optimizer) {
    case OptimizerKind::kAdamW: return 2.0 * width;
    // Two 8-bit states with one fp32 maximum per 256 numbers (arXiv:2110.02861).
    case OptimizerKind::kAdam8bit: return 2.0 * (1.0 + 4.0 / 256.0);
    // A row and a column of second moments: nothing that shows per element (arXiv:1804.04235).
    case OptimizerKind::kAdafactor: return 0.0;
    case OptimizerKind::kSgd: return 0.0;
    case OptimizerKind::kMomentum:
    case OptimizerKind::kMuon: return width;
  }
  return 0.0;
}

}  // namespace

double microbatches(const TrainSpec& spec, const TrainLayout& layout) {
  return std::max(1.0, spec.global_batch / static_cast<double>(layout.dp * layout.micro_batch));
}

std::string_view name_of(TrainMethod v) { return named(kMethods, v); }
std::string_view name_of(TrainPrecision v) { return named(kPrecisions, v); }
std::string_view name_of(OptimizerKind v) { return named(kOptimizers, v); }
std::string_view name_of(Recompute v) { return named(kRecomputes, v); }
std::string_view name_of(PipelineSchedule v) { return named(kSchedules, v); }
std::optional<TrainMethod> train_method_from(std::string_view n) { return found(kMethods, n); }
std::optional<TrainPrecision> train_precision_from(std::string_view n) {
  return found(kPrecisions, n);
}
std::optional<OptimizerKind> optimizer_from(std::string_view n) { return found(kOptimizers, n); }
std::optional<Recompute> recompute_from(std::string_view n) { return found(kRecomputes, n); }
std::optional<PipelineSchedule> schedule_from(std::string_view n) { return found(kSchedules, n); }
std::vector<std::string> train_method_names() { return all(kMethods); }
std::vector<std::string> train_precision_names() { return all(kPrecisions); }
std::vector<std::string> optimizer_names() { return all(kOptimizers); }
std::vector<std::string> schedule_names() { return all(kSchedules); }

std::vector<std::string> recompute_part_names() { return all(kParts); }

std::vector<std::string_view> parts_of(const TrainSpec& spec) {
  std::vector<std::string_view> out;
  for (const auto& part : kParts) {
    if (spec.recompute == Recompute::kSelective && spec.parts.*part.value) out.push_back(part.name);
  }
  return out;
}

std::optional<bool RecomputeParts::*> recompute_part_from(std::string_view name) {
  return found(kParts, name == "moe" ? "mlp" : name == "moe_act" ? "act" : name);
}

std::string describe(const TrainLayout& l) {
  std::string out = fmt::format("tp{}", l.tp);
  const auto add = [&](std::string_view name, std::int64_t degree) {
    if (degree > 1) out += fmt::format(" {}{}", name, degree);
  };
  add("pp", l.pp);
  add("vpp", l.interleave);
  add("cp", l.cp);
  add("ep", l.ep);
  add("etp", l.etp);
  add("dp", l.dp);
  if (l.zero > 0) out += fmt::format(" zero{}", l.zero);
  return out;
}

bool writes_scores(const TrainSpec& spec, const FrameworkProfile& framework,
                   const ModelSpec& model) {
  const bool sinks = std::any_of(model.kinds.begin(), model.kinds.end(),
                                 [](const LayerKind& k) { return k.attention.sinks; });
  return spec.unfused_attention || (framework.unfused_sinks && sinks);
}

bool keeps_fp8(const TrainSpec& spec) {
  return spec.fp8_cache.value_or(spec.precision == TrainPrecision::kFp8Block);
}

StateBytes state_bytes(const TrainSpec& spec, const FrameworkProfile& framework) {
  StateBytes out;
  const double fp32 = 4.0;
  const double half = 2.0;
  const auto moments = [&](double width) {
    return moment_bytes(spec.optimizer, spec.moment_width.value_or(width));
  };
  const auto mixed = [&] {
    out.weight = half;
    out.gradient = framework.fp32_gradients ? fp32 : half;
    out.master = fp32;
    out.moments = moments(fp32);
  };
  switch (spec.precision) {
    case TrainPrecision::kFp32:
      out.weight = out.gradient = fp32;
      out.moments = moments(fp32);
      break;
    case TrainPrecision::kAmp:
      out.weight = out.gradient = fp32;
      out.moments = moments(fp32);
      out.transient = half;
      break;
    case TrainPrecision::kMixed: mixed(); break;
    case TrainPrecision::kPure:
      out.weight = out.gradient = half;
      out.moments = moments(half);
      break;
    // Two 8-bit copies of each weight stand for the 16-bit one: as it is and transposed, for the
    // two backward products (Transformer Engine, fp8 primary weights).
    case TrainPrecision::kFp8:
    case TrainPrecision::kMxfp8: mixed(); break;
    case TrainPrecision::kNvfp4:
      mixed();
      out.compute = 2.0 * (0.5 + 1.0 / 16.0);
      break;
    case TrainPrecision::kFp8Block:
      mixed();
      out.compute = 1.0;
      out.moments = moments(half);
      break;
  }
  return out;
}

}  // namespace gpusize
