#include <memory>

#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "cli/listing.hpp"
#include "cli/rerun.hpp"
#include "gpusize/plan/catalog_documents.hpp"

namespace gpusize::cli {
namespace {

struct ModelsOptions : ListingOptions {
  ModelQuery query;
  std::optional<double> max_params_b;

  [[nodiscard]] bool filters() const {
    return !query.family.empty() || query.moe_only || max_params_b.has_value();
  }
};

template <typename Options, typename Visit>
void visit_inputs(Options& o, Visit& visit) {
  visit("names", o.query.names);
  visit("family", o.query.family);
  visit("moe", o.query.moe_only);
  visit("max_params_b", o.max_params_b);
  visit("as_of", o.as_of);
}

Result<ResultDocument> list(const ModelsOptions& options, const Catalog& catalog) {
  const auto all = select_models(catalog, {});
  if (!all.ok()) return all.errors();
  std::vector<std::string> families;
  for (const ModelSpec* model : *all) families.push_back(model->family);
  if (auto problem = check_choice("--family", options.query.family, families))
    return std::move(*problem);
  for (const std::string& name : options.query.names) {
    const auto named = select_models(catalog, ModelQuery{.names = {name}});
    if (named.ok() && !named->empty()) continue;
    if (const auto found = catalog.find_model(name); !found.ok()) return found.errors();
  }
  const auto models = select_models(catalog, options.query);
  if (!models.ok()) return models.errors();
  return model_list_document(catalog, *models);
}

/// The view that the options ask for: one model or a list.
Result<ResultDocument> view(ModelsOptions& options, const Catalog& catalog) {
  if (const auto as_of = as_of_date(options, catalog); !as_of.ok()) return as_of.errors();
  if (options.max_params_b) options.query.max_parameters = *options.max_params_b * 1e9;
  if (options.query.names.size() == 1 && !options.filters()) {
    const auto loaded = load_model(catalog, options.query.names.front(), {});
    if (loaded.ok()) {
      note(loaded->note);
      return model_card_document(catalog, *loaded->spec, loaded->note);
    }
    // A name that no model has may be part of several; anything else is wrong with a file.
    if (loaded.errors().front().code != "cat-unknown-model") return loaded.errors();
  }
  return list(options, catalog);
}

Result<ResultDocument> document_of(ModelsOptions options, const Catalog& catalog) {
  auto document = view(options, catalog);
  if (document.ok()) {
    InputsWriter inputs(*document);
    visit_inputs(options, inputs);
  }
  return document;
}

int run(const ModelsOptions& options) {
  const auto catalog = load_catalog(options);
  if (!catalog.ok()) return fail(catalog.errors());
  auto document = document_of(options, *catalog);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, options, kAnswered);
}

}  // namespace

std::function<int()> setup_models(Parser& app) {
  auto options = std::make_shared<ModelsOptions>();
  app.add_option(
      "name", options->query.names,
      "One model's name, alias or config.json shows all of it; else parts of names to list");
  app.add_option("--family", options->query.family, "Only this family, for example qwen");
  app.add_flag("--moe", options->query.moe_only, "Only mixture-of-experts models");
  app.add_option("--max-params-b", options->max_params_b,
                 "Only models up to this size, billion parameters")
      ->check(number_within(0.0, 1e6));
  add_listing_options(app, *options);
  return [options] { return run(*options); };
}

Result<ResultDocument> rerun_models(const Catalog& catalog, Node inputs) {
  ModelsOptions options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  return document_of(std::move(options), catalog);
}

}  // namespace gpusize::cli
