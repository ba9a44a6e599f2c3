// How many parameters one GPU of a pipeline stage holds, from the model's tensor list.

#include <algorithm>

#include "gpusize/ops/tensors.hpp"
#include "gpusize/train/memory.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// The share of a tensor on one GPU; training tensor ranks split experts over `etp`.
double share_of(const TensorGroup& g, const TrainLayout& l) {
  switch (g.sharding) {
    case Sharding::kReplicated: return 1.0;
    case Sharding::kTensorParallel: return 1.0 / dbl(l.tp);
    case Sharding::kKvHeads:
      return 1.0 / dbl(std::min(l.tp, std::max<std::int64_t>(g.kv_heads, 1)));
    case Sharding::kExpert: return 1.0 / dbl(l.ep * l.etp);
  }
  return 1.0;
}

bool is_matrix(const TensorGroup& g) { return g.cols > 1; }

bool adapted(const TensorGroup& g, const TrainSpec& spec) {
  if (g.layer_kind < 0 || !is_matrix(g) || g.role == TensorRole::kRouter) return false;
  return g.role != TensorRole::kExpert || spec.lora_experts;
}

struct Counter {
  const TrainJob& job;
  StageParameters out;

  void add(const TensorGroup& g, double layers) {
    if (layers <= 0.0 || (job.spec.scalar_head && g.role == TensorRole::kLmHead)) return;
    const double share = share_of(g, job.layout);
    const double one = dbl(g.rows) * dbl(g.cols) * dbl(g.count) * share;
    const double elements = one * layers;
    if (g.role == TensorRole::kEmbedding) {
      out.embedding += elements;
    } else if (g.role == TensorRole::kLmHead) {
      out.head += elements;
    } else if (g.sharding == Sharding::kExpert) {
      out.experts += elements;
    } else {
      out.dense += elements;
    }
    if (!is_matrix(g) || g.role == TensorRole::kRouter) out.norms += elements;
    if (is_matrix(g) && g.role != TensorRole::kEmbedding) out.casts += elements;
    if (adapted(g, job.spec))
      out.adapters += dbl(job.spec.lora_rank) * (dbl(g.rows) + dbl(g.cols)) * dbl(g.count) *
                      (g.sharding == Sharding::kExpert ? share : 1.0) * layers;
  }
};

bool trained(const TensorGroup& g, const TrainSpec& spec) {
  if (g.part == TensorPart::kMain || g.part == TensorPart::kVision) return true;
  return g.part == TensorPart::kMtp && spec.mtp;
}

/// Layers of a group that a stage holds: its kind's layers, or all of it on the first or last
/// stage.
double layers_on(const TrainJob& job, const TensorGroup& g, const std::vector<double>& kinds,
                 std::int64_t stage) {
  const std::int64_t last = job.layout.pp - 1;
  if (g.layer_kind >= 0 && g.part == TensorPart::kMain)
    return kinds[static_cast<std::size_t>(g.layer_kind)];
  const bool front = g.role == TensorRole::kEmbedding || g.part == TensorPart::kVision;
  if (front) return stage == 0 ? dbl(g.layers) : 0.0;
  return stage == last ? dbl(g.layers) : 0.0;
}

}  // namespace

std::vector<double> stage_kinds(const TrainJob& job, std::int64_t stage) {
  const ModelSpec& m = *job.model;
  std::vector<double> out(m.kinds.size(), 0.0);
  const StageLayers layers = stage_layers(m.layer_count(), job.layout.pp, stage);
  for (std::int64_t i = layers.first; i < layers.first + layers.count; ++i)
    out[m.layers[static_cast<std::size_t>(i)]] += 1.0;
  return out;
}

StageParameters stage_parameters(const TrainJob& job, std::int64_t stage) {
  Counter counter{job, {}};
  const std::vector<double> kinds = stage_kinds(job, stage);
  std::vector<double> one_layer(kinds.size(), 0.0);
  for (const TensorGroup& g : tensors_of(*job.model)) {
    if (!trained(g, job.spec)) continue;
    counter.add(g, layers_on(job, g, kinds, stage));
    if (g.layer_kind >= 0 && g.part == TensorPart::kMain)
      one_layer[static_cast<std::size_t>(g.layer_kind)] +=
          dbl(g.rows) * dbl(g.cols) * dbl(g.count) * share_of(g, job.layout);
  }
  // A tied head on another stage than the embedding is a copy of it (Megatron-LM arXiv:2104.04473).
  const bool last = stage == job.layout.pp - 1;
  if (job.model->tied_embeddings && job.layout.pp > 1 && last && !job.spec.scalar_head)
    counter.out.head += dbl(job.model->vocab) * dbl(job.model->hidden) / dbl(job.layout.tp);
  if (job.model->tied_embeddings && job.layout.pp == 1)
    counter.out.casts += dbl(job.model->vocab) * dbl(job.model->hidden) / dbl(job.layout.tp);
  for (const double layer : one_layer)
    counter.out.largest_layer = std::max(counter.out.largest_layer, layer);
  if (job.spec.method == TrainMethod::kFull) counter.out.adapters = 0.0;
  return counter.out;
}

StageParameters rank_parameters(const TrainJob& job, std::int64_t stage) {
  StageParameters out = stage_parameters(job, stage);
  if (!job.layout.mirrored()) return out;
  const StageParameters other = stage_parameters(job, job.layout.pp - 1 - stage);
  for (const auto part :
       {&StageParameters::dense, &StageParameters::experts, &StageParameters::embedding,
        &StageParameters::head, &StageParameters::norms, &StageParameters::adapters,
        &StageParameters::casts})
    out.*part += other.*part;
  out.largest_layer = std::max(out.largest_layer, other.largest_layer);
  return out;
}

}  // namespace gpusize
