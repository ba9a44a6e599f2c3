#include "plan/train_why.hpp"

#include <array>

#include <fmt/format.h>

#include "plan/train_post_writer.hpp"
#include "plan/why_facts.hpp"

namespace gpusize::plan {
namespace {

constexpr Formula kTensor{"train.tensor", "elements * element_bytes * count * layers * passes", "B",
                          "what the operator's gradient needs"};
constexpr Formula kRate{"train.tokens_per_s_per_gpu", "tokens / step_time / gpus", "tokens/s",
                        "definition"};
constexpr Formula kUse{"train.mfu", "flops / step_time / gpus / peak", "",
                       "PaLM arXiv:2204.02311 app. B; causal pairs counted once"};
constexpr Formula kBandEnd{"train.band", "value * (1 + width)", "s", "90 % of measured steps"};
constexpr Formula kBubble{"train.bubble", "(pp - 1) / (passes * chunks)", "",
                          "arXiv:2104.04473 sec. 2.2"};

double dbl(std::int64_t v) { return static_cast<double>(v); }

Why input(std::string label, double value, std::string unit) {
  return why_input(std::move(label), value, std::move(unit), "the layout");
}

Why part(const char* label, Seconds value, const char* note) {
  return why_search(label, value.in(units::s), "s", note, {});
}

Why why_step(const TrainOption& o) {
  const TrainStep& s = o.step;
  std::vector<std::pair<std::string, Why>> parts{
      {"forward", part("forward", s.forward,
                       "kernel times (hw.* formulas) of the slowest stage's layers, all passes")},
      {"backward", part("backward", s.backward,
                        "two products per linear layer, attention at the framework's ratio")},
      {"recompute", part("recompute", s.recompute, "forward kernels that run again")},
      {"communication", part("communication", s.communication,
                             "tensor, context, expert and stage traffic that is not hidden")},
      {"bubble", part("bubble", s.bubble, "stages that wait for their first and last pass")},
      {"gradients",
       part("gradients", s.gradients, "data-parallel traffic that is not hidden, stragglers")},
      {"optimizer", part("optimizer", s.optimizer, "states read and written once")},
      {"host", part("host", s.host, "launches that kernels do not cover, work per step")}};
  return why_sum("step time", s.total.in(units::s), "s", std::move(parts));
}

Why bytes_why(const char* label, Bytes value, const char* note) {
  return why_search(label, value.in(units::B), "B", note, {});
}

/// The tensors of one layer of each kind, times layers and passes in flight; the rest of the moment
/// (gradients between kernels, the head) is one part of its own.
Why why_activations(const TrainOption& o) {
  const ModelCosts costs = model_costs(o.job);
  const std::vector<double> kinds = stage_kinds(o.job, o.memory.stage);
  std::vector<std::pair<std::string, Why>> parts;
  double sum = 0.0;
  const double passes = o.memory.memory.passes_in_flight;
  const bool full = o.job.spec.recompute == Recompute::kFull;
  const double total = o.memory.memory.activations.in(units::B);
  const auto add = [&](const std::string& label, double elements, double element_bytes,
                       double count, double layers) {
    const double value = elements * element_bytes * count * layers * passes;
    if (value <= 0.0 || sum + value > total * (1.0 + 1e-12)) return;
    parts.emplace_back(label,
                       why_formula(kTensor, label, value,
                                   {{"elements", input("elements", elements, "")},
                                    {"element_bytes", input("element_bytes", element_bytes, "B")},
                                    {"count", input("count", count, "")},
                                    {"layers", input("layers on the stage", layers, "")},
                                    {"passes", input("passes in flight", passes, "")}}));
    sum += value;
  };
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k] <= 0.0 || o.memory.memory.moment == PeakMoment::kUpdate) continue;
    const BlockCost& block = costs.kinds[k];
    if (full) {
      add(fmt::format("layer input, kind {}", k), block.input_elements, costs.residual_bytes, 1.0,
          kinds[k]);
      continue;
    }
    for (const SavedTensor& t : block.tensors) {
      if (is_kept(t, o.job.spec))
        add(fmt::format("{} {}", t.op, t.what), t.elements, t.element_bytes, t.count, kinds[k]);
    }
  }
  if (total > sum)
    parts.emplace_back("rest", bytes_why("rest of the moment", Bytes::from_base(total - sum),
                                         "head, gradients between kernels, the layer that is "
                                         "recomputed, allocator rounding"));
  return why_sum("activations", total, "B", std::move(parts));
}

}  // namespace

TrainBand train_band(const TrainOption& o) {
  // One card of the profile's own measurements is known best; many cards bring congestion.
  if (o.job.layout.gpus() == 1 && o.job.gpu->id.starts_with("H100")) return {-0.15, 0.25};
  return {-0.2, 0.3};
}

double utilisation(const TrainOption& o, Flops flops) {
  const Dtype dtype = o.job.gpu->peak(Dtype::kBf16) ? Dtype::kBf16 : Dtype::kFp16;
  const auto peak = o.job.gpu->peak(dtype);
  if (!peak) return 0.0;
  return flops.in(units::FLOP) / o.step.total.in(units::s) / dbl(o.job.layout.gpus()) /
         peak->in(units::FLOP_per_s);
}

TrainWhys why_training(const TrainOption& o) {
  TrainWhys w;
  const TrainLayout& l = o.job.layout;
  w.step_time = why_step(o);
  const TrainBand band = train_band(o);
  const Source source{"gpusize error bands", "docs/training.md", "2026-11-26"};
  const auto end = [&](const char* label, double width) {
    const Why why =
        why_fact("width", width, "", NumberKind::kEstimated, source, Confidence::kDerived);
    return why_formula(kBandEnd, label, w.step_time->value * (1.0 + width),
                       {{"value", w.step_time}, {"width", why}});
  };
  w.low = end("low", band.low);
  w.high = end("high", band.high);
  const Why gpus = input("gpus", dbl(l.gpus()), "GPUs");
  const double tokens = o.step.tokens;
  w.tokens_per_s =
      why_formula(kRate, "tokens per second and GPU", tokens / w.step_time->value / gpus->value,
                  {{"tokens", input("tokens per step", tokens, "tokens")},
                   {"step_time", w.step_time},
                   {"gpus", gpus}});
  const Dtype dtype = o.job.gpu->peak(Dtype::kBf16) ? Dtype::kBf16 : Dtype::kFp16;
  const auto use = [&](const char* label, Flops flops) -> Why {
    if (!o.job.gpu->peak(dtype)) return why_count(label, 0.0, "no 16-bit peak known");
    return why_formula(kUse, label, utilisation(o, flops),
                       {{"flops", why_search("FLOPs per step", flops.in(units::FLOP), "FLOP",
                                             "sum over the operator graph, all GPUs", {})},
                        {"step_time", w.step_time},
                        {"gpus", gpus},
                        {"peak", gpu_peak_why(*o.job.gpu, dtype)}});
  };
  w.mfu = use("MFU", o.step.model_flops);
  w.hfu = use("HFU", o.step.hardware_flops);
  const double passes = microbatches(o.job.spec, l);
  w.bubble =
      why_formula(kBubble, "bubble fraction of equal stages", bubble_fraction(l, passes),
                  {{"pp", input("pp", dbl(l.pp), "")},
                   {"passes", input("passes", passes, "")},
                   {"chunks", input("chunks", dbl(std::max<std::int64_t>(1, l.interleave)), "")}});
  const StageMemory& m = o.memory.memory;
  w.parameters = bytes_why("parameters", m.parameters, "tensors of the stage in the stored format");
  w.gradients = bytes_why("gradients", m.gradients, "as accumulated, at the fullest moment");
  w.optimizer = bytes_why("optimizer", m.optimizer, "moments and master weights");
  w.activations = why_activations(o);
  w.logits = bytes_why("logits", m.logits, "logits, log-softmax and their gradients");
  w.communication = bytes_why("communication", m.communication,
                              "NCCL buffers and weights gathered from their shards");
  w.other =
      bytes_why("other", m.other, "weights in the compute format, workspaces, allocator rounding");
  WhyInputs parts{{"parameters", w.parameters},
                  {"gradients", w.gradients},
                  {"optimizer", w.optimizer},
                  {"activations", w.activations},
                  {"logits", w.logits},
                  {"communication", w.communication},
                  {"other", w.other}};
  if (o.job.post) w.side_models = why_side_models(o);
  for (const auto& part : w.side_models) parts.push_back(part);
  w.total = why_sum("total", m.total().in(units::B), "B", std::move(parts));
  w.capacity = gpu_memory_why(*o.job.gpu);
  return w;
}

}  // namespace gpusize::plan

namespace gpusize {

std::span<const Formula> train_formulas() {
  static const std::vector<Formula> kAll = [] {
    std::vector<Formula> out{plan::kTensor, plan::kRate, plan::kUse, plan::kBandEnd, plan::kBubble};
    const auto post = plan::post_formulas();
    out.insert(out.end(), post.begin(), post.end());
    return out;
  }();
  return kAll;
}

}  // namespace gpusize
