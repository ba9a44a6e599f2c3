#include <memory>

#include "cli/command.hpp"
#include "cli/estimate_options.hpp"
#include "cli/rerun.hpp"
#include "cli/train_options.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  EstimateOptions estimate;
  TrainOptions train;  ///< of --phase train
};

/// One training layout: the document of `train` with one option.
int run_training_point(const Options& o) {
  const auto request = point_request(o.estimate, o.train);
  if (!request.ok()) return fail(request.errors());
  return answer_training(*request, {}, o.common);
}

int run_estimate(const Options& o) {
  if (o.estimate.phase == "train") return run_training_point(o);
  const auto request = read_request(o.estimate);
  if (!request.ok()) return fail(request.errors());
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto model = load_model(*catalog, request->model, request->overrides);
  if (!model.ok()) return fail(model.errors());
  note(model->note);
  auto document = estimate_document(*catalog, *model->spec, *request);
  if (!document.ok()) return fail(document.errors());
  const bool fits = document->json()["fits"].get<bool>();
  return emit(*document, o.common, fits ? kAnswered : kNegative);
}

}  // namespace

std::function<int()> setup_estimate(Parser& app) {
  auto options = std::make_shared<Options>();
  add_estimate_options(app, options->estimate);
  add_run_options(app, options->train);
  add_common_options(app, options->common);
  return [options] { return run_estimate(*options); };
}

Result<ResultDocument> rerun_estimate(const Catalog& catalog, Node inputs) {
  const auto request = read_estimate_request(inputs);
  if (!request.ok()) return request.errors();
  const auto model = load_model(catalog, request->model, request->overrides);
  if (!model.ok()) return model.errors();
  return estimate_document(catalog, *model->spec, *request);
}

}  // namespace gpusize::cli
