#include "gpusize/catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/catalog/attention_library.hpp"
#include "gpusize/catalog/embedded.hpp"
#include "gpusize/catalog/model_config.hpp"
#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kGenericArchitecture = "generic";

/// Schemas whose readers live in higher layers.
bool is_read_elsewhere(std::string_view schema) {
  return schema == "gpusize.tco/v1" || schema == "gpusize.api-prices/v1" ||
         schema == "gpusize.quality/v1" || schema == "gpusize.manifest/v1" ||
         schema == "gpusize.kernel-families/v1";
}

/// Data that ships beside the catalog: read by tests alone, or by catalog/framework.hpp.
constexpr std::array<std::string_view, 2> kReferenceSchemas{"gpusize.gpu-measured/v1",
                                                            "gpusize.framework/v1"};

bool is_reference(std::string_view schema) {
  return std::find(kReferenceSchemas.begin(), kReferenceSchemas.end(), schema) !=
         kReferenceSchemas.end();
}

bool has_name(std::string_view wanted, const std::string& id,
              const std::vector<std::string>& aliases) {
  if (normalise_name(id) == wanted) return true;
  return std::any_of(aliases.begin(), aliases.end(),
                     [&](const std::string& alias) { return normalise_name(alias) == wanted; });
}

template <typename T>
void put(std::vector<T>& entries, T entry) {
  const auto same = std::find_if(entries.begin(), entries.end(), [&](const T& e) {
    return normalise_name(e.id) == normalise_name(entry.id);
  });
  if (same != entries.end()) {
    *same = std::move(entry);
  } else {
    entries.push_back(std::move(entry));
  }
}

template <typename T>
std::vector<std::string> all_names(const std::vector<T>& entries) {
  std::vector<std::string> out;
  for (const T& entry : entries) {
    out.push_back(entry.id);
    out.insert(out.end(), entry.aliases.begin(), entry.aliases.end());
  }
  return out;
}

Diagnostic unknown(std::string_view kind, std::string_view name,
                   const std::vector<std::string>& names) {
  std::string hint = did_you_mean(name, names);
  if (!hint.empty()) hint += " ";
  if (kind == "GPU" || kind == "model") {
    hint += fmt::format("see: gpusize {}", kind == "GPU" ? "gpus" : "models");
  } else {
    hint += fmt::format("known: {}", fmt::join(names, ", "));
  }
  return make_error(fmt::format("cat-unknown-{}", to_lower(kind)),
                    fmt::format("unknown {} \"{}\"", kind, name), {}, std::move(hint));
}

std::string ambiguity_note(const AmbiguousAlias& alias) {
  return fmt::format("\"{}\" could also be {}: took {}, {}", alias.alias,
                     fmt::join(alias.others, ", "), alias.choice, alias.reason);
}

template <typename T>
Result<Found<T>> find_in(const std::vector<T>& entries,
                         const std::map<std::string, AmbiguousAlias>& ambiguous,
                         std::string_view kind, std::string_view name) {
  std::string wanted = normalise_name(name);
  std::string note;
  if (const auto alias = ambiguous.find(wanted); alias != ambiguous.end()) {
    note = ambiguity_note(alias->second);
    wanted = normalise_name(alias->second.choice);
  }
  for (const T& entry : entries) {
    if (has_name(wanted, entry.id, entry.aliases)) return Found<T>{&entry, note};
  }
  std::vector<std::string> names = all_names(entries);
  for (const auto& [alias, choice] : ambiguous) names.push_back(alias);
  return unknown(kind, name, names);
}

}  // namespace

Result<Catalog> Catalog::shipped() {
  Catalog catalog;
  Diagnostics problems;
  for (const EmbeddedFile& file : embedded_files()) {
    const Document document(fmt::format("catalog:{}", file.path), file.nodes, file.pool);
    for (Diagnostic& d : catalog.add(document, false)) problems.push_back(std::move(d));
  }
  if (has_errors(problems)) return problems;
  return catalog;
}

Diagnostics Catalog::overlay(const Document& document) { return add(document, true); }

Diagnostics Catalog::add(const Document& document, bool is_overlay) {
  Diagnostics out;
  const Node schema = document.root().find("schema");
  const std::string_view name = schema ? schema.text() : std::string_view{};
  if (name == "gpusize.gpu/v1") {
    if (auto gpu = read_gpu(document, out)) put(gpus_, std::move(*gpu));
  } else if (name == "gpusize.engine/v1") {
    if (auto engine = read_engine(document, out)) put(engines_, std::move(*engine));
  } else if (name == "gpusize.workload/v1") {
    if (auto workload = read_workload(document, out)) put(workloads_, std::move(*workload));
  } else if (name == "gpusize.rates/v1") {
    if (auto rates = read_rates(document, out)) put(rates_, std::move(*rates));
  } else if (name == "gpusize.prices/v1") {
    PriceRows rows = read_prices(document, out);
    if (is_overlay) advance_date(rows);
    std::move(rows.quotes.begin(), rows.quotes.end(), std::back_inserter(quotes_));
    std::move(rows.purchases.begin(), rows.purchases.end(), std::back_inserter(purchases_));
    std::move(rows.regions.begin(), rows.regions.end(), std::back_inserter(regions_));
    std::move(rows.datacenter.begin(), rows.datacenter.end(), std::back_inserter(datacenter_));
  } else if (name == "gpusize.attention-kernels/v1") {
    if (read_attention_libraries(document, out)) documents_.push_back(document);
  } else if (is_read_elsewhere(name)) {
    documents_.push_back(document);
  } else if (name == "gpusize.model/v1") {
    ModelEntry entry{document, model_names(document), nullptr};
    const Node id = document.root().find("id");
    if (!id) {
      out.push_back(
          make_error("cat-missing", "a model file needs \"id\"", document.root().location()));
    } else {
      if (is_overlay) {
        auto model = read_model(document);
        if (!model.ok()) return model.errors();
      }
      models_[normalise_name(id.text())] = std::move(entry);
    }
  } else if (name == "gpusize.compat/v2") {
    compat_ = read_compat(document, out);
  } else if (name == "gpusize.mig-geometry/v1") {
    mig_ = read_mig_geometry(document, out);
  } else if (name == "gpusize.gpu-aliases/v1") {
    add_ambiguous(document, ambiguous_gpus_, out);
  } else if (name == "gpusize.model-aliases/v1") {
    add_ambiguous(document, ambiguous_models_, out);
  } else if (name == "gpusize.catalog/v1") {
    if (const Node version = document.root().find("version")) version_ = version.text();
    if (const Node as_of = document.root().find("as_of")) as_of_ = as_of.text();
  } else if (is_overlay && !is_reference(name)) {
    out.push_back(
        make_error("cat-schema", fmt::format("\"schema\" is \"{}\", not a catalog schema", name),
                   document.root().location(),
                   "gpusize.gpu/v1, gpusize.model/v1, gpusize.engine/v1, gpusize.prices/v1 or "
                   "gpusize.rates/v1"));
  }
  return out;
}

void Catalog::advance_date(const PriceRows& rows) {
  for (const CloudQuote& quote : rows.quotes) as_of_ = std::max(as_of_, quote.source.as_of);
  for (const PurchaseQuote& quote : rows.purchases) as_of_ = std::max(as_of_, quote.source.as_of);
}

void Catalog::add_ambiguous(const Document& document, std::map<std::string, AmbiguousAlias>& into,
                            Diagnostics& out) {
  const Node list = document.root().find("ambiguous");
  if (!list || !list.is_sequence()) return;
  for (const Node node : list) {
    MapReader reader(node, "ambiguous alias", "cat", out);
    AmbiguousAlias alias{reader.required_text("alias"), reader.required_text("choice"),
                         reader.texts("others"), reader.required_text("reason")};
    reader.reject_unknown();
    into[normalise_name(alias.alias)] = std::move(alias);
  }
}

std::vector<const Document*> Catalog::documents(std::string_view schema) const {
  std::vector<const Document*> out;
  for (const Document& document : documents_) {
    if (document.root().find("schema").text() == schema) out.push_back(&document);
  }
  return out;
}

std::vector<std::string> Catalog::model_ids() const {
  std::vector<std::string> out;
  for (const auto& [key, entry] : models_)
    out.emplace_back(entry.document.root().find("id").text());
  return out;
}

Result<Found<GpuSpec>> Catalog::find_gpu(std::string_view name) const {
  return find_in(gpus_, ambiguous_gpus_, "GPU", name);
}

Result<Found<EngineProfile>> Catalog::find_engine(std::string_view name) const {
  return find_in(engines_, {}, "engine", name);
}

Result<Found<WorkloadProfile>> Catalog::find_workload(std::string_view name) const {
  return find_in(workloads_, {}, "workload", name);
}

Result<Found<ModelSpec>> Catalog::find_model(std::string_view name) const {
  // People paste repository names: the part after the last slash is what counts.
  const std::size_t slash = name.find_last_of('/');
  std::string wanted =
      normalise_name(slash == std::string_view::npos ? name : name.substr(slash + 1));
  std::string note;
  if (const auto alias = ambiguous_models_.find(wanted); alias != ambiguous_models_.end()) {
    note = ambiguity_note(alias->second);
    wanted = normalise_name(alias->second.choice);
  }
  auto found = models_.find(wanted);
  if (found == models_.end()) {
    found = std::find_if(models_.begin(), models_.end(), [&](const auto& m) {
      return std::find(m.second.names.begin(), m.second.names.end(), wanted) !=
             m.second.names.end();
    });
  }
  if (found == models_.end()) {
    std::vector<std::string> names;
    for (const auto& [key, entry] : models_)
      names.insert(names.end(), entry.names.begin(), entry.names.end());
    return unknown("model", name, names);
  }
  if (found->second.spec == nullptr) {
    auto model = read_model(found->second.document);
    if (!model.ok()) return model.errors();
    found->second.spec = std::make_shared<ModelSpec>(std::move(model).value());
  }
  return Found<ModelSpec>{found->second.spec.get(), note};
}

const Document& Catalog::model_document(std::string_view id) const {
  const auto found = models_.find(normalise_name(id));
  GPUSIZE_CHECK(found != models_.end(), "model_document() of an unknown id");
  return found->second.document;
}

const KernelRates& Catalog::rates_for(const GpuSpec& gpu) const {
  const KernelRates* generic = nullptr;
  const KernelRates* of_architecture = nullptr;
  for (const KernelRates& rates : rates_) {
    if (rates.id == gpu.id) return rates;
    if (rates.id == gpu.architecture) of_architecture = &rates;
    if (rates.id == kGenericArchitecture) generic = &rates;
  }
  if (of_architecture != nullptr) return *of_architecture;
  GPUSIZE_CHECK(generic != nullptr, "the catalog ships generic kernel rates");
  return *generic;
}

// The newest entry wins: an overlay's figure stands behind the shipped one.
const DatacenterFact* Catalog::datacenter_fact(std::string_view id) const {
  const auto found = std::find_if(datacenter_.rbegin(), datacenter_.rend(),
                                  [&](const DatacenterFact& fact) { return fact.id == id; });
  return found == datacenter_.rend() ? nullptr : &*found;
}

const RegionEnergy* Catalog::region(std::string_view code) const {
  const std::string wanted = normalise_name(code);
  const auto found = std::find_if(
      regions_.rbegin(), regions_.rend(),
      [&](const RegionEnergy& region) { return normalise_name(region.code) == wanted; });
  return found == regions_.rend() ? nullptr : &*found;
}

Diagnostics Catalog::settle() {
  Diagnostics out;
  const auto settle_name = [&](std::string& name, const Location& where) {
    const auto is_named = [&](const GpuSpec& gpu) { return gpu.id == name; };
    if (std::any_of(gpus_.begin(), gpus_.end(), is_named)) return;
    const auto found = find_gpu(name);
    if (found.ok()) {
      name = found->entry->id;
      return;
    }
    for (Diagnostic problem : found.errors()) {
      problem.where = where;
      out.push_back(std::move(problem));
    }
  };
  for (CloudQuote& quote : quotes_) {
    if (!quote.gpu.empty()) settle_name(quote.gpu, quote.where);
  }
  for (PurchaseQuote& quote : purchases_) {
    if (quote.is_card) settle_name(quote.item, quote.where);
  }
  if (std::none_of(rates_.begin(), rates_.end(),
                   [](const KernelRates& r) { return r.id == kGenericArchitecture; })) {
    out.push_back(make_error(
        "cat-missing", "the catalog has no generic kernel rates", {},
        "a folder that stands alone needs a file with architecture: generic, see data/rates"));
  }
  if (!is_iso_date(as_of_)) {
    out.push_back(make_error(
        "cat-missing", "the catalog has no date", {},
        "a folder that stands alone needs a file with schema gpusize.catalog/v1 and as_of"));
  }
  return out;
}

}  // namespace gpusize
