#include "gpusize/catalog/mig.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kMostSlices = 64;

MigGeometry read_family(Node node, const std::map<std::string, Source>& sources, Diagnostics& out) {
  MapReader reader(node, "MIG geometry", "cat", out);
  MigGeometry family;
  family.id = reader.required_text("id");
  family.compute_slices = reader.required_integer("compute_slices", {1.0, kMostSlices});
  family.memory_slices = reader.required_integer("memory_slices", {1.0, kMostSlices});
  family.source = source_named(sources, reader);
  family.confidence = read_confidence(reader);
  if (const Node list = reader.required("placements"); list && list.is_sequence()) {
    for (const Node row : list) {
      MapReader inner(row, "MIG placement", "cat", out);
      MigPlacementRule rule;
      rule.compute_slices = inner.required_integer("compute_slices", {1.0, kMostSlices});
      rule.memory_slices = inner.required_integer("memory_slices", {1.0, kMostSlices});
      if (const Node starts = inner.required("starts"); starts && starts.is_sequence()) {
        for (const Node start : starts) rule.starts.push_back(start.integer().value_or(0));
      }
      inner.reject_unknown();
      family.placements.push_back(std::move(rule));
    }
  }
  reader.reject_unknown();
  return family;
}

std::int64_t memory_slices(const MigGeometry& geometry, const MigProfile& profile) {
  return profile.memory_eighths * geometry.memory_slices / 8;
}

void extend(const MigGeometry& geometry, const std::vector<MigProfile>& profiles,
            const std::vector<MigPlacement>& all, std::size_t next, MigPartition& partition,
            std::vector<MigPartition>& out) {
  bool full = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!mig_can_add(geometry, profiles, partition, all[i])) continue;
    full = false;
    if (i < next) continue;
    partition.push_back(all[i]);
    extend(geometry, profiles, all, i + 1, partition, out);
    partition.pop_back();
  }
  if (full) out.push_back(partition);
}

/// A card's fact times a share, marked as derived.
void scale_fact(GpuSpec& gpu, std::string_view key, double value, const std::string& how) {
  for (GpuFact& fact : gpu.facts) {
    if (fact.key != key || !fact.number) continue;
    fact.number = value;
    fact.text = fmt::format("{}", value);
    fact.confidence = weakest(fact.confidence, Confidence::kDerived);
    fact.note = how;
  }
}

struct Share {
  double memory = 1.0;
  double bandwidth = 1.0;
  double compute = 1.0;
};

constexpr std::array<std::string_view, 9> kComputeFacts{
    "compute_units", "fp64_tflops", "fp64_tensor_tflops", "fp32_tflops", "tf32_tflops",
    "fp16_tflops",   "bf16_tflops", "fp8_tflops",         "int8_tops"};

/// Everything of the card that shrinks with a share of it.
void shrink(GpuSpec& gpu, const Share& share, const std::string& how) {
  const auto scale = [&](std::string_view key, double by) {
    if (const GpuFact* fact = gpu.fact(key); fact != nullptr && fact->number)
      scale_fact(gpu, key, *fact->number * by, how);
  };
  for (const std::string_view key : kComputeFacts) scale(key, share.compute);
  scale("fp4_tflops", share.compute);
  scale("memory_bandwidth_gb_s", share.bandwidth);
  scale("l2_cache_mb", share.bandwidth);
  scale("memory_reported_mib", share.memory);
  scale("memory_visible_mib", share.memory);
  scale("memory_sold_gb", share.memory);
  scale("tdp_w", share.compute);
  scale("idle_w", share.compute);
  gpu.memory *= share.memory;
  gpu.memory_bandwidth *= share.bandwidth;
  if (gpu.l2_cache) *gpu.l2_cache *= share.bandwidth;
  if (gpu.compute_units) *gpu.compute_units *= share.compute;
  for (auto& [dtype, peak] : gpu.dense_peaks) peak *= share.compute;
  if (gpu.tdp) *gpu.tdp *= share.compute;
  if (gpu.idle) *gpu.idle *= share.compute;
  gpu.mig_profiles.clear();
  gpu.aliases.clear();
  gpu.link_domain_gpus = 1;
}

}  // namespace

std::vector<MigGeometry> read_mig_geometry(const Document& document, Diagnostics& out) {
  MapReader reader(document.root(), "MIG geometries", "cat", out);
  reader.text("schema");
  std::vector<MigGeometry> all;
  const auto sources = read_sources(reader.required("sources"), out);
  if (const Node list = reader.required("families"); list && list.is_sequence()) {
    for (const Node node : list) all.push_back(read_family(node, sources, out));
  }
  reader.reject_unknown();
  return all;
}

const MigGeometry* mig_geometry_of(const std::vector<MigGeometry>& all, const GpuSpec& gpu) {
  std::int64_t most = 0;
  for (const MigProfile& profile : gpu.mig_profiles) most = std::max(most, profile.compute_slices);
  for (const MigGeometry& geometry : all) {
    if (most > 0 && geometry.compute_slices == most) return &geometry;
  }
  return nullptr;
}

std::vector<std::vector<MigPlacement>> mig_placements(const MigGeometry& geometry,
                                                      const std::vector<MigProfile>& profiles) {
  std::vector<std::vector<MigPlacement>> out(profiles.size());
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const std::int64_t size = memory_slices(geometry, profiles[i]);
    for (const MigPlacementRule& rule : geometry.placements) {
      if (rule.compute_slices != profiles[i].compute_slices || rule.memory_slices != size) continue;
      for (const std::int64_t start : rule.starts) out[i].push_back({i, start, size});
    }
  }
  return out;
}

bool mig_can_add(const MigGeometry& geometry, const std::vector<MigProfile>& profiles,
                 const MigPartition& partition, const MigPlacement& placement) {
  std::int64_t compute = profiles[placement.profile].compute_slices;
  std::int64_t same = 1;
  for (const MigPlacement& other : partition) {
    if (placement.start < other.start + other.size &&
        other.start < placement.start + placement.size)
      return false;
    compute += profiles[other.profile].compute_slices;
    if (other.profile == placement.profile) ++same;
  }
  return compute <= geometry.compute_slices && same <= profiles[placement.profile].max_instances &&
         placement.start + placement.size <= geometry.memory_slices;
}

std::vector<MigPartition> mig_partitions(const MigGeometry& geometry,
                                         const std::vector<MigProfile>& profiles) {
  std::vector<MigPlacement> all;
  for (const auto& of_profile : mig_placements(geometry, profiles))
    all.insert(all.end(), of_profile.begin(), of_profile.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const MigPlacement& a, const MigPlacement& b) { return a.start < b.start; });
  std::vector<MigPartition> out;
  MigPartition partition;
  extend(geometry, profiles, all, 0, partition, out);
  return out;
}

std::vector<MigProfile> basic_mig_profiles(const GpuSpec& gpu) {
  std::vector<MigProfile> out;
  for (const MigProfile& profile : gpu.mig_profiles) {
    if (profile.name.find_first_of("+-") != std::string::npos) continue;
    const bool doubled = std::any_of(out.begin(), out.end(), [&](const MigProfile& other) {
      return other.compute_slices == profile.compute_slices;
    });
    if (!doubled) out.push_back(profile);
  }
  return out;
}

GpuSpec mig_slice(const GpuSpec& gpu, const MigProfile& profile) {
  GpuSpec out = gpu;
  out.id = fmt::format("{}/{}", gpu.id, profile.name);
  out.name = fmt::format("{}, MIG {}", gpu.name, profile.name);
  std::int64_t most = 1;
  for (const MigProfile& other : gpu.mig_profiles) most = std::max(most, other.compute_slices);
  const double by_slices = static_cast<double>(profile.compute_slices) / static_cast<double>(most);
  Share share;
  share.compute = profile.compute_units && gpu.compute_units
                      ? static_cast<double>(*profile.compute_units) / *gpu.compute_units
                      : by_slices;
  share.bandwidth = static_cast<double>(profile.memory_eighths) / 8.0;
  const Bytes memory = profile.memory_reported_gib ? *profile.memory_reported_gib * units::GiB
                                                   : share.bandwidth * gpu.memory;
  share.memory = memory / gpu.memory;
  shrink(
      out, share,
      fmt::format("{} of {}: {} of its memory, {:.4g} of its compute units, {}/8 of its bandwidth",
                  profile.name, gpu.id,
                  profile.memory_reported_gib ? fmt::format("{} GiB", *profile.memory_reported_gib)
                                              : fmt::format("{}/8", profile.memory_eighths),
                  share.compute, profile.memory_eighths));
  out.slice_of = gpu.id;
  out.slices_per_card = std::max<std::int64_t>(1, profile.max_instances);
  out.node_gpus = gpu.node_gpus * out.slices_per_card;
  return out;
}

GpuSpec shared_card(const GpuSpec& gpu, const std::string& kind, std::int64_t ways) {
  GpuSpec out = gpu;
  out.id = fmt::format("{}/{}:{}", gpu.id, kind, ways);
  out.name = fmt::format("{}, {} by {}", gpu.name, kind, ways);
  const double part = 1.0 / static_cast<double>(ways);
  shrink(out, {part, part, part},
         fmt::format("an equal share of {} among {} users that are all busy ({})", gpu.id, ways,
                     kind));
  out.slice_of = gpu.id;
  out.slices_per_card = ways;
  out.node_gpus = gpu.node_gpus * ways;
  return out;
}

}  // namespace gpusize
