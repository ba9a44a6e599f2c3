#include "gpusize/estimate/step.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "gpusize/estimate/prompts.hpp"
#include "gpusize/estimate/support.hpp"

namespace gpusize {
namespace {

Bound largest_share(const std::vector<OperatorTime>& operators) {
  std::array<Seconds, 4> share{};
  for (const OperatorTime& o : operators) share.at(static_cast<std::size_t>(o.bound)) += o.time;
  return static_cast<Bound>(std::max_element(share.begin(), share.end()) - share.begin());
}

/// Formats as this card multiplies them, so that the graph quantises, moves and dispatches
/// activations in the width that is really there.
WeightFormat on_card(WeightFormat format, const Device& device) {
  format.compute = device.compute_format(multiplied_as(format, device.gpu()));
  return format;
}

WeightPlan on_card(WeightPlan plan, const Device& device) {
  for (WeightFormat& format : plan.formats) format = on_card(format, device);
  for (WeightFormat& format : plan.mtp_formats) format = on_card(format, device);
  plan.wide = on_card(plan.wide, device);
  return plan;
}

/// Bands that add as independent errors do.
double combine(double a, double b) { return std::sqrt(a * a + b * b); }

// Half-widths that an engine profile with assumed host times adds; measured profiles add less.
constexpr RelativeBand kAssumedEngine{-0.20, 0.25};
// A replica over several GPUs rests on link figures that no own measurement checks yet.
constexpr RelativeBand kCollectives{-0.10, 0.15};

}  // namespace

std::string_view name_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::kThisCard: return "measured on this card";
    case Evidence::kSameArchitecture: return "same architecture";
    case Evidence::kOtherArchitecture: return "other architecture";
    case Evidence::kDatasheetOnly: return "datasheet only";
  }
  return "datasheet only";
}

StepEstimator::StepEstimator(const Deployment& deployment)
    : deployment_(deployment),
      device_(*deployment.gpu, *deployment.rates),
      style_(kernel_style(*deployment.engine, Phase::kDecode)) {
  deployment_.weights = on_card(deployment_.weights, device_);
}

void StepEstimator::build(const StepShape& shape) {
  GraphInput input;
  input.model = deployment_.model;
  input.weights = &deployment_.weights;
  input.layout = deployment_.layout;
  input.kv = deployment_.kv;
  input.shape = shape;
  input.routing = deployment_.routing;
  input.node_gpus = std::max(deployment_.gpu->node_gpus, deployment_.gpu->link_domain_gpus);
  build_graph(input, graph_);
}

Seconds StepEstimator::host_time(const StepShape& shape) const {
  const EngineProfile& e = *deployment_.engine;
  Seconds host = e.host_per_step + shape.sequences * e.host_per_sequence;
  if (shape.phase == Phase::kPrefill) host += e.host_per_prefill_step;
  return host;
}

Seconds StepEstimator::time(const StepShape& shape) {
  build(shape);
  Seconds total = host_time(shape);
  const KernelStyle how =
      shape.phase == Phase::kDecode ? style_ : kernel_style(*deployment_.engine, shape.phase);
  for (const Operator& op : graph_) total += op.count * device_.time(op.work, how).time;
  return total;
}

StepBreakdown StepEstimator::breakdown(const StepShape& shape) {
  build(shape);
  const KernelStyle how =
      shape.phase == Phase::kDecode ? style_ : kernel_style(*deployment_.engine, shape.phase);
  StepBreakdown out;
  for (const Operator& op : graph_) {
    const KernelTime one = device_.time(op.work, how);
    out.operators.push_back({op, op.count * one.time, one.bound});
    out.kernels += op.count * one.time;
    out.flops += op.count * op.work.flops;
    out.bytes += op.count * (op.work.weight_bytes + op.work.activation_bytes + op.work.kv_bytes);
  }
  out.host = host_time(shape);
  out.total = out.kernels + out.host;
  out.bound = largest_share(out.operators);
  return out;
}

Evidence evidence_of(const Deployment& d) {
  const KernelRates& rates = *d.rates;
  const auto measured =
      std::find(rates.measured_gpus.begin(), rates.measured_gpus.end(), d.gpu->id);
  if (measured != rates.measured_gpus.end()) return Evidence::kThisCard;
  if (rates.id == d.gpu->architecture && !rates.measured_gpus.empty())
    return Evidence::kSameArchitecture;
  return is_unverified(d.gpu->core_confidence()) ? Evidence::kDatasheetOnly
                                                 : Evidence::kOtherArchitecture;
}

BandParts band_parts(const Deployment& d) {
  BandParts parts;
  parts.rates = {d.rates->band_low, d.rates->band_high};
  const Evidence evidence = evidence_of(d);
  if (evidence == Evidence::kSameArchitecture) parts.scale = 1.5;
  if (evidence == Evidence::kDatasheetOnly) parts.scale = 1.4;
  if (!d.engine->bare_kernels) parts.engine = kAssumedEngine;
  if (d.layout.gpus() > 1) parts.links = kCollectives;
  return parts;
}

RelativeBand band_of(const Deployment& d) {
  const BandParts parts = band_parts(d);
  const auto width = [&](double rates, double engine, double links) {
    return combine(combine(parts.scale * rates, engine), links);
  };
  constexpr double kLowest = -0.9;
  return {std::max(-width(parts.rates.low, parts.engine.low, parts.links.low), kLowest),
          width(parts.rates.high, parts.engine.high, parts.links.high)};
}

TimeBand with_band(Seconds value, RelativeBand band) {
  return {value, (1.0 + band.low) * value, (1.0 + band.high) * value};
}

}  // namespace gpusize
