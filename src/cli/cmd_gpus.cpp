#include <memory>

#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "cli/listing.hpp"
#include "cli/rerun.hpp"
#include "gpusize/plan/catalog_documents.hpp"

namespace gpusize::cli {
namespace {

struct GpusOptions : ListingOptions {
  GpuQuery query;
  std::string dtype;
  std::optional<double> min_memory_gib;
  bool compare = false;

  [[nodiscard]] bool filters() const {
    return !query.vendor.empty() || !query.architecture.empty() || !query.market.empty() ||
           !dtype.empty() || min_memory_gib.has_value();
  }
};

template <typename Options, typename Visit>
void visit_inputs(Options& o, Visit& visit) {
  visit("names", o.query.names);
  visit("vendor", o.query.vendor);
  visit("architecture", o.query.architecture);
  visit("market", o.query.market);
  visit("min_memory_gib", o.min_memory_gib);
  visit("dtype", o.dtype);
  visit("compare", o.compare);
  visit("as_of", o.as_of);
}

/// FP4 tensor arithmetic is one figure in the catalog, whatever the block scales.
std::optional<Dtype> arithmetic_format(std::string_view name) {
  const auto dtype = dtype_from(name);
  return dtype == Dtype::kMxfp4 ? Dtype::kNvfp4 : dtype;
}

template <typename Field>
std::vector<std::string> values_of(const Catalog& catalog, Field field) {
  std::vector<std::string> out;
  for (const GpuSpec& gpu : catalog.gpus()) out.push_back(gpu.*field);
  return out;
}

Diagnostics check(GpusOptions& options, const Catalog& catalog) {
  Diagnostics out;
  const auto keep = [&](std::optional<Diagnostic> problem) {
    if (problem) out.push_back(std::move(*problem));
  };
  keep(check_choice("--vendor", options.query.vendor, values_of(catalog, &GpuSpec::vendor)));
  keep(check_choice("--arch", options.query.architecture,
                    values_of(catalog, &GpuSpec::architecture)));
  keep(check_choice("--market", options.query.market, values_of(catalog, &GpuSpec::market)));
  if (!options.dtype.empty()) {
    options.query.computes = arithmetic_format(options.dtype);
    if (!options.query.computes) {
      keep(check_choice("--dtype", options.dtype,
                        {"fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4"}));
    }
  }
  if (options.min_memory_gib) options.query.min_memory = *options.min_memory_gib * units::GiB;
  return out;
}

Result<ResultDocument> compare(const GpusOptions& options, const Catalog& catalog,
                               const std::string& as_of) {
  if (options.query.names.size() < 2) {
    return make_error("cli-usage", "--compare takes two cards or more", {},
                      "for example: gpusize gpus A100 H100 --compare");
  }
  std::vector<const GpuSpec*> gpus;
  Diagnostics problems;
  for (const std::string& name : options.query.names) {
    const auto found = catalog.find_gpu(name);
    if (!found.ok()) {
      problems.insert(problems.end(), found.errors().begin(), found.errors().end());
      continue;
    }
    note(found->note);
    gpus.push_back(found->entry);
  }
  if (has_errors(problems)) return problems;
  return gpu_comparison_document(catalog, gpus, as_of);
}

Result<ResultDocument> list(const GpusOptions& options, const Catalog& catalog) {
  // A name that no card has is a mistake; a filter that no card passes is an answer.
  for (const std::string& name : options.query.names) {
    if (!select_gpus(catalog, GpuQuery{.names = {name}}).empty()) continue;
    if (const auto found = catalog.find_gpu(name); !found.ok()) return found.errors();
  }
  return gpu_list_document(catalog, select_gpus(catalog, options.query));
}

/// The view that the options ask for: a comparison, one card or a list.
Result<ResultDocument> view(GpusOptions& options, const Catalog& catalog) {
  const auto as_of = as_of_date(options, catalog);
  if (!as_of.ok()) return as_of.errors();
  if (const Diagnostics problems = check(options, catalog); has_errors(problems)) return problems;
  if (options.compare) return compare(options, catalog, *as_of);
  if (options.query.names.size() == 1 && !options.filters()) {
    if (const auto found = catalog.find_gpu(options.query.names.front()); found.ok()) {
      note(found->note);
      return gpu_card_document(catalog, *found->entry, found->note, *as_of);
    }
  }
  return list(options, catalog);
}

Result<ResultDocument> document_of(GpusOptions options, const Catalog& catalog) {
  auto document = view(options, catalog);
  if (document.ok()) {
    InputsWriter inputs(*document);
    visit_inputs(options, inputs);
  }
  return document;
}

int run(const GpusOptions& options) {
  const auto catalog = load_catalog(options);
  if (!catalog.ok()) return fail(catalog.errors());
  auto document = document_of(options, *catalog);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, options, kAnswered);
}

}  // namespace

std::function<int()> setup_gpus(Parser& app) {
  auto options = std::make_shared<GpusOptions>();
  app.add_option("name", options->query.names,
                 "One card's name or alias shows all of it; else parts of names to list");
  app.add_option("--vendor", options->query.vendor, "Only this vendor");
  app.add_option("--arch", options->query.architecture, "Only this architecture");
  app.add_option("--market", options->query.market,
                 "datacenter, cloud-only, workstation, consumer or export-restricted");
  app.add_option("--min-memory-gib", options->min_memory_gib,
                 "Only cards with this much usable memory, GiB")
      ->check(number_within(0.0, 1e6));
  app.add_option("--dtype", options->dtype,
                 "Only cards that compute in this format, for example fp8");
  app.add_flag("--compare", options->compare,
               "The named cards side by side, with figures per watt, byte and dollar");
  add_listing_options(app, *options);
  return [options] { return run(*options); };
}

Result<ResultDocument> rerun_gpus(const Catalog& catalog, Node inputs) {
  GpusOptions options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  return document_of(std::move(options), catalog);
}

}  // namespace gpusize::cli
