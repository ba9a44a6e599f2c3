#include "gpusize/calibrate/fit_engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "calibrate/least_squares.hpp"
#include "calibrate/metrics.hpp"
#include "calibrate/run_point.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

using namespace calibrate;

constexpr double kFaster = 0.97;  // of the roofline: what rounding of a published time may hide
constexpr double kSigma = 0.10;   // usual error of a serving run
constexpr double kDriverSlack =
    0.05;  // of the card's memory: how far the driver's figure may be off

struct ProfileParameter {
  std::string_view key;  ///< of the fact
  std::string_view unit;
  double high;
  double scale;
  double (*get)(const EngineProfile& e);
  void (*set)(EngineProfile& e, double v);
};
using E = EngineProfile;
constexpr std::array<ProfileParameter, 3> kTimes{{
    {"host_per_step_us", "us", 50000.0, 500.0,
     [](const E& e) { return e.host_per_step.in(units::us); },
     [](E& e, double v) { e.host_per_step = v * units::us; }},
    {"host_per_sequence_us", "us", 1000.0, 20.0,
     [](const E& e) { return e.host_per_sequence.in(units::us); },
     [](E& e, double v) { e.host_per_sequence = v * units::us; }},
    {"request_overhead_ms", "ms", 10000.0, 20.0,
     [](const E& e) { return e.request_overhead.in(units::ms); },
     [](E& e, double v) { e.request_overhead = v * units::ms; }},
}};

double median(std::vector<double> values) { return percentile(std::move(values), 50.0); }

std::string load_words(const RunConditions& run) {
  return fmt::format("{} {:g}, {:g} in, {:g} out", run.load, run.load_value.value_or(0.0),
                     run.input_len.value_or(0.0), run.output_len.value_or(0.0));
}

Outcome<ResolvedRow> resolve(const Catalog& catalog, const RunConditions& run,
                             const MeasuredDeployment& stated, const KernelRates* rates) {
  ModelCache models;
  auto row = resolve_row(catalog, models, run);
  if (auto* resolved = std::get_if<ResolvedRow>(&row)) {
    Deployment& d = resolved->deployment;
    if (rates != nullptr) d.rates = rates;
    if (stated.memory_fraction) d.memory_fraction = stated.memory_fraction;
    if (stated.max_batched_tokens) d.max_batched_tokens = stated.max_batched_tokens;
    if (stated.max_sequences) d.max_sequences = stated.max_sequences;
  }
  return row;
}

/// No step reads its bytes faster than the memory gives them.
std::optional<std::string> beats_memory(const ResolvedRow& row, double tpot_ms) {
  StepEstimator estimator(row.deployment);
  StepShape shape;
  shape.phase = Phase::kDecode;
  shape.sequences = 1.0;
  const double bytes = estimator.breakdown(shape).bytes.in(units::B);
  const double least_ms = bytes / row.deployment.gpu->memory_bandwidth.in(units::B_per_s)*1e3;
  if (tpot_ms >= kFaster * least_ms) return {};
  return fmt::format("{:.3g} ms per token, reading the weights alone takes {:.3g}", tpot_ms,
                     least_ms);
}

Diagnostic not_resolved(const Refusal& refusal, const Location& where) {
  return make_error("cal-deployment", refusal.reason, where,
                    "--model, --gpu, --engine, --tp, --weights and --kv say what was measured");
}

std::optional<Bytes> estimated(MemoryItem item, const MemoryPerGpu& m, bool pool) {
  const Bytes cache = pool ? m.kv_room : m.kv_cache;
  switch (item) {
    case MemoryItem::kTotal: return m.capacity;
    case MemoryItem::kUsable: return m.usable;
    case MemoryItem::kWeights: return m.weights;
    case MemoryItem::kActivations: return m.activations;
    case MemoryItem::kNonTorch: return m.context + m.communication;
    case MemoryItem::kGraphs: return m.graphs;
    case MemoryItem::kKvCache: return m.kv_room;
    case MemoryItem::kAllocatedPeak:
    case MemoryItem::kReservedPeak: return m.weights + cache + m.activations;
    case MemoryItem::kAllocatedNow: return m.weights + cache;
  }
  return {};
}

}  // namespace

EngineFitter::EngineFitter(const Catalog& catalog, MeasuredDeployment deployment,
                           const KernelRates* rates)
    : catalog_(&catalog), deployment_(std::move(deployment)), rates_(rates) {}

RunConditions EngineFitter::conditions(const std::string& model) const {
  RunConditions run;
  run.id = "calibrate";
  run.model = deployment_.model.empty() ? model : deployment_.model;
  run.overrides = deployment_.overrides;
  run.gpu = deployment_.gpu;
  run.engine = deployment_.engine;
  run.weights = deployment_.weights;
  run.kv = deployment_.kv;
  run.mode = "online";
  run.tp = deployment_.tp.value_or(1);
  run.pp = deployment_.pp.value_or(1);
  run.dp = deployment_.dp.value_or(1);
  run.ep = deployment_.ep.value_or(1);
  run.gpus = *run.tp * *run.pp * *run.dp;
  run.unit = "ms";
  return run;
}

std::optional<Diagnostic> EngineFitter::add(const BenchRun& bench) {
  RunConditions run = conditions(bench.model);
  run.input_len = bench.input_tokens / bench.completed;
  run.output_len = bench.output_tokens / bench.completed;
  const double requests = std::max(bench.prompts, bench.completed);
  const bool closed = bench.max_concurrency && *bench.max_concurrency < requests;
  if (bench.request_rate && *bench.request_rate > 0.0) {
    unused_.push_back({bench.where, fmt::format("arrivals at {:g} a second: compare with gpusize "
                                                "simulate; a fit needs a closed loop or a burst",
                                                *bench.request_rate)});
    return {};
  }
  run.load = closed ? "concurrency" : "burst";
  run.load_value = closed ? *bench.max_concurrency : requests;
  run.requests = requests;
  const auto row = resolve(*catalog_, run, deployment_, rates_);
  if (const auto* refusal = std::get_if<Refusal>(&row)) return not_resolved(*refusal, bench.where);
  const auto& resolved = std::get<ResolvedRow>(row);
  if (bench.mean_tpot_ms) {
    if (const auto why = beats_memory(resolved, *bench.mean_tpot_ms)) {
      return make_error("cal-physics", *why, bench.where,
                        "--gpu, --tp or --weights is not what ran, or tokens were drafted "
                        "(speculative decoding)");
    }
  }
  shipped_ = resolved.deployment.engine;
  const auto sample = [&](const char* metric, double ms) {
    run.metric = metric;
    samples_.push_back({run, bench.where, ms});
  };
  sample("ttft_ms_mean", bench.mean_ttft_ms);
  if (bench.mean_tpot_ms) sample("tpot_ms_mean", *bench.mean_tpot_ms);
  return {};
}

std::optional<Diagnostic> EngineFitter::add(const std::string& file, const MemoryLog& log) {
  RunConditions run = conditions(log.model);
  if (!deployment_.tp && log.tp) run.tp = log.tp;
  if (!deployment_.pp && log.pp) run.pp = log.pp;
  run.gpus = *run.tp * *run.pp * *run.dp;
  if (run.kv.empty() && log.kv_cache_dtype != "auto")
    run.kv = log.kv_cache_dtype.starts_with("fp8") ? "fp8" : log.kv_cache_dtype;
  run.load_value = deployment_.batch;
  run.input_len = deployment_.context;
  const Location top{file, log.readings.front().line, 1};
  auto row = resolve(*catalog_, run, deployment_, rates_);
  if (const auto* refusal = std::get_if<Refusal>(&row)) return not_resolved(*refusal, top);
  auto& resolved = std::get<ResolvedRow>(row);
  if (!deployment_.memory_fraction && log.memory_fraction)
    resolved.deployment.memory_fraction = log.memory_fraction;
  const auto memory = row_memory(run, resolved);
  if (const auto* refusal = std::get_if<Refusal>(&memory)) return not_resolved(*refusal, top);
  const auto& m = std::get<MemoryPerGpu>(memory);
  shipped_ = resolved.deployment.engine;
  for (const MemoryReading& reading : log.readings) {
    const Location where{file, reading.line, 1};
    const bool too_large = reading.bytes > (1.0 + kDriverSlack) * m.capacity;
    const bool other_card = reading.item == MemoryItem::kTotal &&
                            reading.bytes < (1.0 - 3.0 * kDriverSlack) * m.capacity;
    if (too_large || other_card) {
      return make_error(
          "cal-physics",
          fmt::format("{} of {:.1f} GiB on a card of {:.1f} GiB", name_of(reading.item),
                      reading.bytes.in(units::GiB), m.capacity.in(units::GiB)),
          where, "--gpu is not the card of this log");
    }
    memory_.push_back(
        {where, std::string(name_of(reading.item)), reading.bytes,
         estimated(reading.item, m, resolved.deployment.engine->continuous_batching)});
  }
  if (log.kv_tokens) {
    CachePoint cache;
    cache.where = {file, log.kv_tokens_line, 1};
    cache.measured_tokens = *log.kv_tokens;
    cache.estimated_tokens =
        static_cast<double>(kv_tokens_that_fit(resolved.deployment, m.kv_room));
    caches_.push_back(std::move(cache));
  }
  if (const MemoryReading* outside = log.find(MemoryItem::kNonTorch)) {
    const double gib = outside->bytes.in(units::GiB);
    if (resolved.gpus == 1) {
      memory_facts_.context.push_back(gib);
    } else {
      const EngineProfile& engine = *resolved.deployment.engine;
      const Bytes known =
          engine.context_bytes + further_peers(resolved.deployment) * engine.communication_per_peer;
      memory_facts_.communication.push_back(std::max(0.0, gib - known.in(units::GiB)));
    }
  }
  if (const MemoryReading* graphs = log.find(MemoryItem::kGraphs))
    memory_facts_.graphs.push_back(graphs->bytes.in(units::GiB));
  return {};
}

std::vector<double> EngineFitter::times(const EngineProfile& profile) {
  std::vector<double> out;
  for (const Sample& sample : samples_) {
    auto row = resolve(*catalog_, sample.run, deployment_, rates_);
    double ms = 0.0;
    if (auto* resolved = std::get_if<ResolvedRow>(&row)) {
      resolved->deployment.engine = &profile;
      const auto point = run_point(sample.run, *resolved);
      if (const auto* p = std::get_if<RunPoint>(&point)) {
        const auto& value = sample.run.metric.starts_with("ttft") ? p->ttft_s : p->tpot_s;
        ms = value.value_or(0.0) * 1e3;
      }
    }
    out.push_back(ms);
  }
  return out;
}

void EngineFitter::fit_times(EngineFit& out) {
  // What the estimator cannot run (a cache too small, say) is no sample.
  const std::vector<double> first = times(*shipped_);
  std::vector<Sample> usable;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (first[i] > 0.0) {
      usable.push_back(samples_[i]);
    } else {
      unused_.push_back({samples_[i].where, "the estimate says that this load cannot run"});
    }
  }
  samples_ = std::move(usable);
  if (samples_.empty()) return;
  std::vector<BoxedParameter> boxes;
  for (const ProfileParameter& p : kTimes) {
    const double start = p.get(*shipped_);
    boxes.push_back({start, 0.0, std::max(p.high, start), p.scale});
  }
  EngineProfile trial = *shipped_;
  const auto residuals = [&](const std::vector<double>& point) {
    for (std::size_t i = 0; i < kTimes.size(); ++i) kTimes.at(i).set(trial, point[i]);
    std::vector<double> out_r = times(trial);
    for (std::size_t i = 0; i < out_r.size(); ++i)
      out_r[i] = std::log(std::max(out_r[i], 1e-9) / samples_[i].measured_ms);
    return out_r;
  };
  RobustOptions options;
  options.sigma = kSigma;
  options.iterations = 25;
  const RobustFit fit = robust_least_squares(boxes, residuals, options);
  for (std::size_t i = 0; i < kTimes.size(); ++i) {
    const ProfileParameter& p = kTimes.at(i);
    p.set(out.profile, fit.point[i]);
    FittedParameter told{std::string(p.key), std::string(p.unit), boxes[i].start, fit.point[i]};
    const double moved = std::abs(fit.point[i] - boxes[i].start) / p.scale;
    told.fitted = fit.weight_of_rows[i] >= 1.0 || moved >= 1.0;
    told.at_bound = told.fitted && fit.point[i] >= p.high;
    out.parameters.push_back(std::move(told));
  }
  const std::vector<double> before = times(*shipped_);
  const std::vector<double> after = times(out.profile);
  std::vector<Comparison> b;
  std::vector<Comparison> a;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const Sample& s = samples_[i];
    out.points.push_back(
        {s.where, s.run.metric, load_words(s.run), s.measured_ms, before[i], after[i]});
    b.push_back({before[i], s.measured_ms, before[i], before[i]});
    a.push_back({after[i], s.measured_ms, after[i], after[i]});
  }
  out.before = error_statistics(b);
  out.after = error_statistics(a);
}

void EngineFitter::fit_memory(EngineFit& out) const {
  const auto fit = [&](const char* key, const std::vector<double>& values, double before) {
    if (values.empty()) return;
    FittedParameter told{key, "GiB", before, median(values)};
    told.fitted = true;
    out.parameters.push_back(std::move(told));
  };
  const EngineProfile& e = *shipped_;
  fit("context_gib", memory_facts_.context, e.context_bytes.in(units::GiB));
  fit("communication_gib", memory_facts_.communication, e.communication_bytes.in(units::GiB));
  fit("graph_gib", memory_facts_.graphs, e.graph_bytes.in(units::GiB));
}

std::optional<EngineFit> EngineFitter::fit() {
  if (shipped_ == nullptr) return {};
  EngineFit out;
  out.profile = *shipped_;
  fit_times(out);
  fit_memory(out);
  out.memory = memory_;
  out.caches = caches_;
  if (out.points.empty() && out.memory.empty()) return {};
  return out;
}

}  // namespace gpusize
