#include <memory>

#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/rerun.hpp"
#include "cli/simulate_options.hpp"
#include "gpusize/plan/simulate_split.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  SimulateOptions simulate;
};

int run_simulate(const Options& o) {
  auto request = read_request(o.simulate);
  if (!request.ok()) return fail(request.errors());
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto model = load_model(*catalog, request->deployment.model, request->deployment.overrides);
  if (!model.ok()) return fail(model.errors());
  note(model->note);
  if (o.simulate.split_replicas) {
    auto split = choose_split(*catalog, *model->spec, *request, *o.simulate.split_replicas);
    if (!split.ok()) return fail(split.errors());
    for (const std::string& line : split->tried) note(line);
    *request = std::move(split->request);
  }
  const StopOnInterrupt stop;
  auto document = [&] {
    ProgressBar bar("simulating", static_cast<std::uint64_t>(request->requests));
    return simulate_document(*catalog, *model->spec, *request, [&](const Progress& p) {
      bar.update(p.done);
      return !StopOnInterrupt::requested();
    });
  }();
  if (!document.ok()) return fail(document.errors());
  return emit(*document, o.common, kAnswered);
}

}  // namespace

Result<ResultDocument> rerun_simulate(const Catalog& catalog, Node inputs) {
  const auto request = read_simulate_request(inputs);
  if (!request.ok()) return request.errors();
  const auto model = load_model(catalog, request->deployment.model, request->deployment.overrides);
  if (!model.ok()) return model.errors();
  return simulate_document(catalog, *model->spec, *request);
}

std::function<int()> setup_simulate(Parser& app) {
  auto options = std::make_shared<Options>();
  add_simulate_options(app, options->simulate);
  add_common_options(app, options->common);
  return [options] { return run_simulate(*options); };
}

}  // namespace gpusize::cli
