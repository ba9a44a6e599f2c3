#include "plan/train_layouts.hpp"

#include <algorithm>
#include <vector>

namespace gpusize::plan {
namespace {

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> out;
  for (std::int64_t d = 1; d <= n; ++d) {
    if (n % d == 0) out.push_back(d);
  }
  return out;
}

bool divides_heads(const ModelSpec& model, std::int64_t tp) {
  return std::all_of(model.kinds.begin(), model.kinds.end(), [&](const LayerKind& k) {
    const std::int64_t heads =
        std::max<std::int64_t>(k.attention.heads, k.attention.linear_value_heads);
    return heads % tp == 0;
  });
}

std::int64_t experts_of(const ModelSpec& model) {
  std::int64_t experts = 0;
  for (const LayerKind& kind : model.kinds) experts = std::max(experts, kind.ffn.experts);
  return experts;
}

/// The asked degree alone, or all that are given.
std::vector<std::int64_t> asked_or(const std::optional<std::int64_t>& asked, bool one_point,
                                   std::vector<std::int64_t> all) {
  if (asked) return {*asked};
  if (one_point) return {1};
  return all;
}

struct Walker {
  const ModelSpec& model;
  const GpuSpec& gpu;
  const FrameworkProfile& framework;
  const TrainRequest& request;
  double batch;
  std::int64_t gpus;
  const std::function<bool(const TrainLayout&)>& visit;

  /// False: stop.
  bool passes(TrainLayout l) const {
    const double per_rank = batch / static_cast<double>(l.dp);
    std::vector<std::int64_t> micro{1, 2, 4, 8, 16};
    if (request.all_layouts) micro = divisors(static_cast<std::int64_t>(per_rank));
    for (const std::int64_t mb : asked_or(request.micro_batch, request.one_point, micro)) {
      const double count = per_rank / static_cast<double>(mb);
      if (count < 1.0 || count != static_cast<double>(static_cast<std::int64_t>(count))) continue;
      l.micro_batch = mb;
      if (!stages(l)) return false;
    }
    return true;
  }

  bool stages(TrainLayout l) const {
    const std::int64_t per_stage = model.layer_count() / l.pp;
    std::vector<std::int64_t> chunks{1};
    if (l.pp > 1 && model.layer_count() % l.pp == 0) {
      for (const std::int64_t v : divisors(per_stage)) {
        if (v > 1 && (v <= 16 || request.all_layouts)) chunks.push_back(v);
      }
    }
    const double count = batch / static_cast<double>(l.dp * l.micro_batch);
    for (const std::int64_t v : asked_or(request.interleave, request.one_point, chunks)) {
      // The interleaved schedule runs its passes in groups of as many as there are stages.
      const auto whole = static_cast<std::int64_t>(count);
      if (v > 1 && whole % l.pp != 0) continue;
      l.interleave = v;
      for (const PipelineSchedule schedule : schedules(l)) {
        l.schedule = schedule;
        if (!sharding(l)) return false;
      }
    }
    return true;
  }

  [[nodiscard]] std::vector<PipelineSchedule> schedules(const TrainLayout& l) const {
    if (const auto asked = schedule_from(request.schedule)) return {*asked};
    if (l.interleave > 1) return {PipelineSchedule::kInterleaved};
    if (!request.all_layouts || l.pp == 1) return {PipelineSchedule::k1F1B};
    return {PipelineSchedule::k1F1B, PipelineSchedule::kGPipe, PipelineSchedule::kZeroBubble};
  }

  bool sharding(TrainLayout l) const {
    std::vector<std::int64_t> stages{0};
    if (l.replicas() > 1) {
      stages = framework.sharded_default ? std::vector<std::int64_t>{2, 3}
                                         : std::vector<std::int64_t>{0, 1};
      if (request.all_layouts) stages = {0, 1};
      // Sharded gradients and weights move once per pass: not through a pipeline.
      if (l.pp == 1 && request.all_layouts) stages.push_back(2);
      if (l.pp == 1 && (request.all_layouts || !framework.sharded_default)) stages.push_back(3);
    }
    for (const std::int64_t zero : asked_or(request.zero, false, stages)) {
      l.zero = zero;
      for (const std::int64_t group : shard_groups(l)) {
        l.shard_group = group;
        if (!memory_places(l)) return false;
      }
    }
    return true;
  }

  /// 0 stands for all replicas.
  [[nodiscard]] std::vector<std::int64_t> shard_groups(const TrainLayout& l) const {
    if (request.shard_group && l.zero > 0) {
      const std::int64_t node = std::max<std::int64_t>(1, gpu.node_gpus);
      const std::int64_t group = *request.shard_group > 0 ? *request.shard_group : node;
      return {group < l.replicas() ? group : 0};
    }
    std::vector<std::int64_t> out{0};
    if (!request.all_layouts || l.zero == 0) return out;
    for (const std::int64_t group : divisors(l.replicas())) {
      if (group > 1 && group < l.replicas()) out.push_back(group);
    }
    return out;
  }

  bool memory_places(TrainLayout l) const {
    std::vector<bool> split{l.sequence_parallel};
    std::vector<bool> host{request.offload};
    if (request.all_layouts && l.sequence_parallel && !request.sequence_parallel)
      split.push_back(false);
    if (request.all_layouts && !request.offload) host.push_back(true);
    for (const bool sequence : split) {
      l.sequence_parallel = sequence;
      for (const bool offload : host) {
        l.offload_optimizer = offload;
        if (!visit(l)) return false;
      }
    }
    return true;
  }

  bool experts(TrainLayout l) const {
    const std::int64_t all = experts_of(model);
    if (all == 0) return passes(l);
    const std::int64_t ranks = l.tp * l.cp * l.dp;
    for (const std::int64_t ep : asked_or(request.ep, request.one_point, divisors(all))) {
      if (ep > ranks || ranks % ep != 0) continue;
      l.ep = ep;
      l.etp = request.etp.value_or(ep == 1 ? l.tp : 1);
      if (ep * l.etp < l.tp || ranks % (ep * l.etp) != 0 || (ep * l.etp) % l.tp != 0) continue;
      if (!passes(l)) return false;
    }
    return true;
  }

  void run() const {
    const std::int64_t widest =
        std::max<std::int64_t>(1, std::min<std::int64_t>(gpu.link_domain_gpus, 16));
    for (const std::int64_t tp : asked_or(request.tp, request.one_point, divisors(gpus))) {
      if (gpus % tp != 0 || !divides_heads(model, tp) ||
          (!request.tp && !request.all_layouts && tp > widest))
        continue;
      for (const std::int64_t pp : asked_or(request.pp, request.one_point, divisors(gpus / tp))) {
        if ((gpus / tp) % pp != 0 || pp > model.layer_count()) continue;
        const std::int64_t rest = gpus / tp / pp;
        std::vector<std::int64_t> contexts{1};
        if (request.sequence >= 16384.0) {
          for (const std::int64_t cp : divisors(rest)) {
            if (cp > 1 && request.sequence / static_cast<double>(cp) >= 4096.0)
              contexts.push_back(cp);
          }
        }
        for (const std::int64_t cp : asked_or(request.cp, request.one_point, contexts)) {
          if (rest % cp != 0) continue;
          TrainLayout l;
          l.tp = tp;
          l.etp = tp;
          l.pp = pp;
          l.cp = cp;
          l.dp = rest / cp;
          if (request.dp && *request.dp != l.dp) continue;
          l.sequence_parallel =
              request.sequence_parallel.value_or(framework.sequence_parallel) && tp > 1;
          if (!experts(l)) return;
        }
      }
    }
  }
};

}  // namespace

void for_each_layout(const ModelSpec& model, const GpuSpec& gpu, const FrameworkProfile& framework,
                     const TrainRequest& request, double global_batch, std::int64_t gpus,
                     const std::function<bool(const TrainLayout&)>& visit) {
  Walker{model, gpu, framework, request, global_batch, gpus, visit}.run();
}

}  // namespace gpusize::plan
