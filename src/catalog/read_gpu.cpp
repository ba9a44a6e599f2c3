#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gpusize/catalog/gpu_fact.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::array<std::pair<std::string_view, Dtype>, 7> kPeakKeys{{
    {"fp32_tflops", Dtype::kFp32},
    {"tf32_tflops", Dtype::kTf32},
    {"fp16_tflops", Dtype::kFp16},
    {"bf16_tflops", Dtype::kBf16},
    {"fp8_tflops", Dtype::kFp8},
    {"int8_tops", Dtype::kInt8},
    {"fp4_tflops", Dtype::kNvfp4},
}};

GpuFact read_fact(Node node, const std::map<std::string, Source>& sources, Diagnostics& out) {
  GpuFact fact;
  fact.key = node.key();
  MapReader reader(node, fmt::format("fact \"{}\"", node.key()), "cat", out);
  const Node value = reader.required("value");
  if (value && value.is_scalar()) {
    fact.text = value.text();
    fact.number = value.number();
    const GpuFactKind* kind = gpu_fact_kind(node.key());
    const bool measured = kind != nullptr && !kind->unit.empty();
    if (measured && (!fact.number || *fact.number < 0.0)) {
      reader.error("type",
                   fmt::format("\"{}\" must be a number of {}, 0 or more, found \"{}\"", node.key(),
                               kind->unit, value.text()),
                   value);
    } else if (measured) {
      const PlausibleRange range = plausible_range(kind->unit);
      if (*fact.number < range.low || *fact.number > range.high) {
        reader.error(
            "unit",
            fmt::format("\"{}\" is {} {}: not plausible", node.key(), value.text(), kind->unit),
            value,
            fmt::format("{:.6g} to {:.6g} {}: is it in another unit?", range.low, range.high,
                        kind->unit));
      }
    }
  }
  fact.source = source_named(sources, reader);
  fact.confidence = read_confidence(reader);
  fact.note = reader.text("note").value_or("");
  reader.text("formula");
  reader.reject_unknown();
  return fact;
}

void read_facts(Node map, const std::map<std::string, Source>& sources, GpuSpec& gpu,
                Diagnostics& out) {
  if (!map || !map.is_map()) return;
  for (const Node node : map) {
    if (gpu_fact_kind(node.key()) == nullptr) {
      std::vector<std::string> known;
      for (const GpuFactKind& kind : gpu_fact_kinds()) known.emplace_back(kind.key);
      out.push_back(make_error("cat-unknown-key",
                               fmt::format("a GPU has no fact \"{}\"", node.key()), node.location(),
                               did_you_mean(node.key(), known)));
      continue;
    }
    gpu.facts.push_back(read_fact(node, sources, out));
  }
}

std::optional<double> number_of(const GpuSpec& gpu, std::string_view key) {
  const GpuFact* fact = gpu.fact(key);
  return fact == nullptr ? std::nullopt : fact->number;
}

/// PCIe bytes per lane and direction per generation, after 128b/130b coding (PCI-SIG).
BytesPerSec pcie_bandwidth(std::string_view link) {
  const std::size_t x = link.rfind('x');
  if (!link.starts_with("pcie") || x == std::string_view::npos) return 16.0 * units::GB_per_s;
  const double generation = parse_number(link.substr(4, x - 4)).value_or(3.0);
  const double lanes = parse_number(link.substr(x + 1)).value_or(16.0);
  double per_lane = 0.985;  // generation 3
  for (double g = 3.0; g < generation; g += 1.0) per_lane *= 2.0;
  return per_lane * lanes * units::GB_per_s;
}

LinkTopology topology_of(std::string_view text) {
  if (text == "switched") return LinkTopology::kSwitched;
  if (text == "mesh") return LinkTopology::kMesh;
  if (text == "pair-bridge") return LinkTopology::kPairBridge;
  if (text == "cube-mesh") return LinkTopology::kCubeMesh;
  return LinkTopology::kPcie;
}

std::int64_t whole(const GpuSpec& gpu, std::string_view key, std::int64_t otherwise) {
  const auto number = number_of(gpu, key);
  return number && *number >= 1.0 ? static_cast<std::int64_t>(*number) : otherwise;
}

void derive_links(GpuSpec& gpu) {
  const GpuFact* host = gpu.fact("host_link");
  gpu.host_link = pcie_bandwidth(host == nullptr ? "" : host->text);
  const GpuFact* topology = gpu.fact("scaleup_topology");
  gpu.topology = topology_of(topology == nullptr ? "" : topology->text);
  const auto aggregate = number_of(gpu, "scaleup_gb_s_per_direction");
  if (!aggregate) gpu.topology = LinkTopology::kPcie;
  gpu.link_per_direction = gpu.topology == LinkTopology::kPcie
                               ? gpu.host_link
                               : aggregate.value_or(0.0) * units::GB_per_s;
  const auto peer = number_of(gpu, "peer_gb_s_per_direction");
  gpu.peer_per_direction = peer ? *peer * units::GB_per_s : gpu.link_per_direction;
  gpu.node_gpus = whole(gpu, "node_gpus", 8);
  gpu.link_domain_gpus = whole(gpu, "scaleup_domain_gpus", gpu.node_gpus);
  if (gpu.topology == LinkTopology::kPcie) gpu.link_domain_gpus = gpu.node_gpus;
  if (const auto network = number_of(gpu, "node_network_gb_s_per_gpu_per_direction")) {
    gpu.network_per_gpu = *network * units::GB_per_s;
  }
}

void derive_figures(GpuSpec& gpu) {
  if (const GpuFact* memory = gpu.memory_fact())
    gpu.memory = *memory->number * (memory->key == "memory_sold_gb" ? units::GB : units::MiB);
  gpu.memory_bandwidth = number_of(gpu, "memory_bandwidth_gb_s").value_or(0.0) * units::GB_per_s;
  if (const auto l2 = number_of(gpu, "l2_cache_mb")) gpu.l2_cache = *l2 * units::MB;
  gpu.compute_units = number_of(gpu, "compute_units");
  for (const auto& [key, dtype] : kPeakKeys) {
    if (const auto peak = number_of(gpu, key)) gpu.dense_peaks[dtype] = *peak * units::TFLOP_per_s;
  }
  if (const auto tdp = number_of(gpu, "tdp_w")) gpu.tdp = *tdp * units::W;
  if (const auto idle = number_of(gpu, "idle_w")) gpu.idle = *idle * units::W;
  derive_links(gpu);
}

MigProfile read_mig(Node node, const std::map<std::string, Source>& sources, Diagnostics& out) {
  MapReader reader(node, "MIG profile", "cat", out);
  MigProfile profile;
  profile.name = reader.required_text("profile");
  profile.memory_label_gb = reader.required_number("memory_label_gb");
  profile.memory_reported_gib = reader.number("memory_reported_gib");
  profile.memory_eighths = reader.integer("memory_eighths").value_or(0);
  profile.compute_slices = reader.integer("compute_slices").value_or(0);
  profile.compute_units = reader.integer("sm_count");
  profile.max_instances = reader.integer("max_instances").value_or(0);
  profile.media_extensions = reader.boolean("media_extensions").value_or(false);
  profile.source = source_named(sources, reader);
  profile.confidence = read_confidence(reader);
  reader.text("note");
  reader.reject_unknown();
  return profile;
}

void require_figures(const GpuSpec& gpu, Node root, Diagnostics& out) {
  const auto missing = [&](std::string_view what) {
    out.push_back(make_error("cat-missing", fmt::format("GPU {} states no {}", gpu.id, what),
                             root.location()));
  };
  if (gpu.memory <= Bytes{}) missing("memory (memory_sold_gb or memory_reported_mib)");
  if (gpu.memory_bandwidth <= BytesPerSec{}) missing("memory_bandwidth_gb_s");
}

}  // namespace

const GpuFact* GpuSpec::fact(std::string_view key) const {
  for (const GpuFact& f : facts) {
    if (f.key == key) return &f;
  }
  return nullptr;
}

const GpuFact* GpuSpec::memory_fact() const {
  for (const std::string_view key :
       {"memory_visible_mib", "memory_reported_mib", "memory_sold_gb"}) {
    if (const GpuFact* found = fact(key); found != nullptr && found->number) return found;
  }
  return nullptr;
}

std::optional<FlopsPerSec> GpuSpec::peak(Dtype dtype) const {
  const auto found = dense_peaks.find(dtype);
  if (found != dense_peaks.end()) return found->second;
  return {};
}

Confidence GpuSpec::core_confidence() const {
  const auto confidence = [&](std::string_view key) {
    const GpuFact* f = fact(key);
    return f == nullptr ? Confidence::kLowTrust : f->confidence;
  };
  // The driver's figure and the label state one memory: the better read of the two counts.
  const Confidence memory_known =
      std::min(confidence("memory_reported_mib"), confidence("memory_sold_gb"));
  const Confidence peak_known = confidence(peak(Dtype::kBf16) ? "bf16_tflops" : "fp16_tflops");
  return weakest(weakest(memory_known, peak_known), confidence("memory_bandwidth_gb_s"));
}

std::optional<GpuSpec> read_gpu(const Document& document, Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "GPU", "cat", out);
  GpuSpec gpu;
  reader.text("schema");
  gpu.id = reader.required_text("id");
  gpu.name = reader.required_text("name");
  gpu.vendor = reader.required_text("vendor");
  gpu.architecture = reader.required_text("architecture");
  gpu.form_factor = reader.text("form_factor").value_or("");
  gpu.market = reader.text("market").value_or("");
  gpu.aliases = reader.texts("aliases");
  const auto sources = read_sources(reader.required("sources"), out);
  read_facts(reader.required("facts"), sources, gpu, out);
  if (const Node profiles = reader.node("mig_profiles"); profiles && profiles.is_sequence()) {
    for (const Node node : profiles) gpu.mig_profiles.push_back(read_mig(node, sources, out));
  }
  if (const Node lifecycle = reader.node("lifecycle")) {
    MapReader inner(lifecycle, "lifecycle", "cat", out);
    if (const Node year = inner.node("launch_year"))
      gpu.facts.push_back(read_fact(year, sources, out));
    gpu.lifecycle_note = inner.text("note").value_or("");
    inner.reject_unknown();
  }
  reader.reject_unknown();
  derive_figures(gpu);
  if (out.size() == before) require_figures(gpu, document.root(), out);
  if (out.size() != before) return {};
  return gpu;
}

}  // namespace gpusize
