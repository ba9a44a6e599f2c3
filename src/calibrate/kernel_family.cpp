#include "calibrate/kernel_family.hpp"

#include <algorithm>

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/map_reader.hpp"

namespace gpusize::calibrate {
namespace {

constexpr Bounds kFraction{0.01, 2.0};

KernelFamily read_family(Node node, Diagnostics& out) {
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
  family.quantise_passes = reader.number("quantise_passes", {0.0, 20.0}).value_or(1.0);
  family.flop_fraction = reader.number("flop_fraction", kFraction).value_or(1.0);
  family.memory_fraction = reader.number("memory_fraction", kFraction).value_or(1.0);
  family.all_copies = reader.boolean("all_copies").value_or(false);
  family.fused_activation = reader.boolean("fused_activation").value_or(false);
  reader.reject_unknown();
  return family;
}

ExpertBlockRates read_experts(Node node, Diagnostics& out) {
  MapReader reader(node, "expert blocks", "cat", out);
  ExpertBlockRates rates;
  rates.l2_gb_s_per_unit = reader.required_number("l2_gb_s_per_unit", {0.0, 1e4});
  rates.memory_gain = reader.required_number("memory_gain", kFraction);
  rates.routing = reader.required_number("routing_us", {0.0, 1e3}) * units::us;
  rates.widened_fraction = reader.required_number("widened_fraction", kFraction);
  reader.reject_unknown();
  return rates;
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

}  // namespace

KernelFamilies KernelFamilies::read(const Catalog& catalog) {
  KernelFamilies out;
  Diagnostics& problems = out.problems;
  for (const Document* document : catalog.documents("gpusize.kernel-families/v1")) {
    MapReader reader(document->root(), "kernel families", "cat", problems);
    if (const Node experts = reader.required("expert_blocks"))
      out.experts = read_experts(experts, problems);
    if (const Node list = reader.required("families"); list && list.is_sequence()) {
      for (const Node family : list) out.families.push_back(read_family(family, problems));
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
  const auto same = [](const std::string& text) {
    return [&text](const std::string& wanted) { return text == wanted; };
  };
  const auto at = std::find_if(families.begin(), families.end(), [&](const KernelFamily& f) {
    return f.op == row.op &&
           any(f.backends, [&](const std::string& b) { return row.backend.starts_with(b); }) &&
           any(f.kernels,
               [&](const std::string& k) { return row.kernel.find(k) != std::string::npos; }) &&
           any(f.formats, same(row.dtype)) && any(f.architectures, same(architecture));
  });
  return at == families.end() ? nullptr : &*at;
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
