#include <memory>

#include "cli/plan_options.hpp"
#include "cli/rerun.hpp"
#include "gpusize/plan/plan_document.hpp"

namespace gpusize::cli {
namespace {

int run_plan(PlanOptions& o) {
  if (const Diagnostics problems = check_plan_options(o); has_errors(problems))
    return fail(problems);
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  if (const Diagnostics problems = complete(o, *catalog); has_errors(problems))
    return fail(problems);
  auto document = make_plan_document(*catalog, o.request, true);
  if (!document.ok()) return fail(document.errors());
  const bool feasible = document->json()["status"] == "feasible";
  return emit(*document, o.common, feasible ? kAnswered : kNegative);
}

}  // namespace

Result<ResultDocument> rerun_plan(const Catalog& catalog, Node inputs) {
  const auto request = read_plan_request(inputs);
  if (!request.ok()) return request.errors();
  return make_plan_document(catalog, *request, false);
}

std::function<int()> setup_plan(Parser& app) {
  auto options = std::make_shared<PlanOptions>();
  add_plan_options(app, *options, true);
  add_common_options(app, options->common);
  return [options] { return run_plan(*options); };
}

}  // namespace gpusize::cli
