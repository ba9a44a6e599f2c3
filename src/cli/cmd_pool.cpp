#include <memory>

#include "cli/cmd_pool.hpp"
#include "cli/command.hpp"
#include "gpusize/fleet/pool_document.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

struct PoolOptions {
  CommonOptions common;
  std::string file;
};

Result<ResultDocument> answer(const Catalog& catalog, Node root) {
  const auto pool = read_pool(catalog, root);
  if (!pool.ok()) return pool.errors();
  std::vector<std::shared_ptr<const ModelSpec>> models;
  Diagnostics problems;
  for (const PoolModel& m : pool->models) {
    auto model = load_model(catalog, m.request.model, m.request.overrides);
    if (!model.ok()) {
      for (Diagnostic d : model.errors()) {
        if (!d.where.known()) d.where = m.where;
        problems.push_back(std::move(d));
      }
      continue;
    }
    note(model->note);
    models.push_back(model->spec);
  }
  if (has_errors(problems)) return problems;
  return pool_document(catalog, *pool, models);
}

int run(const PoolOptions& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto file = read_document(o.file);
  if (!file.ok()) return fail(file.errors());
  auto document = answer(*catalog, file->root());
  if (!document.ok()) return fail(document.errors());
  const bool feasible = document->json()["status"] != "infeasible";
  return emit(*document, o.common, feasible ? kAnswered : kNegative);
}

}  // namespace

std::function<int()> setup_pool(Parser& app) {
  auto o = std::make_shared<PoolOptions>();
  app.add_option("pool", o->file, "Models, cards and what binds them (docs/pool.md)")->required();
  add_common_options(app, o->common);
  return [o] { return run(*o); };
}

Result<ResultDocument> rerun_pool(const Catalog& catalog, Node inputs) {
  return answer(catalog, inputs);
}

}  // namespace gpusize::cli
