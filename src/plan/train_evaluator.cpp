#include "plan/train_evaluator.hpp"

#include <algorithm>

namespace gpusize::plan {
namespace {

/// Parts as one number, for keys.
std::int64_t code_of(const RecomputeParts& p) {
  std::int64_t code = 0;
  for (const bool part :
       {p.core_attention, p.norms, p.activation, p.ffn, p.shared_expert, p.up_projection})
    code = 2 * code + (part ? 1 : 0);
  return code;
}

/// Every set of parts that the model has; a recomputed feed-forward block includes its activation
/// and shared expert.
std::vector<RecomputeChoice> every_set(const ModelSpec& model, bool unfused) {
  const auto any = [&](auto&& test) {
    return std::any_of(model.kinds.begin(), model.kinds.end(), test);
  };
  const bool latent = any([](const LayerKind& k) { return k.attention.kv_lora_rank > 0; });
  const bool shared = any([](const LayerKind& k) { return k.ffn.shared_intermediate > 0; });
  std::vector<bool RecomputeParts::*> parts{&RecomputeParts::norms, &RecomputeParts::activation,
                                            &RecomputeParts::ffn};
  if (unfused) parts.push_back(&RecomputeParts::core_attention);
  if (latent) parts.push_back(&RecomputeParts::up_projection);
  if (shared) parts.push_back(&RecomputeParts::shared_expert);
  std::vector<RecomputeChoice> out;
  for (std::size_t set = 1; set < (std::size_t{1} << parts.size()); ++set) {
    RecomputeParts chosen;
    for (std::size_t i = 0; i < parts.size(); ++i) chosen.*parts[i] = ((set >> i) & 1U) != 0;
    if (chosen.ffn && (chosen.activation || chosen.shared_expert)) continue;
    out.push_back({Recompute::kSelective, chosen});
  }
  return out;
}

/// The parts that the request names; names were checked when it was resolved.
RecomputeParts parts_of(const TrainRequest& request) {
  RecomputeParts out;
  for (const std::string& name : request.recompute_parts) {
    if (const auto part = recompute_part_from(name)) out.*(*part) = true;
  }
  return out;
}

}  // namespace

std::vector<RecomputeChoice> recompute_choices(const ModelSpec& model, const TrainRequest& request,
                                               const TrainChoice& choice) {
  const bool unfused = writes_scores(choice.spec, *choice.framework, model);
  RecomputeParts usual{.core_attention = true};
  if (!unfused) usual = {.norms = true, .activation = true, .up_projection = true};
  if (!request.recompute_parts.empty()) usual = parts_of(request);
  if (!request.recompute.empty() || request.one_point) return {{choice.spec.recompute, usual}};
  std::vector<RecomputeChoice> out{{Recompute::kNone, usual}};
  // Model code in PyTorch checkpoints whole layers.
  if (choice.framework->eager) {
    out.push_back({Recompute::kFull, usual});
    return out;
  }
  if (request.all_layouts) {
    const auto sets = every_set(model, unfused);
    out.insert(out.end(), sets.begin(), sets.end());
  } else {
    out.push_back({Recompute::kSelective, usual});
  }
  out.push_back({Recompute::kFull, usual});
  return out;
}

TrainEvaluator::TrainEvaluator(const Catalog& catalog, const ModelSpec& model, const GpuSpec& gpu,
                               const TrainChoice& choice)
    : choice_(choice) {
  job_.model = &model;
  job_.gpu = &gpu;
  job_.rates = &catalog.rates_for(gpu);
  job_.framework = choice.framework;
  job_.post = choice.post;
}

TrainJob TrainEvaluator::job_of(const TrainLayout& layout, const RecomputeChoice& recompute,
                                double batch) const {
  TrainJob job = job_;
  job.spec = choice_.spec;
  job.spec.recompute = recompute.kind;
  if (recompute.kind == Recompute::kSelective) job.spec.parts = recompute.parts;
  job.spec.global_batch = batch;
  job.layout = layout;
  job.spec.fp16 = !job.gpu->peak(Dtype::kBf16) && job.gpu->peak(Dtype::kFp16);
  return job;
}

const ModelCosts& TrainEvaluator::costs(const TrainJob& job) {
  const TrainLayout& l = job.layout;
  const std::int64_t parts =
      job.spec.recompute == Recompute::kSelective ? code_of(job.spec.parts) : 0;
  const std::int64_t kind = 64 * static_cast<std::int64_t>(job.spec.recompute) + parts;
  const Key key{l.tp, l.cp, l.ep, l.etp, l.micro_batch, l.sequence_parallel ? 1 : 0, kind};
  auto at = memo_.find(key);
  if (at == memo_.end()) at = memo_.emplace(key, model_costs(job)).first;
  return at->second;
}

Seconds least_time(const TrainJob& job, const ModelCosts& costs) {
  const double passes = microbatches(job.spec, job.layout);
  Seconds sum;
  for (std::size_t k = 0; k < costs.kinds.size(); ++k) {
    const BlockCost& block = costs.kinds[k];
    sum += static_cast<double>(job.model->count_of(k)) *
           (block.forward + block.backward + block.recompute);
  }
  const PipelineSchedule schedule = job.layout.schedule;
  const bool drains =
      schedule != PipelineSchedule::kZeroBubble && schedule != PipelineSchedule::kDualPipe;
  const double bubble = drains ? bubble_fraction(job.layout, passes) : 0.0;
  return passes * (1.0 + bubble) / static_cast<double>(job.layout.pp) * sum;
}

}  // namespace gpusize::plan
