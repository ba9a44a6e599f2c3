#include "gpusize/layout/enumerate.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gpusize {
namespace {

constexpr std::int64_t kDegrees[] = {1, 2, 4, 8, 16, 32, 64};

Infeasible indivisible(std::string_view what, std::int64_t have, std::int64_t by) {
  return {fmt::format("{} {} cannot be divided over {} GPUs", have, what, by),
          static_cast<double>(by), static_cast<double>(have), std::string(what)};
}

Infeasible check_kind(const LayerKind& kind, const Layout& layout) {
  const AttentionSpec& a = kind.attention;
  if (a.heads > 0 && a.heads % layout.tp != 0)
    return indivisible("attention heads", a.heads, layout.tp);
  if (a.kv_heads > 1 && a.kv_heads % layout.tp != 0 && layout.tp % a.kv_heads != 0) {
    return indivisible("KV heads", a.kv_heads, layout.tp);
  }
  if (a.linear_value_heads > 0 && a.linear_value_heads % layout.tp != 0) {
    return indivisible("linear-attention heads", a.linear_value_heads, layout.tp);
  }
  const FfnSpec& f = kind.ffn;
  if (f.intermediate > 0 && f.intermediate % layout.tp != 0) {
    return indivisible("FFN columns", f.intermediate, layout.tp);
  }
  if (f.is_moe()) {
    if (f.experts % layout.ep != 0) return indivisible("experts", f.experts, layout.ep);
    if (f.expert_intermediate % layout.expert_tp() != 0) {
      return indivisible("expert columns", f.expert_intermediate, layout.expert_tp());
    }
  }
  return {};
}

}  // namespace

std::vector<Layout> enumerate_layouts(const ModelSpec& model, const GpuSpec& gpu,
                                      std::int64_t max_gpus) {
  std::vector<Layout> out;
  const bool experts = model.has_experts();
  for (const std::int64_t pp : kDegrees) {
    for (const std::int64_t tp : kDegrees) {
      for (const std::int64_t dp : kDegrees) {
        const Layout layout{tp, pp, 1, dp};
        if (tp > gpu.link_domain_gpus || layout.gpus() > max_gpus || pp > model.layer_count())
          continue;
        if (dp > 1 && !experts) continue;  // a dense model gains nothing over more replicas
        out.push_back(layout);
        if (experts && tp * dp > 1) out.push_back({tp, pp, tp * dp, dp});
      }
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Layout& a, const Layout& b) { return a.gpus() < b.gpus(); });
  return out;
}

Infeasible check_layout(const ModelSpec& model, const Layout& layout) {
  if (layout.pp > model.layer_count()) return indivisible("layers", model.layer_count(), layout.pp);
  if (layout.ep > 1 && !model.has_experts()) {
    return {"expert parallelism on a model without experts", static_cast<double>(layout.ep), 0.0,
            "experts"};
  }
  if (layout.ep > 1 && (layout.tp * layout.dp) % layout.ep != 0) {
    return indivisible("GPUs of tp x dp", layout.tp * layout.dp, layout.ep);
  }
  for (const LayerKind& kind : model.kinds) {
    if (auto why = check_kind(kind, layout); !why.feasible()) return why;
  }
  return {};
}

}  // namespace gpusize
