// Sums over the tensor list: parameters, checkpoint size, bytes per GPU.

#include <algorithm>
#include <cmath>
#include <vector>

#include "gpusize/core/check.hpp"
#include "gpusize/ops/tensors.hpp"
#include "ops/ceil_div.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

double rounded_up(double value, std::int64_t multiple) {
  return std::ceil(value / dbl(multiple)) * dbl(multiple);
}

bool is_mtp(const TensorGroup& g) { return g.part == TensorPart::kMtp; }

/// Bytes of one matrix.
double matrix_bytes(const TensorGroup& g, const WeightPlan& plan) {
  if (g.fixed_bytes > 0) return dbl(g.rows) * dbl(g.cols) * dbl(g.fixed_bytes);
  if (!g.quantisable) return plan.wide.bytes(g.rows, g.cols);
  return plan.of(g.role, is_mtp(g)).bytes(g.rows, g.cols);
}

std::int64_t matrix_elements(const TensorGroup& g, const WeightPlan& plan) {
  if (g.fixed_bytes > 0 || !g.quantisable) return g.rows * g.cols;
  return plan.of(g.role, is_mtp(g)).stored_elements(g.rows, g.cols);
}

/// The memory row a group is shown in.
TensorRole row_of(const TensorGroup& g) { return is_mtp(g) ? TensorRole::kMtp : g.role; }

/// Layers of each kind that a stage holds.
std::vector<std::int64_t> kinds_of_stage(const ModelSpec& m, const StageLayers& stage) {
  std::vector<std::int64_t> counts(m.kinds.size(), 0);
  for (std::int64_t i = stage.first; i < stage.first + stage.count; ++i) {
    ++counts[m.layers[static_cast<std::size_t>(i)]];
  }
  return counts;
}

/// How many of a group's layers a stage holds.
double layers_on_stage(const TensorGroup& g, const ModelSpec& m,
                       const std::vector<std::int64_t>& kinds, bool first, bool last,
                       bool with_mtp) {
  if (g.layer_kind >= 0) return dbl(kinds[static_cast<std::size_t>(g.layer_kind)]);
  switch (g.part) {
    case TensorPart::kCopy: return 0.0;
    case TensorPart::kMtp: return last && with_mtp ? dbl(g.layers) : 0.0;
    case TensorPart::kTable: return 0.0;  // outside the layers only in an MTP module
    case TensorPart::kVision: return first ? dbl(g.layers) : 0.0;
    case TensorPart::kMain: break;
  }
  if (g.role == TensorRole::kEmbedding) {
    // A tied head on another stage is a second copy of the embedding.
    const bool repeats = m.tied_embeddings && last && g.name == "embedding";
    return first || repeats ? 1.0 : 0.0;
  }
  return last ? 1.0 : 0.0;
}

/// Calls `use` for each group that one GPU of a stage holds.
template <typename Use>
void for_each_loaded(const std::vector<TensorGroup>& tensors, const ModelSpec& model,
                     const WeightPlan& plan, const Layout& layout, std::int64_t stage,
                     bool with_mtp, const Use& use) {
  const auto kinds = kinds_of_stage(model, stage_layers(model.layer_count(), layout.pp, stage));
  for (const TensorGroup& g : tensors) {
    const double layers =
        layers_on_stage(g, model, kinds, stage == 0, stage == layout.pp - 1, with_mtp);
    if (layers == 0.0) continue;
    use(LoadedGroup{g, row_of(g), layers, matrix_bytes(g, plan), share_per_gpu(g, layout),
                    padded_matrix(g, plan, layout), dbl(ceil_div(g.count, layout.ep))});
  }
}

}  // namespace

double stored_bytes(const TensorGroup& group, const WeightPlan& plan) {
  return matrix_bytes(group, plan) * dbl(group.count) * dbl(group.layers);
}

double share_per_gpu(const TensorGroup& g, const Layout& layout) {
  const double tp = dbl(layout.tp);
  switch (g.sharding) {
    case Sharding::kReplicated: return 1.0;
    case Sharding::kTensorParallel: return 1.0 / tp;
    case Sharding::kKvHeads:
      return g.kv_heads >= layout.tp ? 1.0 / tp : 1.0 / dbl(std::max<std::int64_t>(1, g.kv_heads));
    case Sharding::kExpert: {
      // Experts that ep does not divide: the fullest rank holds one more.
      const std::int64_t per_rank = ceil_div(g.count, layout.ep);
      return dbl(per_rank) / dbl(g.count) / dbl(layout.expert_tp());
    }
  }
  return 1.0;
}

double PaddedMatrix::excess() const {
  const double elements = padded_rows * padded_cols - rows * cols;
  const double scales =
      padded_rows * std::ceil(padded_cols / group) - rows * std::ceil(cols / group);
  return elements * element_bytes + scales * scale_bytes;
}

PaddedMatrix padded_matrix(const TensorGroup& g, const WeightPlan& plan, const Layout& layout) {
  if (!plan.expert_padding || g.role != TensorRole::kExpert || !g.quantisable) return {};
  const MatrixPadding& padding = *plan.expert_padding;
  const WeightFormat& format = plan.of(g.role, is_mtp(g));
  if (format.storage != padding.storage) return {};
  const std::int64_t of_rows = g.splits_cols ? padding.hidden : padding.intermediate;
  const std::int64_t of_cols = g.splits_cols ? padding.intermediate : padding.hidden;
  const double parts = dbl(layout.expert_tp());
  PaddedMatrix out;
  out.rows = dbl(g.rows) / (g.splits_cols ? 1.0 : parts);
  out.cols = dbl(g.cols) / (g.splits_cols ? parts : 1.0);
  out.padded_rows = padding.reduction_only ? out.rows : rounded_up(out.rows, of_rows);
  out.padded_cols = rounded_up(out.cols, of_cols);
  out.element_bytes = bytes_of(format.storage);
  out.group = dbl(std::max<std::int64_t>(1, format.quant.group));
  if (padding.scales) out.scale_bytes = format.quant.scale_bytes;
  return out;
}

ParameterCounts count_parameters(const ModelSpec& model) {
  ParameterCounts out;
  const Result<WeightPlan> plan = plan_weights(model, "native");
  double bytes = 0.0;
  for (const TensorGroup& g : tensors_of(model)) {
    if (g.part == TensorPart::kMain) {
      out.total += g.elements();
      if (g.role == TensorRole::kEmbedding) out.embedding += g.elements();
      if (g.role != TensorRole::kEmbedding || model.tied_embeddings) {
        out.active += g.rows * g.cols * g.active_count * g.layers;
      }
    }
    if (g.part == TensorPart::kMtp) out.mtp += g.elements();
    if (g.part == TensorPart::kVision) out.vision += g.elements();
    out.checkpoint_elements += matrix_elements(g, *plan) * g.count * g.layers;
    bytes += stored_bytes(g, *plan);
  }
  out.checkpoint_bytes = bytes * units::B;
  return out;
}

Bytes WeightBytes::total() const {
  Bytes sum;
  for (const Bytes b : by_role) sum += b;
  return sum;
}

StageLayers stage_layers(std::int64_t layers, std::int64_t stages, std::int64_t stage) {
  const std::int64_t base = layers / stages;
  const std::int64_t extra = layers % stages;
  // The last stage has the head, so the remainder goes to the ones before it.
  const std::int64_t first_extra = std::max<std::int64_t>(0, stages - 1 - extra);
  const auto size_of = [&](std::int64_t s) {
    return base + (s >= first_extra && s < first_extra + extra ? 1 : 0);
  };
  StageLayers out;
  for (std::int64_t s = 0; s < stage; ++s) out.first += size_of(s);
  out.count = size_of(stage);
  return out;
}

std::vector<LoadedGroup> loaded_groups(const ModelSpec& model, const WeightPlan& plan,
                                       const Layout& layout, std::int64_t stage, bool with_mtp) {
  std::vector<LoadedGroup> out;
  for_each_loaded(tensors_of(model), model, plan, layout, stage, with_mtp,
                  [&](const LoadedGroup& loaded) { out.push_back(loaded); });
  return out;
}

std::vector<WeightBytes> weight_bytes_by_stage(const ModelSpec& model, const WeightPlan& plan,
                                               const Layout& layout, bool with_mtp) {
  const auto tensors = tensors_of(model);
  std::vector<WeightBytes> stages(static_cast<std::size_t>(layout.pp));
  for (std::int64_t s = 0; s < layout.pp; ++s) {
    WeightBytes& stage = stages[static_cast<std::size_t>(s)];
    for_each_loaded(tensors, model, plan, layout, s, with_mtp, [&](const LoadedGroup& loaded) {
      stage.by_role.at(static_cast<std::size_t>(loaded.row)) += loaded.bytes();
    });
  }
  return stages;
}

WeightBytes weight_bytes_per_gpu(const ModelSpec& model, const WeightPlan& plan,
                                 const Layout& layout, bool with_mtp) {
  GPUSIZE_CHECK(layout.tp > 0 && layout.pp > 0 && layout.dp > 0 && layout.ep > 0,
                "degrees are positive");
  const auto stages = weight_bytes_by_stage(model, plan, layout, with_mtp);
  return *std::max_element(
      stages.begin(), stages.end(),
      [](const WeightBytes& a, const WeightBytes& b) { return a.total() < b.total(); });
}

}  // namespace gpusize
