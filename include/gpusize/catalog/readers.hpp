#pragma once
// Documents to catalog entries, one function per schema. Problems are collected; an entry that
// could not be read is not returned.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/engine.hpp"
#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/price.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/catalog/workload.hpp"
#include "gpusize/core/map_reader.hpp"

namespace gpusize {

/// The `sources:` map of a data file by key. Every fact names one of them.
std::map<std::string, Source> read_sources(Node map, Diagnostics& out);

/// The source that `key` names; reports an undeclared one.
Source source_named(const std::map<std::string, Source>& sources, MapReader& reader);

/// The `confidence:` field; reports an unknown word.
Confidence read_confidence(MapReader& reader);

std::optional<GpuSpec> read_gpu(const Document& document, Diagnostics& out);
std::optional<EngineProfile> read_engine(const Document& document, Diagnostics& out);
std::optional<KernelRates> read_rates(const Document& document, Diagnostics& out);
FitNote read_fit(Node node, Diagnostics& out);
std::optional<WorkloadProfile> read_workload(const Document& document, Diagnostics& out);

/// Rows of one price file; which vector fills depends on its `kind`.
struct PriceRows {
  std::vector<CloudQuote> quotes;
  std::vector<PurchaseQuote> purchases;
  std::vector<RegionEnergy> regions;
  std::vector<DatacenterFact> datacenter;
};
PriceRows read_prices(const Document& document, Diagnostics& out);

}  // namespace gpusize
