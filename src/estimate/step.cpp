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

/// One of two micro-batches: half of the sequences, or half of a single prompt's tokens.
StepShape half_of(StepShape shape) {
  if (shape.sequences >= 2.0) {
    shape.sequences *= 0.5;
  } else {
    shape.context_tokens += 0.25 * shape.query_tokens;
    shape.query_tokens *= 0.5;
  }
  shape.logit_rows *= 0.5;
  return shape;
}

/// Share of the compute units that kernels keep while others of theirs communicate: prompts travel
/// by copy kernels, single tokens by the network cards alone (DeepEP, normal and low-latency mode).
double units_left(const EngineProfile& engine, const GpuSpec& gpu, Phase phase) {
  const EngineFact* taken = engine.fact("communication_units");
  if (phase == Phase::kDecode || taken == nullptr || !gpu.compute_units) return 1.0;
  return std::max(1.0 - taken->value / *gpu.compute_units, 0.1);
}

/// Bands that add as independent errors do.
double combine(double a, double b) { return std::sqrt(a * a + b * b); }

// Half-widths that an engine profile adds: more where its host times are assumed than where they
// were fitted to published runs. With these 89 % of the published rows that no fit used lie in
// their bands, at a median width (high minus low over predicted) of 0.60; of times per token in
// closed loops alone 89 %, of offline batches of TensorRT-LLM alone 80 %.
constexpr RelativeBand kAssumedEngine{-0.20, 0.25};
constexpr RelativeBand kFittedEngine{-0.12, 0.15};

// What a replica over several GPUs adds. Of own steps on two H100s and two H200s nine in ten are
// within 9 %; more ranks are known from published runs alone.
constexpr RelativeBand kCollectives{-0.07, 0.10};

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
      style_(kernel_style(deployment, Phase::kDecode)) {
  deployment_.weights = on_card(deployment_.weights, device_);
  const EngineFact* always = deployment.engine->fact("two_batch_overlap");
  if (always != nullptr && always->value > 0.0) deployment_.two_batch_overlap = true;
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

bool StepEstimator::overlaps(const StepShape& shape) const {
  const Layout& layout = deployment_.layout;
  return deployment_.two_batch_overlap && layout.ep > 1 && layout.dp > 1 &&
         shape.sequences * shape.query_tokens >= 2.0;
}

Seconds StepEstimator::time(const StepShape& shape) {
  if (overlaps(shape)) return breakdown(shape).total;
  build(shape);
  Seconds total = host_time(shape);
  const KernelStyle how =
      shape.phase == Phase::kDecode ? style_ : kernel_style(deployment_, shape.phase);
  for (const Operator& op : graph_) total += op.count * device_.time(op.work, how).time;
  return total;
}

StepBreakdown StepEstimator::breakdown(const StepShape& shape) {
  const bool two = overlaps(shape);
  const double batches = two ? 2.0 : 1.0;
  build(two ? half_of(shape) : shape);
  const KernelStyle how =
      shape.phase == Phase::kDecode ? style_ : kernel_style(deployment_, shape.phase);
  StepBreakdown out;
  out.shape = two ? half_of(shape) : shape;
  OverlappedStep& both = out.overlapped;
  for (Operator& op : graph_) {
    const KernelTime one = device_.time(op.work, how);
    if (two && op.work.collective.kind == CollectiveKind::kAllToAll) {
      both.communication += batches * op.count * one.time;
      both.layers = std::max(both.layers, op.count);
      if (shape.phase == Phase::kDecode)
        both.transfers += batches * op.count * transfer_kernels(op.work, device_);
    }
    op.count *= batches;
    out.operators.push_back({op, op.count * one.time, one.bound});
    out.kernels += op.count * one.time;
    out.flops += op.count * op.work.flops;
    out.bytes += op.count * (op.work.weight_bytes + op.work.activation_bytes + op.work.kv_bytes);
  }
  if (two) {
    both.compute = out.kernels - both.communication;
    both.unit_share = units_left(*deployment_.engine, *deployment_.gpu, shape.phase);
    out.hidden = max(out.kernels - both.elapsed(), Seconds{});
  }
  out.host = host_time(shape);
  out.total = out.kernels + out.host - out.hidden;
  out.bound = largest_share(out.operators);
  return out;
}

Seconds OverlappedStep::elapsed() const {
  const Seconds computing = (1.0 / unit_share) * (compute + transfers);
  return max(computing, communication) + (0.5 / layers) * min(computing, communication);
}

Seconds transfer_kernels(const KernelWork& work, const Device& device) {
  constexpr double kKernels = 2.0;
  const KernelRates& rates = device.rates();
  const BytesPerSec bandwidth = rates.memory.memory_fraction * device.gpu().memory_bandwidth;
  return kKernels * (rates.collective.other.launch + (2.0 * work.collective.message) / bandwidth);
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

bool has_assumed_host(const EngineProfile& engine) {
  const EngineFact* host = engine.fact("host_per_step_us");
  return host == nullptr || host->kind == NumberKind::kAssumed;
}

BandParts band_parts(const Deployment& d) {
  BandParts parts;
  parts.rates = {d.rates->band_low, d.rates->band_high};
  const Evidence evidence = evidence_of(d);
  if (evidence == Evidence::kSameArchitecture) parts.scale = 1.5;
  if (evidence == Evidence::kDatasheetOnly) parts.scale = 1.4;
  if (!d.engine->bare_kernels)
    parts.engine = has_assumed_host(*d.engine) ? kAssumedEngine : kFittedEngine;
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
