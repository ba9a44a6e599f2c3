#include "calibrate/kernel_family.hpp"

#include <algorithm>
#include <cmath>

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/map_reader.hpp"

namespace gpusize::calibrate {
namespace {

constexpr Bounds kFraction{0.01, 2.0};

/// One fraction for each of the family's architectures.
std::map<std::string, double> read_fractions(Node node,
                                             const std::vector<std::string>& architectures,
                                             Diagnostics& out) {
  MapReader reader(node, "fractions by architecture", "cat", out);
  std::map<std::string, double> fractions;
  for (const std::string& architecture : architectures)
    fractions[architecture] = reader.required_number(architecture, kFraction);
  reader.reject_unknown();
  return fractions;
}

KernelFamily read_family(Node node, double dynamic_passes, Diagnostics& out) {
  MapReader reader(node, "kernel family", "cat", out);
  KernelFamily family;
  family.id = reader.required_text("id");
  family.op = reader.required_text("op");
  family.backends = reader.texts("backends");
  family.kernels = reader.texts("kernels");
  family.formats = reader.texts("formats");
  family.architectures = reader.texts("architectures");
  family.launches = reader.number("launches", {0.0, 1e3}).value_or(0.0);
  family.host = reader.number("host_us", {0.0, 1e6}).value_or(0.0) * units::us;
  family.per_row = reader.number("per_row_ns", {0.0, 1e6}).value_or(0.0) * units::ns;
  if (reader.boolean("dynamic").value_or(false)) family.quantise_passes = dynamic_passes;
  family.flop_fraction = reader.number("flop_fraction", kFraction).value_or(1.0);
  family.widened_fraction = reader.number("widened_fraction", kFraction);
  if (const Node fractions = reader.node("flop_fractions"))
    family.flop_fractions = read_fractions(fractions, family.architectures, out);
  family.remote_copies = reader.texts("remote_copies");
  family.memory_fraction = reader.number("memory_fraction", kFraction).value_or(1.0);
  family.all_copies = reader.boolean("all_copies").value_or(false);
  family.fused_activation = reader.boolean("fused_activation").value_or(false);
  reader.reject_unknown();
  return family;
}

ExpertBlockRates read_experts(Node node, Diagnostics& out) {
  MapReader reader(node, "expert blocks", "cat", out);
  ExpertBlockRates rates;
  rates.per_depth = reader.required_number("per_depth_ns", {0.0, 1e3}) * units::ns;
  rates.routing = reader.required_number("routing_us", {0.0, 1e3}) * units::us;
  rates.widened_fraction = reader.required_number("widened_fraction", kFraction);
  reader.reject_unknown();
  return rates;
}

WeightRotation read_rotation(Node node, Diagnostics& out) {
  MapReader reader(node, "weight rotation", "cat", out);
  WeightRotation rotation;
  rotation.op = reader.required_text("op");
  rotation.backends = reader.texts("backends");
  rotation.formats = reader.texts("formats");
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

template <class Matches>
bool any(const std::vector<std::string>& wanted, Matches matches) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), matches);
}

auto begins(const std::string& text) {
  return [&text](const std::string& wanted) { return text.starts_with(wanted); };
}

auto same(const std::string& text) {
  return [&text](const std::string& wanted) { return text == wanted; };
}

}  // namespace

double KernelFamily::flop_fraction_on(const std::string& architecture) const {
  const auto at = flop_fractions.find(architecture);
  return at == flop_fractions.end() ? flop_fraction : at->second;
}

bool KernelFamily::takes_remote_copies(const std::string& backend) const {
  return std::any_of(remote_copies.begin(), remote_copies.end(), begins(backend));
}

KernelFamilies KernelFamilies::read(const Catalog& catalog) {
  KernelFamilies out;
  Diagnostics& problems = out.problems;
  for (const Document* document : catalog.documents("gpusize.kernel-families/v1")) {
    MapReader reader(document->root(), "kernel families", "cat", problems);
    out.l2_gb_s_per_unit = reader.required_number("l2_gb_s_per_unit", {0.0, 1e4});
    const double passes = reader.number("dynamic_passes", {0.0, 20.0}).value_or(1.0);
    if (const Node list = reader.node("rotations"); list && list.is_sequence()) {
      for (const Node rotation : list) out.rotations.push_back(read_rotation(rotation, problems));
    }
    if (const Node experts = reader.required("expert_blocks"))
      out.experts = read_experts(experts, problems);
    if (const Node list = reader.required("families"); list && list.is_sequence()) {
      for (const Node family : list) out.families.push_back(read_family(family, passes, problems));
    }
    if (const Node list = reader.node("bands"); list && list.is_sequence()) {
      for (const Node band : list) out.bands.push_back(read_band(band, problems));
    }
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
    return f.op == row.op && any(f.backends, begins(row.backend)) &&
           any(f.kernels,
               [&](const std::string& k) { return row.kernel.find(k) != std::string::npos; }) &&
           any(f.formats, same(row.dtype)) && any(f.architectures, same(architecture));
  });
  return at == families.end() ? nullptr : &*at;
}

double KernelFamilies::rotated(const KernelRow& row, double weights, double l2_bytes) const {
  const auto at = std::find_if(rotations.begin(), rotations.end(), [&](const WeightRotation& r) {
    return r.op == row.op && any(r.backends, begins(row.backend)) &&
           any(r.formats, same(row.dtype));
  });
  if (at == rotations.end() || weights <= 0.0) return weights;
  const double filling = std::max(1.0, std::ceil(l2_bytes / weights));
  return weights * (at->fills_cache ? std::min(at->copies, filling) : at->copies);
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
