#include "gpusize/train/memory.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "gpusize/ops/tensors.hpp"
#include "gpusize/train/post_training.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// NF4 with double quantisation: 4 bits, one 8-bit scale per 64, one fp32 scale per 256 scales
/// (arXiv:2305.14314 sec. 3).
constexpr double kNf4Bytes = 0.5 + 1.0 / 64.0 + 4.0 / (64.0 * 256.0);

/// Layers of each kind whose activations a rank holds: under DualPipe those of a stage and of its
/// mirror image, half of the passes each.
std::vector<double> rank_kinds(const TrainJob& job, std::int64_t stage) {
  std::vector<double> out = stage_kinds(job, stage);
  if (!job.layout.mirrored()) return out;
  const std::vector<double> other = stage_kinds(job, job.layout.pp - 1 - stage);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = 0.5 * (out[k] + other[k]);
  return out;
}

/// States of one GPU, whole or sharded.
struct States {
  double parameters = 0.0;
  double gradients = 0.0;
  double head_gradients = 0.0;   ///< of `gradients`: made first in the backward pass
  double first_gradients = 0.0;  ///< of `gradients`: of the first layer and the embedding
  double optimizer = 0.0;
  double host = 0.0;
  double copies = 0.0;     ///< in the compute format
  double transient = 0.0;  ///< autocast copies of one pass
  double gathered = 0.0;   ///< ZeRO-3: layers gathered at once, and their gradients
};

class StateCounter {
 public:
  StateCounter(const TrainJob& job, std::int64_t stage)
      : job_(job), p_(rank_parameters(job, stage)), bytes_(state_bytes(job.spec, *job.framework)) {}

  States run() {
    if (job_.spec.method != TrainMethod::kFull) {
      frozen();
    } else {
      full();
    }
    return out_;
  }

 private:
  /// Shards of dense weights and of experts.
  [[nodiscard]] double over(double dense, double experts, std::int64_t from_stage) const {
    if (job_.layout.zero < from_stage) return dense + experts;
    // Under DualPipe the ranks of the mirror image hold the same weights.
    const double both = job_.layout.mirrored() ? 2.0 : 1.0;
    const double shards = both * dbl(job_.layout.shards());
    const double copies = both * std::max(1.0, dbl(job_.layout.expert_replicas()));
    return dense / shards + experts / std::min(copies, std::max(1.0, shards));
  }

  void full() {
    const double dense = p_.total() - p_.experts;
    const double all = p_.total();
    out_.parameters = bytes_.weight * over(dense, p_.experts, 3);
    out_.gradients = bytes_.gradient * over(dense, p_.experts, 2);
    const double scale = all > 0.0 ? out_.gradients / all : 0.0;
    const double head = p_.head > 0.0 || !job_.model->tied_embeddings ? p_.head : p_.embedding;
    out_.head_gradients = scale * head;
    out_.first_gradients = scale * (p_.largest_layer + p_.embedding);
    const double states = bytes_.moments + bytes_.master;
    out_.optimizer = states * over(dense, p_.experts, 1);
    // Muon keeps one moment for matrices, two for embeddings, head and norms.
    if (job_.spec.optimizer == OptimizerKind::kMuon)
      out_.optimizer += bytes_.moments * over(p_.embedding + p_.head + p_.norms, 0.0, 1);
    if (job_.layout.offload_optimizer) std::swap(out_.host, out_.optimizer);
    const double linear = p_.casts;
    // Sharded weights are cast as they are gathered: one layer at a time.
    out_.copies = bytes_.compute * (job_.layout.zero >= 3 ? p_.largest_layer : linear);
    out_.transient =
        job_.framework->eager && job_.layout.zero < 3 ? bytes_.transient * linear : 0.0;
    // FSDP gathers one layer while it prefetches the next, in the compute format; gradients of one
    // layer are whole until they are reduced.
    if (job_.layout.zero >= 3 && job_.layout.shards() > 1)
      out_.gathered = 2.0 * p_.largest_layer * 2.0 + p_.largest_layer * bytes_.gradient;
  }

  void frozen() {
    const bool quantised = job_.spec.method == TrainMethod::kQlora;
    const double linear = p_.casts - p_.head;
    const double rest = p_.total() - linear;
    const double wide = job_.spec.precision == TrainPrecision::kFp32 ? 4.0 : 2.0;
    const double base = linear * (quantised ? kNf4Bytes : wide) + rest * wide;
    const double shards = job_.layout.zero >= 3 ? dbl(job_.layout.shards()) : 1.0;
    const bool fp32 = job_.spec.fp32_adapters.value_or(job_.framework->fp32_adapters);
    const double width = fp32 ? 4.0 : 2.0;
    const double master = fp32 || job_.spec.precision == TrainPrecision::kPure ? 0.0 : 4.0;
    const double moments = job_.spec.optimizer == OptimizerKind::kAdam8bit ? 2.0
                           : job_.spec.optimizer == OptimizerKind::kSgd
                               ? 0.0
                               : 2.0 * std::max(width, master);
    out_.parameters = base / shards + p_.adapters * width;
    out_.gradients = p_.adapters * width;
    out_.optimizer = p_.adapters * (moments + master);
    // One matrix at a time is widened for its product.
    if (quantised) out_.gathered = p_.largest_layer / 4.0 * 2.0;
    if (shards > 1.0) out_.gathered += 2.0 * p_.largest_layer * (quantised ? kNf4Bytes : wide);
  }

  const TrainJob& job_;
  StageParameters p_;
  StateBytes bytes_;
  States out_;
};

/// Rounding of the allocator over the states' large matrices: copies of one matrix in `widths`
/// bytes per element.
double state_rounding(const TrainJob& job, const std::vector<double>& widths) {
  if (!job.framework->torch_allocator || job.layout.gpus() > 1) return 0.0;
  double sum = 0.0;
  for (const TensorGroup& g : tensors_of(*job.model)) {
    if (g.part != TensorPart::kMain || g.cols <= 1) continue;
    const double one = dbl(g.rows) * dbl(g.cols);
    for (const double width : widths)
      sum += (allocated_bytes(one * width) - one * width) * dbl(g.count * g.layers);
  }
  return sum;
}

struct Activations {
  double held = 0.0;       ///< all passes in flight
  double one_layer = 0.0;  ///< what one layer needs beyond what is held, during its backward pass
  double first_layer = 0.0;
  double gradients = 0.0;  ///< gradients between kernels
  double logits_forward = 0.0;
  double logits_backward = 0.0;
};

Activations activations_of(const TrainJob& job, const ModelCosts& costs, std::int64_t stage,
                           double in_flight) {
  const bool rounded = job.framework->torch_allocator;
  const std::vector<double> kinds = rank_kinds(job, stage);
  const bool last =
      stage == job.layout.pp - 1 || (job.layout.mirrored() && stage == 0);  // the mirror image's
  Activations out;
  double layers = 0.0;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k] <= 0.0) continue;
    const BlockCost& block = costs.kinds[k];
    const double kept = block.kept(job.spec, costs.residual_bytes, rounded).in(units::B);
    const double whole = block.whole(rounded).in(units::B);
    out.held += kinds[k] * kept;
    layers += kinds[k];
    const double extra = job.spec.recompute == Recompute::kNone ? 0.0 : whole - kept;
    out.one_layer = std::max(out.one_layer, std::max(0.0, extra));
    out.first_layer = std::max(out.first_layer, whole);
    out.gradients = std::max(out.gradients, block.input_elements * costs.residual_bytes +
                                                2.0 * block.widest_elements * 2.0);
  }
  const double stream = kinds.empty() ? 0.0 : costs.kinds.front().input_elements;
  if (job.layout.pp > 1)
    out.held += job.framework->pipeline_buffers * stream * costs.residual_bytes;
  out.held *= in_flight;
  if (last) {
    out.held += costs.head.whole(rounded).in(units::B);
    out.logits_forward = costs.logits * job.framework->forward_logits;
    out.logits_backward = costs.logits * job.framework->backward_logits;
    // Passes whose loss is known but whose backward pass has not begun keep nothing more: the last
    // stage alternates.
  }
  return out;
}

StageMemory at(const States& s, PeakMoment moment) {
  StageMemory m;
  m.parameters = Bytes::from_base(s.parameters);
  m.optimizer = Bytes::from_base(s.optimizer);
  m.host = Bytes::from_base(s.host);
  m.moment = moment;
  return m;
}

}  // namespace

std::string_view name_of(PeakMoment moment) {
  switch (moment) {
    case PeakMoment::kForwardEnd: return "end of the forward pass";
    case PeakMoment::kLossBackward: return "backward pass of the loss";
    case PeakMoment::kFirstBackward: return "backward pass of the last layer";
    case PeakMoment::kLastBackward: return "backward pass of the first layer";
    case PeakMoment::kUpdate: return "optimizer step";
  }
  return "optimizer step";
}

double passes_in_flight(const TrainLayout& l, double passes, std::int64_t stage) {
  const double pp = dbl(l.pp);
  const double v = dbl(std::max<std::int64_t>(1, l.interleave));
  switch (l.schedule) {
    case PipelineSchedule::kGPipe: return passes;
    case PipelineSchedule::kDualPipe: return std::min(passes, pp + 1.0);
    case PipelineSchedule::k1F1B:
    case PipelineSchedule::kZeroBubble:
    case PipelineSchedule::kInterleaved: break;
  }
  if (v <= 1.0) return std::min(passes, pp - dbl(stage));
  // Warm-up chunks of the interleaved schedule (megatron/core/pipeline_parallel/schedules.py).
  const double chunks = std::min(passes * v, (pp - dbl(stage) - 1.0) * 2.0 + (v - 1.0) * pp + 1.0);
  return chunks / v;
}

StageMemory stage_memory(const TrainJob& job, const ModelCosts& costs, std::int64_t stage) {
  const FrameworkProfile& f = *job.framework;
  const double passes = microbatches(job.spec, job.layout);
  const double in_flight = passes_in_flight(job.layout, passes, stage);
  const States s = StateCounter(job, stage).run();
  const Activations a = activations_of(job, costs, stage, in_flight);
  const bool persistent = f.persistent_gradients || passes > 1.0;
  const StateBytes b = state_bytes(job.spec, f);
  const bool full = job.spec.method == TrainMethod::kFull;

  std::vector<double> widths{b.weight};
  if (full) {
    for (int i = 0; i < static_cast<int>(std::round(b.moments / b.weight)); ++i)
      widths.push_back(b.weight);
  }
  const double states_rounding = state_rounding(job, widths);
  const double gradient_rounding = full ? state_rounding(job, {b.gradient}) : 0.0;
  const double cast_rounding = s.transient > 0.0 ? state_rounding(job, {b.transient}) : 0.0;
  const double fixed = f.workspace.in(units::B) + s.copies + states_rounding;
  const double comm = (job.layout.gpus() > 1 ? f.communicators.in(units::B) : 0.0) + s.gathered;

  const auto moment = [&](PeakMoment which, double gradients, double activations, double logits,
                          double casts) {
    StageMemory m = at(s, which);
    m.gradients = Bytes::from_base(persistent ? s.gradients : gradients);
    m.activations = Bytes::from_base(activations);
    m.logits = Bytes::from_base(logits);
    m.communication = Bytes::from_base(comm);
    const bool all = persistent || gradients >= s.gradients;
    m.other = Bytes::from_base(fixed + casts + (all ? gradient_rounding : 0.0));
    m.passes_in_flight = in_flight;
    const Bytes loss = f.fragmentation * m.total();
    m.other += loss;
    return m;
  };
  const double casts = s.transient + cast_rounding;
  const double kept_casts = job.spec.recompute == Recompute::kFull ? 0.0 : casts;
  const double before_first = std::max(0.0, s.gradients - s.first_gradients);
  std::vector<StageMemory> moments{
      moment(PeakMoment::kForwardEnd, 0.0, a.held, a.logits_forward, casts),
      moment(PeakMoment::kLossBackward, 0.0, a.held, a.logits_backward, kept_casts),
      moment(PeakMoment::kFirstBackward, s.head_gradients, a.held + a.one_layer + a.gradients, 0.0,
             kept_casts),
      moment(
          PeakMoment::kLastBackward, before_first,
          (in_flight > 1.0 ? a.held * (1.0 - 1.0 / in_flight) : 0.0) + a.first_layer + a.gradients,
          0.0, 0.0),
      moment(PeakMoment::kUpdate, s.gradients, 0.0, 0.0, 0.0)};
  StageMemory fullest = *std::max_element(
      moments.begin(), moments.end(),
      [](const StageMemory& x, const StageMemory& y) { return x.total() < y.total(); });
  if (job.post) add_side_models(job, costs, stage, fullest);
  return fullest;
}

FullestStage training_memory(const TrainJob& job, const ModelCosts& costs) {
  FullestStage out;
  for (std::int64_t stage = 0; stage < job.layout.pp; ++stage) {
    const StageMemory m = stage_memory(job, costs, stage);
    if (stage == 0 || m.total() > out.memory.total()) out = {m, stage};
  }
  return out;
}

}  // namespace gpusize
