#pragma once
// All facts that ship with the tool, with users' overlays on top, found by any of their names.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/catalog/compat.hpp"
#include "gpusize/catalog/engine.hpp"
#include "gpusize/catalog/gpu.hpp"
#include "gpusize/catalog/mig.hpp"
#include "gpusize/catalog/model.hpp"
#include "gpusize/catalog/price.hpp"
#include "gpusize/catalog/rates.hpp"
#include "gpusize/catalog/workload.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// A catalog entry found by name. `note` says which of several was chosen and why.
template <typename T>
struct Found {
  const T* entry = nullptr;
  std::string note;
};

/// A name that means several entries, and the one that is taken.
struct AmbiguousAlias {
  std::string alias;
  std::string choice;
  std::vector<std::string> others;
  std::string reason;
};

struct PriceRows;

class Catalog {
 public:
  /// The compiled-in catalog. Fails only if the build was broken.
  static Result<Catalog> shipped();

  /// Adds or replaces entries from a user's data file (kind by its `schema` field).
  Diagnostics overlay(const Document& document);
  /// After the last overlay: price rows may name cards by any of their names; a row whose card is
  /// unknown, or a catalog without date or generic rates, is an error.
  Diagnostics settle();

  [[nodiscard]] const std::vector<GpuSpec>& gpus() const { return gpus_; }
  [[nodiscard]] const std::vector<EngineProfile>& engines() const { return engines_; }
  [[nodiscard]] const std::vector<WorkloadProfile>& workloads() const { return workloads_; }
  [[nodiscard]] const std::vector<CloudQuote>& quotes() const { return quotes_; }
  [[nodiscard]] const std::vector<PurchaseQuote>& purchases() const { return purchases_; }
  [[nodiscard]] const std::vector<RegionEnergy>& regions() const { return regions_; }
  [[nodiscard]] const std::vector<DatacenterFact>& datacenter() const { return datacenter_; }
  [[nodiscard]] const CompatTable& compat() const { return compat_; }
  [[nodiscard]] const std::vector<MigGeometry>& mig() const { return mig_; }
  [[nodiscard]] const std::string& version() const { return version_; }
  /// ISO date that price ages count from; never the wall clock, so that answers are repeatable.
  /// That of the shipped catalog, or of the newest price in an overlay when that is later.
  [[nodiscard]] const std::string& as_of() const { return as_of_; }
  /// Ids of all models, sorted.
  [[nodiscard]] std::vector<std::string> model_ids() const;

  /// By id or alias, any spelling. Errors offer near matches: `cat-unknown-gpu`, ...
  [[nodiscard]] Result<Found<GpuSpec>> find_gpu(std::string_view name) const;
  [[nodiscard]] Result<Found<EngineProfile>> find_engine(std::string_view name) const;
  [[nodiscard]] Result<Found<WorkloadProfile>> find_workload(std::string_view name) const;
  /// Models are read when asked for; the pointer stays valid while the catalog lives.
  [[nodiscard]] Result<Found<ModelSpec>> find_model(std::string_view name) const;
  /// The data file of a catalog model, by id.
  [[nodiscard]] const Document& model_document(std::string_view id) const;
  /// Rates of the card itself (from `calibrate`), of its architecture, else the generic ones.
  [[nodiscard]] const KernelRates& rates_for(const GpuSpec& gpu) const;
  /// The fact under `id`, or null.
  [[nodiscard]] const DatacenterFact* datacenter_fact(std::string_view id) const;
  /// Data files that other layers read themselves (cost models, API prices), by their `schema`, in
  /// the order of loading: later ones are laid over earlier ones.
  [[nodiscard]] std::vector<const Document*> documents(std::string_view schema) const;
  /// The region under `code`, or null.
  [[nodiscard]] const RegionEnergy* region(std::string_view code) const;

 private:
  struct ModelEntry {
    Document document;
    std::vector<std::string> names;           ///< normalised
    mutable std::shared_ptr<ModelSpec> spec;  ///< filled on first use
  };
  Diagnostics add(const Document& document, bool is_overlay);
  void advance_date(const PriceRows& rows);
  void add_ambiguous(const Document& document, std::map<std::string, AmbiguousAlias>& into,
                     Diagnostics& out);

  std::string version_;
  std::string as_of_;
  std::vector<GpuSpec> gpus_;
  std::vector<EngineProfile> engines_;
  std::vector<WorkloadProfile> workloads_;
  std::map<std::string, ModelEntry> models_;
  std::vector<CloudQuote> quotes_;
  std::vector<PurchaseQuote> purchases_;
  std::vector<RegionEnergy> regions_;
  std::vector<DatacenterFact> datacenter_;
  std::vector<KernelRates> rates_;
  std::vector<Document> documents_;  ///< of schemas that are read elsewhere
  CompatTable compat_;
  std::vector<MigGeometry> mig_;
  std::map<std::string, AmbiguousAlias> ambiguous_gpus_;
  std::map<std::string, AmbiguousAlias> ambiguous_models_;
};

}  // namespace gpusize
