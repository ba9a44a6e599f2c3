// A training request resolved: framework, method, formats.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"
#include "gpusize/plan/train_plan.hpp"
#include "plan/train_post.hpp"

namespace gpusize {
namespace {

template <typename T>
T word(Diagnostics& out, std::string_view option, const std::string& text, std::optional<T> found,
       T otherwise, const std::vector<std::string>& known) {
  if (found) return *found;
  out.push_back(
      make_error("train-word", fmt::format("{}: unknown \"{}\"", option, printable(text)), {},
                 fmt::format("{} one of: {}", did_you_mean(text, known), fmt::join(known, ", "))));
  return otherwise;
}

void check(Diagnostics& out, std::string_view option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  out.push_back(make_error("train-range", fmt::format("{} is {:g}", option, value), {},
                           fmt::format("from {:g} to {:g}", low, high)));
}

void check_numbers(Diagnostics& out, const TrainRequest& r) {
  constexpr double kMost = 1e6;
  check(out, "--seq", r.sequence, 1.0, 1e8);
  check(out, "--tokens", r.tokens, 0.0, 1e18);
  check(out, "--dataset-size", r.dataset, 0.0, 1e15);
  check(out, "--epochs", r.epochs, 1e-6, 1e6);
  check(out, "--global-batch", r.global_batch, 0.0, 1e9);
  check(out, "--lora-rank", static_cast<double>(r.lora_rank), 1.0, 65536.0);
  check(out, "--max-gpus", static_cast<double>(r.max_gpus), 1.0, kMost);
  check(out, "--top", static_cast<double>(r.top), 1.0, 1e5);
  const auto degree = [&](std::string_view option, const std::optional<std::int64_t>& v) {
    if (v) check(out, option, static_cast<double>(*v), 1.0, kMost);
  };
  degree("--tp", r.tp);
  degree("--pp", r.pp);
  degree("--cp", r.cp);
  degree("--ep", r.ep);
  degree("--etp", r.etp);
  degree("--dp", r.dp);
  degree("--vpp", r.interleave);
  degree("--micro-batch", r.micro_batch);
  degree("--accumulation", r.accumulation);
  if (r.shard_group) check(out, "--shard-group", static_cast<double>(*r.shard_group), 0.0, kMost);
  if (r.zero) check(out, "--zero", static_cast<double>(*r.zero), 0.0, 3.0);
  if (r.deadline_days) check(out, "--deadline", *r.deadline_days, 1e-3, 1e5);
  if (r.budget_usd) check(out, "--budget", *r.budget_usd, 1e-2, 1e15);
  for (const std::int64_t count : r.counts)
    check(out, "--gpus", static_cast<double>(count), 1, kMost);
}

/// Mean bytes of the optimizer's two moments: one word for both, or two.
double moment_width(Diagnostics& out, const std::string& text) {
  const std::vector<std::string> words = split(text, ',');
  double sum = 0.0;
  for (const std::string& one : words) {
    const auto bytes = one == "fp32"   ? std::optional<double>(4.0)
                       : one == "bf16" ? std::optional<double>(2.0)
                       : one == "fp8"  ? std::optional<double>(1.0)
                                       : std::optional<double>();
    sum += word(out, "--moments", one, bytes, 4.0, {"fp32", "bf16", "fp8"});
  }
  return sum / static_cast<double>(words.size());
}

/// Small jobs are fine-tuned in plain PyTorch; large ones are pre-trained in Megatron.
std::string default_framework(const TrainRequest& r, TrainMethod method) {
  if (method != TrainMethod::kFull) return "transformers";
  const bool parallel = r.tp.value_or(1) > 1 || r.pp.value_or(1) > 1 || r.ep.value_or(1) > 1;
  const bool one = !r.counts.empty() && r.counts.front() == 1 && !parallel;
  return one || (r.one_point && !parallel && r.dp.value_or(1) == 1) ? "transformers"
                                                                    : "megatron-core";
}

}  // namespace

Result<TrainChoice> resolve_training(const std::vector<FrameworkProfile>& frameworks,
                                     const ModelSpec& model, const TrainRequest& r) {
  Diagnostics problems;
  TrainChoice out;
  TrainSpec& s = out.spec;
  s.method = word(problems, "--method", r.method, train_method_from(r.method), TrainMethod::kFull,
                  train_method_names());
  const std::string name = r.framework == "auto" ? default_framework(r, s.method) : r.framework;
  const auto framework = find_framework(frameworks, name);
  if (!framework.ok()) return framework.errors();
  out.framework = *framework;
  if (r.framework == "auto") out.notes.push_back(fmt::format("framework not given: {}", name));
  s.precision = s.method != TrainMethod::kFull ? TrainPrecision::kPure
                : out.framework->amp_default   ? TrainPrecision::kAmp
                                               : TrainPrecision::kMixed;
  if (!r.precision.empty())
    s.precision = word(problems, "--precision", r.precision, train_precision_from(r.precision),
                       s.precision, train_precision_names());
  s.optimizer = word(problems, "--optimizer", r.optimizer, optimizer_from(r.optimizer),
                     OptimizerKind::kAdamW, optimizer_names());
  if (!r.recompute.empty())
    s.recompute = word(problems, "--recompute", r.recompute, recompute_from(r.recompute),
                       Recompute::kNone, {"none", "selective", "full"});
  s.unfused_attention = word(problems, "--attention", r.attention,
                             r.attention == "flash"     ? std::optional<bool>(false)
                             : r.attention == "unfused" ? std::optional<bool>(true)
                                                        : std::optional<bool>(),
                             false, {"flash", "unfused"});
  if (!writes_scores(s, *out.framework, model) && s.recompute == Recompute::kSelective)
    s.parts = {.norms = true, .activation = true, .up_projection = true};
  for (const std::string& part : r.recompute_parts)
    word(problems, "--recompute-parts", part, recompute_part_from(part),
         &RecomputeParts::core_attention, recompute_part_names());
  if (!r.activation_cache.empty())
    s.fp8_cache = word(problems, "--activation-cache", r.activation_cache,
                       r.activation_cache == "fp8"     ? std::optional<bool>(true)
                       : r.activation_cache == "16bit" ? std::optional<bool>(false)
                                                       : std::optional<bool>(),
                       false, {"fp8", "16bit"});
  if (!r.moments.empty()) s.moment_width = moment_width(problems, r.moments);
  if (!r.schedule.empty() && !schedule_from(r.schedule))
    word(problems, "--schedule", r.schedule, schedule_from(r.schedule), PipelineSchedule::k1F1B,
         schedule_names());
  if (r.rank_by != "cost" && r.rank_by != "time")
    problems.push_back(make_error("train-word",
                                  fmt::format("--rank-by: unknown \"{}\"", printable(r.rank_by)),
                                  {}, "cost or time"));
  check_numbers(problems, r);
  out.notes.insert(out.notes.end(), r.notes.begin(), r.notes.end());
  s.lora_rank = r.lora_rank;
  s.lora_experts = r.lora_experts;
  s.mtp = r.mtp;
  s.sequence = r.sequence;
  if (r.mtp && model.mtp.layers == 0)
    out.notes.push_back("the model has no multi-token-prediction module: --mtp does nothing");
  if (r.post.asked()) out.post = plan::resolve_post(problems, r, s, out.notes);
  if (has_errors(problems)) return problems;
  return out;
}

}  // namespace gpusize
