#include "plan/why_facts.hpp"

#include <array>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

constexpr Formula kFromMib{"unit.mib", "mib * 1048576", "B", "definition"};
constexpr Formula kFromGb{"unit.gb", "gb * 1e9", "B", "definition"};
constexpr Formula kFromMb{"unit.mb", "mb * 1e6", "B", "definition"};
constexpr Formula kFromGbPerS{"unit.gb_per_s", "gb_per_s * 1e9", "B/s", "definition"};
constexpr Formula kFromTflops{"unit.tflops", "tflops * 1e12", "FLOP/s", "definition"};

struct PeakKey {
  Dtype dtype;
  std::string_view key;
};
constexpr std::array<PeakKey, 8> kPeakKeys{{
    {Dtype::kFp32, "fp32_tflops"},
    {Dtype::kTf32, "tf32_tflops"},
    {Dtype::kFp16, "fp16_tflops"},
    {Dtype::kBf16, "bf16_tflops"},
    {Dtype::kFp8, "fp8_tflops"},
    {Dtype::kInt8, "int8_tops"},
    {Dtype::kMxfp4, "fp4_tflops"},
    {Dtype::kNvfp4, "fp4_tflops"},
}};

const Source kAssumption{"gpusize assumption where the catalog states nothing", "docs/formulas.md",
                         "2026-11-24"};

Why assumed(std::string label, double value, std::string unit, std::string note) {
  return why_fact(std::move(label), value, std::move(unit), NumberKind::kAssumed, kAssumption,
                  Confidence::kUnverified, std::move(note));
}

Why scaled(const Formula& unit, std::string symbol, std::string label, Why fact) {
  return derive(unit, std::move(label), {{std::move(symbol), std::move(fact)}});
}

std::string fit_note(const KernelRates& rates, std::string_view group) {
  std::string out;
  for (const FitNote& fit : rates.fits) {
    if (fit.group != group) continue;
    out +=
        fmt::format("{}{} ({} rows): median error {} %, p90 {} %", out.empty() ? "fit over " : "; ",
                    fit.rows, fit.n, fit.median_ape_pct, fit.p90_ape_pct);
  }
  if (out.empty() && group != "step") return fit_note(rates, "step");
  return out.empty() ? fmt::format("{}, no fit of this group on these cards", rates.origin) : out;
}

}  // namespace

Why derive(const Formula& formula, std::string label, WhyInputs inputs, std::string note) {
  const auto value = evaluate(formula.text, [&](std::string_view name) -> std::optional<double> {
    for (const auto& [symbol, why] : inputs) {
      if (symbol == name) return why->value;
    }
    return {};
  });
  GPUSIZE_CHECK(value.ok(), fmt::format("{}: {}", formula.id,
                                        value.ok() ? "" : value.errors().front().message));
  return why_formula(formula, std::move(label), *value, std::move(inputs), std::move(note));
}

Why gpu_fact_why(const GpuSpec& gpu, std::string_view key) {
  const GpuFact* fact = gpu.fact(key);
  GPUSIZE_CHECK(fact != nullptr && fact->number, fmt::format("{} states {}", gpu.id, key));
  return why_fact(fmt::format("{} {}", gpu.id, key), *fact->number, "", NumberKind::kFact,
                  fact->source, fact->confidence, fact->note);
}

Why gpu_memory_why(const GpuSpec& gpu) {
  const GpuFact* fact = gpu.memory_fact();
  GPUSIZE_CHECK(fact != nullptr, fmt::format("{} states its memory", gpu.id));
  if (fact->key == "memory_sold_gb")
    return scaled(kFromGb, "gb", "memory", gpu_fact_why(gpu, fact->key));
  return scaled(kFromMib, "mib", "memory", gpu_fact_why(gpu, fact->key));
}

Why gpu_bandwidth_why(const GpuSpec& gpu) {
  return scaled(kFromGbPerS, "gb_per_s", "memory bandwidth",
                gpu_fact_why(gpu, "memory_bandwidth_gb_s"));
}

Why gpu_stated_peak_why(const GpuSpec& gpu, Dtype dtype) {
  for (const PeakKey& peak : kPeakKeys) {
    if (peak.dtype == dtype) return gpu_fact_why(gpu, peak.key);
  }
  GPUSIZE_CHECK(false, fmt::format("no card computes in {}", name_of(dtype)));
}

Why gpu_peak_why(const GpuSpec& gpu, Dtype dtype) {
  return scaled(kFromTflops, "tflops", fmt::format("dense {} peak", name_of(dtype)),
                gpu_stated_peak_why(gpu, dtype));
}

Why gpu_units_why(const GpuSpec& gpu, double used) {
  if (gpu.compute_units) return gpu_fact_why(gpu, "compute_units");
  return assumed("compute units", used, "", fmt::format("{} states none", gpu.id));
}

Why gpu_l2_why(const GpuSpec& gpu, double used) {
  if (gpu.l2_cache) return scaled(kFromMb, "mb", "L2 cache", gpu_fact_why(gpu, "l2_cache_mb"));
  return assumed("L2 cache", used, "B", fmt::format("{} states none", gpu.id));
}

Why gpu_host_link_why(const GpuSpec& gpu) {
  const double value = gpu.host_link.in(units::B_per_s);
  const GpuFact* fact = gpu.fact("host_link");
  if (fact == nullptr) return assumed("host link", value, "B/s", "PCIe 3 x16");
  return why_fact(fmt::format("{} host_link", gpu.id), value, "B/s", NumberKind::kFact,
                  fact->source, fact->confidence,
                  fmt::format("{}: 0.985 GB/s per lane in generation 3, doubled in each later one",
                              fact->text));
}

Why gpu_link_why(const GpuSpec& gpu) {
  if (gpu.topology == LinkTopology::kPcie) return gpu_host_link_why(gpu);
  return scaled(kFromGbPerS, "gb_per_s", "scale-up link per direction",
                gpu_fact_why(gpu, "scaleup_gb_s_per_direction"));
}

Why gpu_peer_why(const GpuSpec& gpu) {
  if (gpu.fact("peer_gb_s_per_direction") == nullptr) return gpu_link_why(gpu);
  return scaled(kFromGbPerS, "gb_per_s", "link to one peer",
                gpu_fact_why(gpu, "peer_gb_s_per_direction"));
}

Why gpu_network_why(const GpuSpec& gpu, double used) {
  constexpr std::string_view kKey = "node_network_gb_s_per_gpu_per_direction";
  if (gpu.network_per_gpu)
    return scaled(kFromGbPerS, "gb_per_s", "network per GPU", gpu_fact_why(gpu, kKey));
  return assumed("network per GPU", used, "B/s", "one 100 Gb/s port per GPU");
}

Why rate_why(const KernelRates& rates, std::string_view group, std::string_view key, double value,
             std::string unit) {
  return why_fact(fmt::format("{} {}.{}", rates.id, group, key), value, std::move(unit),
                  rates.origin == "measured" ? NumberKind::kMeasured : NumberKind::kAssumed,
                  rates.source, rates.confidence, fit_note(rates, group));
}

Why engine_why(const EngineProfile& engine, std::string_view key, double value, std::string unit) {
  const EngineFact* fact = engine.fact(key);
  const std::string label = fmt::format("{} {}", engine.id, key);
  if (fact == nullptr)
    return assumed(label, value, std::move(unit), "the engine profile states none");
  std::string note = fact->unit == unit || fact->unit == "ratio"
                         ? fact->note
                         : fmt::format("stated as {:g} {}", fact->value, fact->unit);
  if (note != fact->note && !fact->note.empty()) note += "; " + fact->note;
  return why_fact(label, value, std::move(unit), fact->kind, fact->source, fact->confidence,
                  std::move(note));
}

Why config_why(const ModelSpec& model, std::string label, double value, std::string unit) {
  return why_fact(std::move(label), value, std::move(unit), NumberKind::kFact, model.source,
                  model.confidence, fmt::format("config of {}", model.id));
}

Why constant_why(std::string label, double value, std::string unit, std::string reason) {
  static const Source kMethod{"gpusize method", "docs/formulas.md", "2026-11-24"};
  return why_fact(std::move(label), value, std::move(unit), NumberKind::kFact, kMethod,
                  Confidence::kDerived, std::move(reason));
}

}  // namespace gpusize
