#include <memory>

#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "cli/listing.hpp"
#include "cli/prices_import.hpp"
#include "cli/rerun.hpp"
#include "gpusize/plan/catalog_documents.hpp"

namespace gpusize::cli {
namespace {

struct PricesOptions : ListingOptions {
  PriceQuery query;
  std::string basis;
};

template <typename Options, typename Visit>
void visit_inputs(Options& o, Visit& visit) {
  visit("gpus", o.query.gpus);
  visit("kind", o.query.kind);
  visit("provider", o.query.provider);
  visit("tier", o.query.tier);
  visit("basis", o.basis);
  visit("region", o.query.region);
  visit("as_of", o.as_of);
}

Diagnostics check(PricesOptions& options, const Catalog& catalog) {
  Diagnostics out;
  const auto keep = [&](std::optional<Diagnostic> problem) {
    if (problem) out.push_back(std::move(*problem));
  };
  std::vector<std::string> providers;
  std::vector<std::string> tiers;
  for (const CloudQuote& quote : catalog.quotes()) {
    providers.push_back(quote.provider);
    tiers.push_back(quote.tier);
  }
  keep(check_choice("--provider", options.query.provider, std::move(providers)));
  keep(check_choice("--tier", options.query.tier, std::move(tiers)));
  keep(check_choice("--kind", options.query.kind, {price_kinds().begin(), price_kinds().end()}));
  keep(check_choice("--basis", options.basis, {"on-demand", "spot", "reserved-1y", "reserved-3y"}));
  if (!options.basis.empty()) options.query.basis = price_basis_from(options.basis);
  return out;
}

/// Names to catalog ids, with a note for each name that could mean several cards.
Diagnostics resolve(std::vector<std::string>& names, const Catalog& catalog) {
  Diagnostics out;
  for (std::string& name : names) {
    const auto found = catalog.find_gpu(name);
    if (!found.ok()) {
      out.insert(out.end(), found.errors().begin(), found.errors().end());
      continue;
    }
    note(found->note);
    name = found->entry->id;
  }
  return out;
}

Result<ResultDocument> document_of(PricesOptions options, const Catalog& catalog) {
  const auto as_of = as_of_date(options, catalog);
  if (!as_of.ok()) return as_of.errors();
  if (const Diagnostics problems = check(options, catalog); has_errors(problems)) return problems;
  if (const Diagnostics problems = resolve(options.query.gpus, catalog); has_errors(problems))
    return problems;
  ResultDocument document = price_document(catalog, options.query, *as_of);
  InputsWriter inputs(document);
  visit_inputs(options, inputs);
  return document;
}

int run(const PricesOptions& options) {
  const auto catalog = load_catalog(options);
  if (!catalog.ok()) return fail(catalog.errors());
  auto document = document_of(options, *catalog);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, options, kAnswered);
}

}  // namespace

std::function<int()> setup_prices(Parser& app) {
  auto options = std::make_shared<PricesOptions>();
  app.add_option("gpu", options->query.gpus,
                 "Cards by name or alias; for one card also the default prices");
  app.add_option("--provider", options->query.provider, "Only this provider");
  app.add_option("--tier", options->query.tier,
                 "Only this tier: neocloud, hyperscaler, marketplace or your own");
  app.add_option("--basis", options->basis,
                 "Only rows with this price: on-demand, spot, reserved-1y or reserved-3y");
  app.add_option("--kind", options->query.kind,
                 "cloud, purchase, electricity or datacenter (default: by the names)");
  app.add_option("--region", options->query.region,
                 "Only regions whose code or name holds this text");
  add_listing_options(app, *options);
  Parser import = app.add_subcommand(
      "import", "A price list (SkyPilot or plain CSV) as an overlay of the catalog");
  const auto run_import = setup_prices_import(import);
  return [options, import, run_import] { return import.parsed() ? run_import() : run(*options); };
}

Result<ResultDocument> rerun_prices(const Catalog& catalog, Node inputs) {
  PricesOptions options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  return document_of(std::move(options), catalog);
}

}  // namespace gpusize::cli
