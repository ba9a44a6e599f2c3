#include "calibrate/kernel_family.hpp"

#include <algorithm>
#include <cmath>

#include "calibrate/read_list.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/map_reader.hpp"

namespace gpusize::calibrate {
namespace {

constexpr Bounds kFraction{0.01, 2.0};

/// What only families of expert blocks state.
void read_expert_family(MapReader& reader, KernelFamily& family) {
  family.widened_fraction = reader.number("widened_fraction", kFraction);
  if (const auto routing = reader.number("routing_us", {0.0, 1e3}))
    family.routing = *routing * units::us;
  if (const auto depth = reader.number("per_depth_ns", {0.0, 1e3}))
    family.per_depth = *depth * units::ns;
  family.per_expert = reader.number("per_expert_us", {0.0, 1e3}).value_or(0.0) * units::us;
  family.depth_by_bytes = reader.boolean("depth_by_bytes").value_or(false);
  family.fill_depth = reader.number("fill_depth", {0.0, 1e4});
  family.remote_copies = reader.texts("remote_copies");
  family.all_copies = reader.boolean("all_copies").value_or(false);
  family.fused_activation = reader.boolean("fused_activation").value_or(false);
  family.permutes = reader.boolean("permutes").value_or(false);
  family.quantises_copies = reader.boolean("quantises_copies").value_or(false);
  family.widens_weights = reader.boolean("widens_weights").value_or(false);
  family.mma_sync = reader.boolean("mma_sync").value_or(false);
}

KernelFamily read_family(Node node, double dynamic_passes, const ExpertBlockRates& experts,
                         Diagnostics& out) {
  MapReader reader(node, "kernel family", "cat", out);
  KernelFamily family;
  family.id = reader.required_text("id");
  family.op = reader.required_text("op");
  family.match = RowMatch::read(reader);
  const bool block = family.op == "moe";
  family.launches = reader.number("launches", {0.0, 1e3}).value_or(block ? experts.launches : 0.0);
  family.host = reader.number("host_us", {0.0, 1e6}).value_or(0.0) * units::us;
  family.per_row = reader.number("per_row_ns", {0.0, 1e6}).value_or(0.0) * units::ns;
  if (reader.boolean("dynamic").value_or(false)) family.quantise_passes = dynamic_passes;
  family.flop_fraction =
      reader.number("flop_fraction", kFraction).value_or(block ? experts.flop_fraction : 1.0);
  family.memory_fraction = reader.number("memory_fraction", kFraction).value_or(1.0);
  family.copies_message = reader.boolean("copies_message").value_or(false);
  family.reduced_elements = reader.number("reduced_elements", {0.0, 1e6});
  family.write_fraction = reader.number("write_fraction", kFraction).value_or(0.0);
  family.feed_gb_s = reader.number("feed_gb_s", {1.0, 1e4}).value_or(0.0);
  read_expert_family(reader, family);
  reader.reject_unknown();
  return family;
}

/// A list of one number for some architectures each.
std::map<std::string, double> read_by_architecture(Node list, std::string_view key, Bounds bounds,
                                                   Diagnostics& out) {
  std::map<std::string, double> values;
  if (!list || !list.is_sequence()) return values;
  for (const Node node : list) {
    MapReader reader(node, "rates by architecture", "cat", out);
    const double value = reader.required_number(key, bounds);
    for (const std::string& architecture : reader.texts("architectures"))
      values[architecture] = value;
    reader.reject_unknown();
  }
  return values;
}

ExpertBlockRates read_experts(Node node, Diagnostics& out) {
  MapReader reader(node, "expert blocks", "cat", out);
  ExpertBlockRates rates;
  rates.launches = reader.required_number("launches", {0.0, 1e3});
  rates.flop_fraction = reader.required_number("flop_fraction", kFraction);
  rates.per_depth = reader.required_number("per_depth_ns", {0.0, 1e3}) * units::ns;
  rates.routing = reader.required_number("routing_us", {0.0, 1e3}) * units::us;
  rates.widened_fraction = reader.required_number("widened_fraction", kFraction);
  rates.blend = reader.required_number("blend", {1.0, 20.0});
  rates.mma_sync_unit_tflops = reader.required_number("mma_sync_unit_tflops", {0.0, 1e3});
  rates.feed_gb_s = read_by_architecture(reader.node("feeds"), "gb_s", {1.0, 1e4}, out);
  rates.memory_fractions = read_by_architecture(reader.node("memory"), "fraction", kFraction, out);
  reader.reject_unknown();
  return rates;
}

ExchangeProtocols read_protocols(Node node, Diagnostics& out) {
  MapReader reader(node, "protocols of exchanges", "cat", out);
  ExchangeProtocols protocols;
  protocols.flagged_gb_s = reader.required_number("flagged_gb_s", {0.0, 1e4});
  protocols.plain_start = reader.required_number("plain_start_us", {0.0, 1e3}) * units::us;
  protocols.flagged_piece =
      reader.number("flagged_piece_kib", {0.0, 1e6}).value_or(0.0) * units::KiB;
  reader.reject_unknown();
  return protocols;
}

void read_pcie_sharing(Node list, std::map<std::string, PcieSharing>& into, Diagnostics& out) {
  if (!list || !list.is_sequence()) return;
  for (const Node node : list) {
    MapReader reader(node, "sharing of PCIe paths", "cat", out);
    PcieSharing sharing;
    sharing.exponent = reader.required_number("exponent", {0.0, 3.0});
    sharing.beyond = reader.number("beyond", {0.0, 3.0}).value_or(sharing.exponent);
    sharing.flagged = reader.number("flagged", {0.0, 3.0}).value_or(sharing.exponent);
    sharing.all_pairs = reader.number("all_pairs", {0.0, 3.0}).value_or(sharing.exponent);
    for (const std::string& architecture : reader.texts("architectures"))
      into[architecture] = sharing;
    reader.reject_unknown();
  }
}

void read_call_factors(Node list, std::map<std::string, double>& into, Diagnostics& out) {
  if (!list || !list.is_sequence()) return;
  for (const Node node : list) {
    MapReader reader(node, "processor of hosts", "cat", out);
    into[reader.required_text("cpu")] = reader.required_number("call_factor", {0.1, 10.0});
    reader.reject_unknown();
  }
}

WeightRotation read_rotation(Node node, Diagnostics& out) {
  MapReader reader(node, "weight rotation", "cat", out);
  WeightRotation rotation;
  rotation.op = reader.required_text("op");
  rotation.match = RowMatch::read(reader);
  rotation.copies = reader.required_number("copies", {1.0, 1e3});
  rotation.fills_cache = reader.boolean("fills_cache").value_or(false);
  reader.reject_unknown();
  return rotation;
}

KernelBand read_band(Node node, Diagnostics& out) {
  MapReader reader(node, "kernel band", "cat", out);
  KernelBand band;
  band.op = reader.required_text("op");
  band.architecture = reader.required_text("architecture");
  band.low = reader.required_number("low", {-0.99, 0.0});
  band.high = reader.required_number("high", {0.0, 10.0});
  for (const char* key : {"n", "held_out_pct"}) reader.node(key);  // for the reader of the file
  reader.reject_unknown();
  return band;
}

}  // namespace

bool KernelFamily::takes_remote_copies(const std::string& backend) const {
  return begins_with_any(backend, remote_copies);
}

KernelFamilies KernelFamilies::read(const Catalog& catalog) {
  KernelFamilies out;
  Diagnostics& problems = out.problems;
  for (const Document* document : catalog.documents("gpusize.kernel-families/v1")) {
    MapReader reader(document->root(), "kernel families", "cat", problems);
    read_call_factors(reader.node("hosts"), out.call_factors, problems);
    read_pcie_sharing(reader.node("pcie_sharing"), out.pcie_sharing, problems);
    if (const Node protocols = reader.node("exchanges"))
      out.protocols = read_protocols(protocols, problems);
    out.l2_gb_s_per_unit = reader.required_number("l2_gb_s_per_unit", {0.0, 1e4});
    const double passes = reader.number("dynamic_passes", {0.0, 20.0}).value_or(1.0);
    append_list(out.rotations, reader.node("rotations"), read_rotation, problems);
    out.product_tiles = ProductTiles::read(reader, problems);
    if (const Node experts = reader.required("expert_blocks"))
      out.experts = read_experts(experts, problems);
    out.lists = ExpertLists::read(reader, problems);
    const auto family = [&](Node node, Diagnostics& to) {
      return read_family(node, passes, out.experts, to);
    };
    append_list(out.families, reader.required("families"), family, problems);
    append_list(out.bands, reader.node("bands"), read_band, problems);
    if (const Node sources = reader.node("sources")) {
      out.source = source_named(read_sources(sources, problems), reader);
      out.confidence = read_confidence(reader);
    }
    for (const char* key : {"schema", "fits"}) reader.node(key);  // for the reader of the file
    reader.reject_unknown();
  }
  return out;
}

const KernelFamily* KernelFamilies::of(const KernelRow& row,
                                       const std::string& architecture) const {
  const auto at = std::find_if(families.begin(), families.end(), [&](const KernelFamily& f) {
    return f.op == row.op && f.match.holds(row, architecture);
  });
  return at == families.end() ? nullptr : &*at;
}

double KernelFamilies::rotated(const KernelRow& row, double weights, double l2_bytes) const {
  const auto at = std::find_if(rotations.begin(), rotations.end(), [&](const WeightRotation& r) {
    return r.op == row.op && r.match.holds(row, {});
  });
  if (at == rotations.end() || weights <= 0.0) return weights;
  const double filling = std::max(1.0, std::ceil(l2_bytes / weights));
  return weights * (at->fills_cache ? std::min(at->copies, filling) : at->copies);
}

double KernelFamilies::call_factor(const GpuSpec& gpu) const {
  const GpuFact* cpu = gpu.fact("host_cpu");
  if (cpu == nullptr) return 1.0;
  const auto at = call_factors.find(cpu->text);
  return at == call_factors.end() ? 1.0 : at->second;
}

const KernelBand* KernelFamilies::band(const KernelRow& row,
                                       const std::string& architecture) const {
  if (row.backend.empty()) return nullptr;
  const auto at = std::find_if(bands.begin(), bands.end(), [&](const KernelBand& b) {
    return b.op == row.op && b.architecture == architecture;
  });
  return at == bands.end() ? nullptr : &*at;
}

}  // namespace gpusize::calibrate
