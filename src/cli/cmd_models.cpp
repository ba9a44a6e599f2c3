#include <memory>

#include <fmt/format.h>

#include "cli/listing.hpp"
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

int list(const ModelsOptions& options, const Catalog& catalog) {
  const auto all = select_models(catalog, {});
  if (!all.ok()) return fail(all.errors());
  std::vector<std::string> families;
  for (const ModelSpec* model : *all) families.push_back(model->family);
  if (auto problem = check_choice("--family", options.query.family, families))
    return fail(std::move(*problem));
  for (const std::string& name : options.query.names) {
    const auto named = select_models(catalog, ModelQuery{.names = {name}});
    if (named.ok() && !named->empty()) continue;
    if (const auto found = catalog.find_model(name); !found.ok()) return fail(found.errors());
  }
  const auto models = select_models(catalog, options.query);
  if (!models.ok()) return fail(models.errors());
  ResultDocument document = model_list_document(catalog, *models);
  return emit(document, options, kAnswered);
}

int run(ModelsOptions options) {
  const auto catalog = load_catalog(options);
  if (!catalog.ok()) return fail(catalog.errors());
  if (const auto as_of = as_of_date(options, *catalog); !as_of.ok()) return fail(as_of.errors());
  if (options.max_params_b) options.query.max_parameters = *options.max_params_b * 1e9;
  if (options.query.names.size() == 1 && !options.filters()) {
    const auto loaded = load_model(*catalog, options.query.names.front(), {});
    if (loaded.ok()) {
      note(loaded->note);
      ResultDocument document = model_card_document(*catalog, *loaded->spec, loaded->note);
      return emit(document, options, kAnswered);
    }
    // A name that no model has may be part of several; anything else is wrong with a file.
    if (loaded.errors().front().code != "cat-unknown-model") return fail(loaded.errors());
  }
  return list(options, *catalog);
}

}  // namespace

std::function<int()> setup_models(CLI::App& app) {
  auto options = std::make_shared<ModelsOptions>();
  app.add_option(
      "name", options->query.names,
      "One model's name, alias or config.json shows all of it; else parts of names to list");
  app.add_option("--family", options->query.family, "Only this family, for example qwen");
  app.add_flag("--moe", options->query.moe_only, "Only mixture-of-experts models");
  app.add_option("--max-params-b", options->max_params_b,
                 "Only models up to this size, billion parameters")
      ->check(CLI::Range(0.0, 1e6));
  add_listing_options(app, *options);
  return [options] { return run(*options); };
}

}  // namespace gpusize::cli
