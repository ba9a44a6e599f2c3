#include "gpusize/plan/why.hpp"
#include "plan/operator_book.hpp"
#include "plan/shape_book.hpp"
#include "plan/why_facts.hpp"
#include "plan/why_formulas.hpp"

namespace gpusize {
namespace {

bool travels(const OperatorTime& timed) {
  return timed.op.work.collective.kind == CollectiveKind::kAllToAll;
}

Why sum_of(std::string label, const StepBreakdown& step, const std::vector<Why>& times,
           bool travelling) {
  WhyInputs parts;
  double total = 0.0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (travels(step.operators[i]) != travelling) continue;
    parts.emplace_back(std::string(step.operators[i].op.name), times[i]);
    total += times[i]->value;
  }
  return why_sum(std::move(label), total, "ms", std::move(parts));
}

/// Kernels that send and receive; only single tokens have any (prompts travel by copy kernels).
Why transfers(const StepEstimator& estimator, const StepBreakdown& step, const Chosen& chosen) {
  const Device& device = estimator.device();
  const KernelRates& rates = device.rates();
  ShapeBook shapes(estimator.deployment(), step.shape, chosen);
  WhyInputs parts;
  double total = 0.0;
  for (const OperatorTime& timed : step.operators) {
    if (!travels(timed) || step.shape.phase != Phase::kDecode) continue;
    const OperatorBook book(shapes, timed.op);
    const Why one =
        derive(formulas::kTransferKernels, std::string(timed.op.name),
               {{"count", book.count()},
                {"launch", rate_why(rates, "collective", "other.launch",
                                    rates.collective.other.launch.in(units::s), "s")},
                {"message", book.of("message", timed.op.work.collective.message.in(units::B))},
                {"memory_fraction",
                 rate_why(rates, "memory", "memory_fraction", rates.memory.memory_fraction, "")},
                {"bandwidth", gpu_bandwidth_why(device.gpu())}});
    parts.emplace_back(std::string(timed.op.name), one);
    total += one->value;
  }
  if (parts.empty()) return why_count("transfers", 0.0, "prompts travel by copy kernels");
  return why_sum("kernels that send and receive", total, "ms", std::move(parts));
}

}  // namespace

Chosen why_micro_batch(const Deployment& deployment, const StepShape& whole, const StepShape& part,
                       const Chosen& chosen) {
  Chosen out = chosen;
  ShapeBook shapes(deployment, whole, chosen);
  const auto half = [&](std::string_view symbol) {
    return derive(formulas::kMicroBatch, std::string(symbol),
                  {{"whole", shapes.symbol(symbol, 0)}});
  };
  if (part.sequences != whole.sequences) {
    out.sequences = half("sequences");
  } else if (part.query_tokens != whole.query_tokens) {
    out.query_tokens = half("q");
    out.context_tokens =
        derive(formulas::kMicroContext, "cached tokens",
               {{"cached", shapes.symbol("c", 0)}, {"new_tokens", shapes.symbol("q", 0)}});
  }
  return out;
}

Why why_overlap(const StepEstimator& estimator, const StepBreakdown& step,
                const std::vector<Why>& times, const Chosen& chosen) {
  const OverlappedStep& both = step.overlapped;
  if (both.communication <= Seconds{}) return nullptr;
  const EngineProfile& engine = *estimator.deployment().engine;
  const bool taken = engine.fact("communication_units") != nullptr && both.unit_share < 1.0;
  const std::string note = taken ? "compute units that communication_units of the engine leave"
                                 : "the network cards move the tokens";
  return derive(formulas::kOverlap, "hidden by two-batch overlap",
                {{"compute", sum_of("computing", step, times, false)},
                 {"communication", sum_of("travelling", step, times, true)},
                 {"transfers", transfers(estimator, step, chosen)},
                 {"unit_share", constant_why("unit_share", both.unit_share, "", note)},
                 {"layers", why_count("layers", both.layers, "layers whose experts are spread")}});
}

}  // namespace gpusize
