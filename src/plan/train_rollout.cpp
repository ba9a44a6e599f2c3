#include "plan/train_rollout.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/estimate/memory.hpp"
#include "gpusize/estimate/support.hpp"
#include "gpusize/layout/enumerate.hpp"

namespace gpusize::plan {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// Engines of rollouts span a node or few: wider replicas only cost communication.
constexpr std::int64_t kWidestReplica = 64;

class RolloutSearch {
 public:
  RolloutSearch(const TrainOption& option, const PostTraining& post, double sequences,
                Deployment base)
      : job_(option.job),
        post_(post),
        sequences_(sequences),
        base_(std::move(base)),
        shape_(rollout_shape(post)),
        states_(held_between_passes(option.job, option.memory.memory) +
                option.memory.memory.critic) {}

  std::optional<Rollout> run(NoRoom& short_of) {
    const std::int64_t gpus = job_.layout.gpus();
    for (const Layout& layout :
         enumerate_layouts(*base_.model, *base_.gpu, std::min(gpus, kWidestReplica))) {
      if (gpus % layout.gpus() != 0 || layout.tp > base_.gpu->link_domain_gpus ||
          !check_layout(*base_.model, layout).feasible())
        continue;
      for (const bool on_host : {false, true}) consider(layout, on_host, short_of);
    }
    return best_;
  }

 private:
  void consider(const Layout& layout, bool on_host, NoRoom& short_of) {
    Rollout r;
    r.replica = base_;
    r.replica.layout = layout;
    r.states = states_;
    r.states_on_host = on_host;
    const MemoryPerGpu whole = memory_per_gpu(r.replica, engine_peak(r.replica), Bytes{});
    const double left = (base_.gpu->memory - states_) / base_.gpu->memory;
    r.memory_fraction = on_host ? whole.fraction : std::min(whole.fraction, left);
    const Bytes fixed = whole.weights + whole.activations + whole.runtime;
    if (on_host && (short_of.needed <= Bytes{} || fixed < short_of.needed))
      short_of = {fixed, whole.fraction * whole.capacity};
    if (r.memory_fraction <= 0.0) return;
    r.replica.memory_fraction = r.memory_fraction;
    r.replicas = dbl(job_.layout.gpus()) / dbl(layout.gpus());
    r.sequences = std::max(1.0, std::ceil(sequences_ / r.replicas));
    const double most = most_in_flight(r.replica);
    if (most < 1.0) return;
    r.in_flight = std::min(r.sequences, most);
    time(r, whole);
    if (!best_ || r.total() < best_->total()) best_ = std::move(r);
  }

  [[nodiscard]] double most_in_flight(const Deployment& d) const {
    const MemoryPerGpu memory = memory_per_gpu(d, engine_peak(d), Bytes{});
    if (!memory.weights_fit()) return 0.0;
    const auto tokens =
        static_cast<std::int64_t>(std::ceil(post_.prompt_tokens + post_.response_tokens));
    const double fit = dbl(sequences_that_fit(d, memory.kv_room, tokens) * d.layout.dp);
    const double limit = dbl(std::max<std::int64_t>(1, sequence_limit(d)) * d.layout.dp);
    return sequence_limit(d) > 0 ? std::min(fit, limit) : fit;
  }

  void time(Rollout& r, const MemoryPerGpu& memory) const {
    StepEstimator estimator(r.replica);
    const ServingPoint batch = static_batch(estimator, shape_, r.in_flight);
    r.cached_tokens = shape_.cached_tokens;
    r.overhead = base_.engine->request_overhead;
    r.prefill = batch.prefill_step;
    r.decode_step = batch.decode_step;
    r.generation = r.sequences / r.in_flight * batch.e2e;
    if (post_.longest_response > post_.response_tokens) {
      StepShape one;
      one.phase = Phase::kDecode;
      one.sequences = 1.0;
      one.query_tokens = 1.0;
      one.context_tokens =
          post_.prompt_tokens + 0.5 * (post_.response_tokens + post_.longest_response);
      one.logit_rows = 1.0;
      r.tail_step = estimator.time(one);
      r.generation += (post_.longest_response - post_.response_tokens) * r.tail_step;
    }
    if (r.states_on_host) r.swap = 2.0 * states_ / base_.gpu->host_link;
    r.engine_weights = memory.weights;
    r.weight_sync = sync_time(memory.weights);
  }

  /// Every engine rank gathers its share of the weights from the ranks that hold one copy.
  [[nodiscard]] Seconds sync_time(Bytes weights) const {
    const TrainLayout& l = job_.layout;
    const std::int64_t holders = l.tp * l.pp * (l.zero >= 3 ? l.shards() : l.ep);
    if (holders <= 1) return {};
    CollectiveShape gather;
    gather.kind = CollectiveKind::kAllGather;
    gather.ranks = std::min(holders, l.gpus());
    gather.message = weights;
    gather.across_nodes = gather.ranks > job_.gpu->link_domain_gpus;
    return collective_time(*job_.gpu, *job_.rates, gather).time;
  }

  const TrainJob& job_;
  const PostTraining& post_;
  double sequences_;
  Deployment base_;
  RequestShape shape_;
  Bytes states_;
  std::optional<Rollout> best_;
};

}  // namespace

RequestShape rollout_shape(const PostTraining& post) {
  RequestShape shape;
  shape.input_tokens = post.prompt_tokens;
  shape.output_tokens = post.response_tokens;
  shape.cached_tokens = post.prompt_tokens * (1.0 - 1.0 / post.group);
  return shape;
}

Diagnostics check_rollout(const Catalog& catalog, const ModelSpec& model, const GpuSpec& gpu,
                          const PostRequest& request) {
  Diagnostics out;
  const auto keep = [&](const Diagnostics& found) {
    out.insert(out.end(), found.begin(), found.end());
  };
  if (request.engine != "auto") {
    if (const auto named = catalog.find_engine(request.engine); !named.ok()) keep(named.errors());
  }
  if (!request.weights.empty()) {
    if (const auto plan = resolve_weights(model, request.weights, gpu, nullptr); !plan.ok())
      keep(plan.errors());
  }
  return out;
}

std::optional<Rollout> fastest_rollout(const Catalog& catalog, const TrainOption& option,
                                       const PostRequest& request, double sequences,
                                       NoRoom& short_of) {
  const TrainJob& job = option.job;
  Deployment base;
  base.model = job.model;
  base.gpu = job.gpu;
  base.rates = job.rates;
  base.engine = default_engine(catalog, *job.gpu, false);
  if (request.engine != "auto") {
    const auto named = catalog.find_engine(request.engine);
    base.engine = named.ok() ? named->entry : nullptr;
  }
  if (base.engine == nullptr || !engine_runs_on(*base.engine, *job.gpu)) return {};
  const auto weights = resolve_weights(
      *job.model, request.weights.empty() ? "bf16" : request.weights, *job.gpu, base.engine);
  const auto kv = resolve_kv(*job.model, "auto", *job.gpu);
  if (!weights.ok() || !kv.ok() || format_problem(weights->plan, *kv, *job.gpu)) return {};
  base.weights = weights->plan;
  base.kv = *kv;
  return RolloutSearch(option, *job.post, sequences, std::move(base)).run(short_of);
}

}  // namespace gpusize::plan
