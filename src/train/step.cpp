#include "gpusize/train/step.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/ops/tensors.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// One pass of one stage.
struct StagePass {
  Seconds forward, backward, recompute, weight_gradients;
  Seconds link;          ///< not hidden
  Seconds link_forward;  ///< of `link`
  double forward_kernels = 0.0, backward_kernels = 0.0, adapter_kernels = 0.0, layers = 0.0;
  Flops flops, frozen, recomputed, attention;

  [[nodiscard]] Seconds total() const { return forward + backward + recompute + link; }
};

/// SMs that DeepSeek's kernels keep for all-to-all under DualPipe (arXiv:2412.19437 sec. 3.2.2).
constexpr double kDualPipeSms = 20.0;

/// One pass of a rank that runs stages `a` and `b` in turn.
StagePass mean_of(const StagePass& a, const StagePass& b) {
  StagePass out;
  const auto half = [](auto x, auto y) { return 0.5 * (x + y); };
  out.forward = half(a.forward, b.forward);
  out.backward = half(a.backward, b.backward);
  out.recompute = half(a.recompute, b.recompute);
  out.weight_gradients = half(a.weight_gradients, b.weight_gradients);
  out.link = half(a.link, b.link);
  out.link_forward = half(a.link_forward, b.link_forward);
  out.forward_kernels = half(a.forward_kernels, b.forward_kernels);
  out.backward_kernels = half(a.backward_kernels, b.backward_kernels);
  out.adapter_kernels = half(a.adapter_kernels, b.adapter_kernels);
  out.layers = half(a.layers, b.layers);
  out.flops = half(a.flops, b.flops);
  out.frozen = half(a.frozen, b.frozen);
  out.recomputed = half(a.recomputed, b.recomputed);
  out.attention = half(a.attention, b.attention);
  return out;
}

/// What is left of traffic of which `overlap` can hide behind `compute`.
Seconds exposed(Seconds traffic, Seconds compute, double overlap) {
  return traffic - min(overlap * traffic, compute);
}

class StepBuilder {
 public:
  StepBuilder(const TrainJob& job, const ModelCosts& costs)
      : job_(job), costs_(costs), f_(*job.framework) {}

  TrainStep run() {
    const double passes = microbatches(job_.spec, job_.layout);
    StagePass slowest;
    Seconds sum;
    Flops flops, frozen, recomputed, attention;
    for (std::int64_t stage = 0; stage < job_.layout.pp; ++stage) {
      // DualPipe feeds passes from both ends: a rank holds a stage and its mirror image.
      const StagePass one = dual()
                                ? mean_of(stage_pass(stage), stage_pass(job_.layout.pp - 1 - stage))
                                : stage_pass(stage);
      if (one.total() > slowest.total()) slowest = one;
      sum += one.total();
      flops += one.flops;
      frozen += one.frozen;
      recomputed += one.recomputed;
      attention += one.attention;
    }
    out_.forward = passes * slowest.forward;
    out_.backward = passes * slowest.backward;
    out_.recompute = passes * slowest.recompute;
    out_.communication = passes * slowest.link;
    const Seconds mean = sum / dbl(job_.layout.pp);
    out_.bubble = bubble(mean, slowest, passes);
    sharded_traffic(slowest, passes);
    out_.optimizer = optimizer_time();
    host(slowest, passes);
    const double ranks = dbl(job_.layout.tp * job_.layout.cp * job_.layout.dp);
    out_.model_flops = passes * ranks * (3.0 * flops - frozen);
    out_.hardware_flops = out_.model_flops + passes * ranks * recomputed;
    out_.attention_flops = passes * ranks * 3.0 * attention;
    if (job_.spec.recompute == Recompute::kFull ||
        (job_.spec.recompute == Recompute::kSelective && job_.spec.parts.core_attention))
      out_.attention_recomputed = passes * ranks * attention;
    out_.tokens = job_.spec.global_batch * job_.spec.sequence;
    scale_loss();
    out_.total = out_.forward + out_.backward + out_.recompute + out_.communication + out_.bubble +
                 out_.gradients + out_.optimizer + out_.host;
    return out_;
  }

  /// A pipeline that only runs forward fills and drains once per batch, whatever its schedule.
  ForwardStep forward_only() {
    const double passes = microbatches(job_.spec, job_.layout);
    const TrainLayout& l = job_.layout;
    StagePass slowest;
    for (std::int64_t stage = 0; stage < l.pp; ++stage) {
      const StagePass one =
          dual() ? mean_of(stage_pass(stage), stage_pass(l.pp - 1 - stage)) : stage_pass(stage);
      if (one.forward + one.link_forward > slowest.forward + slowest.link_forward) slowest = one;
    }
    ForwardStep out;
    out.kernels = passes * slowest.forward;
    out.communication = passes * slowest.link_forward;
    out.bubble = bubble_fraction(l, passes) * (out.kernels + out.communication);
    if (l.zero >= 3) {
      const Bytes weights = Bytes::from_base(rank_parameters(job_, 0).total() * 2.0);
      const Seconds gather = gather_time(weights, l.shards(), l.tp);
      out.gather = passes * exposed(gather, slowest.forward, f_.dp_overlap);
    }
    out.host = passes * max(slowest.forward_kernels * f_.host_forward - slowest.forward, Seconds{});
    return out;
  }

 private:
  /// Weights of `ranks` that lie `stride` GPUs apart, gathered on each.
  [[nodiscard]] Seconds gather_time(Bytes weights, std::int64_t ranks, std::int64_t stride) const {
    CollectiveShape shape;
    shape.kind = CollectiveKind::kAllGather;
    shape.ranks = ranks;
    shape.message = weights;
    shape.across_nodes = ranks * stride > job_.gpu->link_domain_gpus;
    return collective_time(*job_.gpu, *job_.rates, shape).time;
  }

  [[nodiscard]] bool dual() const { return job_.layout.schedule == PipelineSchedule::kDualPipe; }

  /// Kernels run on the SMs that communication leaves.
  [[nodiscard]] double slowdown() const {
    const double sms = job_.gpu->compute_units.value_or(0.0);
    const bool shares = dual() && job_.layout.ep > 1 && sms > 2.0 * kDualPipeSms;
    return shares ? sms / (sms - kDualPipeSms) : 1.0;
  }

  void add(StagePass& pass, const BlockCost& block, double count) const {
    const double slow = slowdown();
    pass.forward += count * slow * block.forward;
    pass.backward += count * slow * block.backward;
    pass.recompute += count * slow * block.recompute;
    pass.weight_gradients += count * slow * block.weight_gradients;
    pass.forward_kernels += count * block.forward_kernels;
    pass.backward_kernels += count * block.backward_kernels;
    pass.adapter_kernels += count * block.adapter_kernels;
    pass.flops += count * block.flops;
    pass.frozen += count * block.frozen_flops;
    pass.recomputed += count * block.recomputed_flops;
    pass.attention += count * block.attention_flops;
    const auto link = [&](const LinkTimes& times, Seconds compute) {
      return exposed(times.tensor, compute, f_.tp_overlap) +
             exposed(times.expert, compute, dual() ? 1.0 : f_.ep_overlap) +
             exposed(times.context, compute, f_.cp_overlap);
    };
    const Seconds forward = count * link(block.link_forward, block.forward);
    pass.link_forward += forward;
    pass.link += forward + count * (link(block.link_backward, block.backward) +
                                    link(block.link_recompute, block.recompute));
  }

  [[nodiscard]] StagePass stage_pass(std::int64_t stage) const {
    StagePass pass;
    const std::vector<double> kinds = stage_kinds(job_, stage);
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      if (kinds[k] > 0.0) add(pass, costs_.kinds[k], kinds[k]);
      pass.layers += kinds[k];
    }
    // Embedding and head run as they are: recomputation is per layer.
    const auto end = [&](BlockCost block) {
      block.recompute = {};
      block.recomputed_flops = {};
      block.link_recompute = {};
      add(pass, block, 1.0);
    };
    if (stage == 0) end(costs_.embedding);
    if (stage == job_.layout.pp - 1) end(costs_.head);
    if (job_.spec.mtp && job_.model->mtp.layers > 0 && stage == job_.layout.pp - 1) {
      add(pass, costs_.kinds[job_.model->mtp.kind], dbl(job_.model->mtp.layers));
      end(costs_.head);
    }
    if (job_.layout.pp > 1) {
      pass.link += stage_link();
      pass.link_forward += 0.5 * stage_link();
    }
    return pass;
  }

  /// Activations to the next stage and gradients back; interleaved stages hand on more often.
  [[nodiscard]] Seconds stage_link() const {
    CollectiveShape send;
    send.kind = CollectiveKind::kSendReceive;
    send.ranks = 2;
    send.message = Bytes::from_base(dbl(job_.layout.micro_batch) * job_.spec.sequence /
                                    dbl(job_.layout.cp) * dbl(job_.model->hidden) * 2.0 /
                                    (job_.layout.sequence_parallel ? dbl(job_.layout.tp) : 1.0));
    send.across_nodes = job_.layout.gpus() > job_.gpu->link_domain_gpus;
    const double hops = 2.0 * dbl(std::max<std::int64_t>(1, job_.layout.interleave));
    return hops * collective_time(*job_.gpu, *job_.rates, send).time;
  }

  [[nodiscard]] Seconds bubble(Seconds mean, const StagePass& slowest, double passes) const {
    const double p = dbl(job_.layout.pp);
    if (p <= 1.0) return {};
    if (job_.layout.schedule == PipelineSchedule::kZeroBubble) {
      // ZB-H1: weight gradients fill the drain (arXiv:2401.10241 table 2).
      const Seconds left = slowest.forward + slowest.backward - 2.0 * slowest.weight_gradients;
      return (p - 1.0) * max(left, Seconds{});
    }
    if (job_.layout.schedule == PipelineSchedule::kDualPipe) {
      // (p/2 - 1)(F&B + B - 3W) (github:deepseek-ai/DualPipe).
      const Seconds left =
          slowest.forward + 2.0 * slowest.backward - 3.0 * slowest.weight_gradients;
      return std::max(0.0, p / 2.0 - 1.0) * max(left, Seconds{});
    }
    return bubble_fraction(job_.layout, passes) * passes * mean;
  }

  /// Data-parallel traffic: gradients once per step, gathered weights where they are sharded.
  void sharded_traffic(const StagePass& slowest, double passes) {
    const TrainLayout& l = job_.layout;
    const StageParameters p = rank_parameters(job_, 0);
    const StateBytes b = state_bytes(job_.spec, f_);
    const bool full = job_.spec.method == TrainMethod::kFull;
    // Under DualPipe the ranks of the mirror image hold the same weights.
    const double both = l.mirrored() ? 2.0 : 1.0;
    const double trained = full ? p.total() - p.experts : p.adapters;
    // `stride`: neighbours of one group lie so many GPUs apart.
    const auto traffic = [&](CollectiveKind kind, double bytes, double ranks, std::int64_t stride) {
      CollectiveShape shape;
      shape.kind = kind;
      shape.ranks = static_cast<std::int64_t>(ranks);
      shape.message = Bytes::from_base(bytes);
      shape.across_nodes = ranks * dbl(stride) > dbl(job_.gpu->link_domain_gpus);
      return collective_time(*job_.gpu, *job_.rates, shape).time;
    };
    const double ranks = both * dbl(l.replicas());
    const double expert_ranks = full ? both * dbl(l.expert_replicas()) : 1.0;
    const double experts = full ? p.experts : 0.0;
    const auto over_all = [&](CollectiveKind kind, double width) {
      return traffic(kind, trained * width, ranks, l.tp) +
             traffic(kind, experts * width, expert_ranks, l.ep * l.etp);
    };
    if (l.zero >= 3) {
      // Every pass gathers the weights forward and backward and reduces its gradients.
      const double weights = p.total() * 2.0;
      const Seconds gather = gather_time(Bytes::from_base(weights), l.shards(), l.tp);
      const Seconds reduce = full ? traffic(CollectiveKind::kReduceScatter, p.total() * b.gradient,
                                            dbl(l.shards()), l.tp)
                                  : Seconds{};
      const Seconds in_forward = exposed(gather, slowest.forward, f_.dp_overlap);
      const Seconds in_backward =
          exposed(gather + reduce, slowest.backward + slowest.recompute, f_.dp_overlap);
      out_.gradients = passes * (in_forward + in_backward);
      return;
    }
    const Seconds reduce = l.zero >= 1 ? over_all(CollectiveKind::kReduceScatter, b.gradient)
                                       : over_all(CollectiveKind::kAllReduce, b.gradient);
    const Seconds gather = l.zero >= 1 ? over_all(CollectiveKind::kAllGather, 2.0) : Seconds{};
    // Gradients hide behind the last pass, gathered weights behind the first.
    out_.gradients = exposed(reduce, slowest.backward + slowest.recompute, f_.dp_overlap) +
                     exposed(gather, slowest.forward, f_.dp_overlap);
  }

  /// States read and written once.
  [[nodiscard]] Seconds optimizer_time() const {
    const StateBytes b = state_bytes(job_.spec, f_);
    const StageParameters p = stage_parameters(job_, 0);
    const bool full = job_.spec.method == TrainMethod::kFull;
    double elements = full ? p.total() : p.adapters;
    if (job_.layout.zero >= 1) elements /= dbl(job_.layout.shards());
    const double bytes = elements * (b.gradient + 2.0 * (b.moments + b.master) +
                                     (b.master > 0.0 ? b.weight : 2.0 * b.weight));
    KernelWork work;
    work.activation_bytes = Bytes::from_base(bytes);
    const Device device(*job_.gpu, *job_.rates);
    Seconds time = device.time(work, {}).time;
    // On the host: gradients down and weights up over PCIe.
    if (job_.layout.offload_optimizer)
      time += Bytes::from_base(elements * (b.gradient + 2.0)) / job_.gpu->host_link;
    return time;
  }

  /// Launch time that kernels do not hide, where the host starts them one by one.
  void host(const StagePass& s, double passes) {
    out_.host = f_.step_overhead;
    if (f_.host_forward <= Seconds{}) return;
    const bool again = job_.spec.recompute == Recompute::kFull;
    const Seconds forward =
        s.forward_kernels * f_.host_forward + s.adapter_kernels * f_.host_adapter;
    const Seconds backward = s.backward_kernels * f_.host_backward +
                             (again ? forward + s.layers * f_.host_checkpoint : Seconds{});
    // The host runs ahead: a pass ends when both are done.
    const Seconds first = max(forward, s.forward);
    const Seconds gpu_backward = s.backward + s.recompute;
    const Seconds both = max(first + gpu_backward, forward + backward);
    out_.host += passes * max(Seconds{}, both - s.forward - gpu_backward);
  }

  /// Stragglers and congestion: a share per doubling of nodes.
  void scale_loss() {
    const double nodes =
        dbl(job_.layout.gpus()) / dbl(std::max<std::int64_t>(1, job_.gpu->node_gpus));
    if (nodes <= 1.0) return;
    const Seconds busy = out_.forward + out_.backward + out_.recompute + out_.communication;
    out_.gradients += f_.scale_loss * std::log2(nodes) * busy;
  }

  const TrainJob& job_;
  const ModelCosts& costs_;
  const FrameworkProfile& f_;
  TrainStep out_;
};

}  // namespace

double bubble_fraction(const TrainLayout& layout, double passes) {
  const double v = dbl(std::max<std::int64_t>(1, layout.interleave));
  return (dbl(layout.pp) - 1.0) / (passes * v);
}

TrainStep train_step(const TrainJob& job, const ModelCosts& costs) {
  return StepBuilder(job, costs).run();
}

ForwardStep forward_step(const TrainJob& job, const ModelCosts& costs) {
  return StepBuilder(job, costs).forward_only();
}

}  // namespace gpusize
