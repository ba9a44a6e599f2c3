#include <fmt/format.h>

#include "calibrate/notes.hpp"
#include "calibrate/resolve.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/layout/enumerate.hpp"

namespace gpusize::calibrate {
namespace {

Refusal impossible(const Layout& layout, const Infeasible& why) {
  return {"layout impossible",
          fmt::format("layout {} impossible: {} (needed {}, there is {})", describe(layout),
                      why.reason, why.needed, why.available)};
}

std::optional<Refusal> check(const ModelSpec& model, const Layout& layout) {
  const Infeasible why = check_layout(model, layout);
  if (why.feasible()) return {};
  return impossible(layout, why);
}

Refusal not_stated(std::string_view what) {
  return {"layout not stated", fmt::format("layout not stated: {}", what)};
}

/// Attention data parallelism that only the notes name: each rank of the group has its own
/// requests.
bool notes_say_attention_dp(const RunConditions& run) {
  return to_lower(run.notes).find("attention dp") != std::string::npos;
}

/// Degrees of the attention (tp, pp, dp): as stated, or what the number of GPUs leaves open.
Outcome<Layout> attention_degrees(const RunConditions& run, const EngineProfile& engine,
                                  std::vector<std::string>& assumptions) {
  if (!run.gpus && !(run.tp && run.pp && run.dp)) return not_stated("number of GPUs");
  const std::int64_t gpus = run.gpus ? *run.gpus : *run.tp * *run.pp * *run.dp;
  Layout layout;
  if (gpus < 1) return not_stated("number of GPUs");
  if (gpus == 1) return layout;
  if (!run.tp) return not_stated(fmt::format("{} GPUs and no tp", gpus));
  layout.tp = *run.tp;
  layout.pp = run.pp.value_or(1);
  if (layout.tp < 1 || layout.pp < 1) return not_stated("tp or pp is 0");
  if (!run.dp && notes_say_attention_dp(run) && layout.tp * layout.pp == gpus) {
    layout.dp = layout.tp;
    layout.tp = 1;
    assumptions.emplace_back("attention DP named in the notes: one attention rank per GPU");
    return layout;
  }
  const std::int64_t used = layout.tp * layout.pp;
  if (gpus % used != 0)
    return Refusal{"layout impossible", fmt::format("{} GPUs are not tp x pp x dp", gpus)};
  layout.dp = run.dp.value_or(gpus / used);
  if (layout.dp < 1) return not_stated("dp is 0");
  if (used * layout.dp == gpus) return layout;
  if (engine.splits_layers && gpus % (used * layout.dp) == 0) {
    layout.pp *= gpus / (used * layout.dp);
    assumptions.push_back(
        fmt::format("{} over several GPUs: split by layers, its default", engine.name));
    return layout;
  }
  return Refusal{"layout impossible", fmt::format("{} GPUs, but tp {} x pp {} x dp {}", gpus,
                                                  layout.tp, layout.pp, layout.dp)};
}

}  // namespace

Outcome<Layout> resolve_layout(const RunConditions& run, const ModelSpec& model,
                               const EngineProfile& engine, std::vector<std::string>& assumptions) {
  auto degrees = attention_degrees(run, engine, assumptions);
  if (std::holds_alternative<Refusal>(degrees)) return degrees;
  Layout layout = std::get<Layout>(degrees);
  const bool spread = layout.tp * layout.dp > 1 && model.has_experts();
  const std::optional<std::int64_t> ep = run.ep ? run.ep : run.moe_ep;
  if (spread && !ep) return not_stated("ep of a model with experts");
  if (spread) layout.ep = *ep;
  if (layout.ep < 1) return not_stated("ep is 0");
  if (layout.tp * layout.dp % layout.ep != 0) {
    return Refusal{"layout impossible", fmt::format("ep {} does not divide tp x dp", layout.ep)};
  }
  if (auto refusal = check(model, layout)) return *refusal;
  return layout;
}

std::optional<Refusal> resolve_pools(const RunConditions& run, ResolvedRow& row) {
  const auto read = [&](std::string_view role,
                        std::optional<WorkerPool>& into) -> std::optional<Refusal> {
    const auto note = pool_in_notes(run.notes, role);
    if (!note)
      return Refusal{"layout of the pools not stated",
                     "layout of the pools not stated in the notes"};
    // Taken for one worker, thousands of clients would wait for the prompts of all the others.
    if (!note->workers) return not_stated(fmt::format("number of workers of the {} pool", role));
    WorkerPool pool;
    pool.layout = {note->tp, 1, row.model->has_experts() ? note->ep : 1, note->dp};
    const std::int64_t size = note->tp * note->dp;
    pool.workers = *note->workers;
    if (pool.workers < 1 || pool.workers * size != note->gpus || size % pool.layout.ep != 0) {
      return Refusal{"layout impossible", fmt::format("{} pool: {} GPUs as tp {} dp {} ep {}", role,
                                                      note->gpus, note->tp, note->dp, note->ep)};
    }
    into = pool;
    return check(*row.model, pool.layout);
  };
  if (auto refusal = read("prefill", row.prefill)) return refusal;
  if (auto refusal = read("decode", row.decode)) return refusal;
  row.gpus = row.prefill->workers * row.prefill->layout.gpus() +
             row.decode->workers * row.decode->layout.gpus();
  row.deployment.layout = row.decode->layout;
  return {};
}

}  // namespace gpusize::calibrate
