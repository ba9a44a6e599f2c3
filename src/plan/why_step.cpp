#include <cmath>

#include <fmt/format.h>

#include "gpusize/estimate/prompts.hpp"
#include "gpusize/plan/why.hpp"
#include "plan/operator_book.hpp"
#include "plan/why_formulas.hpp"
#include "plan/why_kernel.hpp"

namespace gpusize {
namespace {

/// `count` executions of an amount of one.
Why amount(const OperatorBook& book, const Operator& op, std::string_view symbol, double one,
           std::string_view unit) {
  Formula formula = formulas::kOperatorAmount;
  formula.unit = unit;
  return why_formula(formula, std::string(symbol), op.count * one,
                     {{"count", book.count()}, {"amount", book.of(symbol, one)}});
}

Why time_ms(const StepEstimator& estimator, Phase phase, const OperatorBook& book,
            const OperatorTime& timed, SharedWhys& shared) {
  const ShapeWhy shape = [&](std::string_view symbol, double value) {
    return book.of(symbol, value);
  };
  const Why one = why_kernel(estimator.device(), kernel_style(estimator.deployment(), phase),
                             *estimator.deployment().engine, timed.op.work, shape, shared);
  return why_formula(formulas::kOperatorTime, fmt::format("{} time", timed.op.name),
                     timed.time.in(units::ms), {{"count", book.count()}, {"time", one}});
}

}  // namespace

Why why_operator(const StepEstimator& estimator, const StepShape& shape, const OperatorTime& op,
                 const Chosen& chosen) {
  ShapeBook shapes(estimator.deployment(), shape, chosen);
  SharedWhys shared;
  return time_ms(estimator, shape.phase, OperatorBook(shapes, op.op), op, shared);
}

OperatorWhys why_operator_row(const StepEstimator& estimator, const StepShape& shape,
                              const OperatorTime& timed, const Chosen& chosen) {
  ShapeBook shapes(estimator.deployment(), shape, chosen);
  const Operator& op = timed.op;
  const OperatorBook book(shapes, op);
  OperatorWhys out;
  out.count = book.count();
  out.flops = amount(book, op, "flops", op.work.flops.in(units::FLOP), "FLOP");
  out.weight_bytes = amount(book, op, "weight_bytes", op.work.weight_bytes.in(units::B), "B");
  out.activation_bytes =
      amount(book, op, "activation_bytes", op.work.activation_bytes.in(units::B), "B");
  out.kv_bytes = amount(book, op, "kv_bytes", op.work.kv_bytes.in(units::B), "B");
  out.comm_bytes = amount(book, op, "comm_bytes", op.work.comm_bytes.in(units::B), "B");
  SharedWhys shared;
  out.time_ms = time_ms(estimator, shape.phase, book, timed, shared);
  return out;
}

Why why_host(const StepEstimator& estimator, const StepShape& shape, const Chosen& chosen) {
  const EngineProfile& e = *estimator.deployment().engine;
  ShapeBook shapes(estimator.deployment(), shape, chosen);
  WhyInputs inputs{
      {"per_step", engine_why(e, "host_per_step_us", e.host_per_step.in(units::s), "s")},
      {"sequences", shapes.symbol("sequences", 0)},
      {"per_sequence",
       engine_why(e, "host_per_sequence_us", e.host_per_sequence.in(units::s), "s")}};
  const double value = estimator.host_time(shape).in(units::ms);
  if (shape.phase == Phase::kDecode)
    return why_formula(formulas::kHostTime, "host time", value, std::move(inputs));
  inputs.emplace_back("per_prefill_step", engine_why(e, "host_per_prefill_step_us",
                                                     e.host_per_prefill_step.in(units::s), "s"));
  return why_formula(formulas::kHostTimePrefill, "host time", value, std::move(inputs));
}

Why why_step(StepEstimator& estimator, const StepShape& shape, const Chosen& chosen) {
  const StepBreakdown step = estimator.breakdown(shape);
  const Chosen part = why_micro_batch(estimator.deployment(), shape, step.shape, chosen);
  ShapeBook shapes(estimator.deployment(), step.shape, part);
  SharedWhys shared;
  WhyInputs parts;
  std::vector<Why> times;
  for (const OperatorTime& op : step.operators) {
    times.push_back(time_ms(estimator, step.shape.phase, OperatorBook(shapes, op.op), op, shared));
    parts.emplace_back(std::string(op.op.name), times.back());
  }
  parts.emplace_back("engine.host", why_host(estimator, shape, chosen));
  if (const Why overlap = why_overlap(estimator, step, times, part); overlap != nullptr)
    parts.emplace_back("overlap", overlap);
  return why_sum("step time", step.total.in(units::ms), "ms", std::move(parts));
}

namespace {

std::string engine_reason(const EngineProfile& engine) {
  if (engine.bare_kernels) return "no engine, no host";
  return has_assumed_host(engine) ? "host times are assumed, not measured"
                                  : "host times were fitted to published runs";
}

}  // namespace

Why why_band(const Deployment& d, const Why& value, bool high) {
  const BandParts parts = band_parts(d);
  const auto end = [&](const RelativeBand& band) { return high ? band.high : band.low; };
  const Why rates =
      why_fact(fmt::format("{} band", d.rates->id), end(parts.rates), "", NumberKind::kEstimated,
               d.rates->source, d.rates->confidence, "90 % band of one step's time");
  const Why width =
      derive(high ? formulas::kBandHigh : formulas::kBandLow, "relative width",
             {{"scale", constant_why("scale", parts.scale, "",
                                     fmt::format("evidence: {}", name_of(evidence_of(d))))},
              {"rates", rates},
              {"engine", constant_why("engine", end(parts.engine), "", engine_reason(*d.engine))},
              {"links", constant_why("links", end(parts.links), "",
                                     d.layout.gpus() > 1 ? "two GPUs measured here, more by others"
                                                         : "one GPU, no links")}});
  Formula formula = formulas::kBand;
  formula.unit = value->unit;
  return derive(formula, high ? "high end" : "low end", {{"value", value}, {"width", width}});
}

}  // namespace gpusize
