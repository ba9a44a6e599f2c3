#include <memory>

#include "cli/command.hpp"
#include "cli/rerun.hpp"
#include "gpusize/fleet/mig_document.hpp"

namespace gpusize::cli {
namespace {

struct MigOptions {
  CommonOptions common;
  MigRequest request;
};

Result<ResultDocument> answer(const Catalog& catalog, const MigRequest& request) {
  MigModels models;
  Diagnostics problems;
  for (const std::string& name : request.models) {
    auto model = load_model(catalog, name, {});
    if (!model.ok()) {
      problems.insert(problems.end(), model.errors().begin(), model.errors().end());
      continue;
    }
    note(model->note);
    models.push_back(model->spec);
  }
  if (has_errors(problems)) return problems;
  return mig_document(catalog, request, models);
}

int run(const MigOptions& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  auto document = answer(*catalog, o.request);
  if (!document.ok()) return fail(document.errors());
  const bool feasible = document->json()["status"] == "feasible";
  return emit(*document, o.common, feasible ? kAnswered : kNegative);
}

}  // namespace

std::function<int()> setup_mig(Parser& app) {
  auto o = std::make_shared<MigOptions>();
  app.add_option("--gpu", o->request.gpu, "The card, any of its names")->required();
  app.add_option("--fit", o->request.models, "Models, each on an instance of its own");
  app.add_option("--profile", o->request.profile, "Only this instance size, for example 1g.10gb");
  app.add_option("--weights", o->request.weights, "Weight format of all models");
  app.add_option("--kv", o->request.kv, "KV cache format of all models");
  app.add_option("--engine", o->request.engine, "Engine of all models");
  app.add_option("--batch", o->request.batch, "Sequences that each instance must hold")
      ->check(range(1, 1000000));
  app.add_option("--context", o->request.context, "Tokens of each sequence (default 2048)")
      ->check(range(1, 100000000));
  add_common_options(app, o->common);
  return [o] { return run(*o); };
}

Result<ResultDocument> rerun_mig(const Catalog& catalog, Node inputs) {
  const auto request = read_mig_request(inputs);
  if (!request.ok()) return request.errors();
  return answer(catalog, *request);
}

}  // namespace gpusize::cli
