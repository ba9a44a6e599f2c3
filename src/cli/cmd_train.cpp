#include <memory>

#include "cli/command.hpp"
#include "cli/rerun.hpp"
#include "cli/train_options.hpp"
#include "gpusize/plan/train_files.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  TrainOptions train;
};

int run_train(const Options& o, const Parser& app) {
  const auto request = read_request(o.train);
  if (!request.ok()) return fail(request.errors());
  if (request->model.empty() && request->from.empty())
    return fail(make_error("cli-usage", "--model or --from is required", {},
                           "--model NAME, or files of a run: --from FILE"));
  return answer_training(*request, given_fields(app), o.common);
}

}  // namespace

std::function<int()> setup_train(Parser& app) {
  auto options = std::make_shared<Options>();
  TrainRequest& r = options->train.request;
  app.add_option("--model", r.model, "Catalog name, config.json, or a folder with one");
  app.add_option("--from", r.from,
                 "Files of a run: Megatron arguments, DeepSpeed JSON, accelerate YAML, "
                 "TrainingArguments, adapter_config.json (repeatable)")
      ->take_all();
  app.add_option("--set", r.overrides, "Change a config field: name=value (repeatable)")
      ->take_all();
  app.add_option("--tokens", options->train.tokens, "Tokens to train on: 2T, 15e12");
  app.add_option("--dataset-size", options->train.dataset,
                 "Examples in the data set, instead of --tokens: 60k");
  app.add_option("--epochs", r.epochs, "Times that the data set is gone through (default 1)");
  app.add_option("--gpu", r.gpus, "Only this card (repeatable)")->take_all();
  app.add_option("--gpus", r.counts, "Only so many GPUs (repeatable)")->take_all();
  app.add_option("--max-gpus", r.max_gpus, "No option above so many GPUs (default 4096)");
  app.add_option("--tp", r.tp, "Tensor-parallel degree");
  app.add_option("--pp", r.pp, "Pipeline stages");
  app.add_option("--ep", r.ep, "Expert-parallel degree");
  app.add_option("--dp", r.dp, "Data-parallel degree");
  app.add_option("--deadline", options->train.deadline, "Days at most: 30 or 30d");
  app.add_option("--budget", options->train.budget, "US dollars at most: 500k");
  app.add_option("--rank-by", r.rank_by, "cost or time");
  app.add_flag("--mtp", r.mtp, "Train the multi-token-prediction module too");
  app.add_option("--price-basis", options->train.price_basis,
                 "on-demand, spot, reserved-1y, reserved-3y or owned");
  app.add_option("--price-tier", r.tier, "Whose quotes: hyperscaler, neocloud or marketplace");
  app.add_option("--region", r.region, "Electricity and carbon of this region (default USA)");
  app.add_flag(
      "--all-layouts", r.all_layouts,
      "Also every micro batch, schedule, shard group, offload and set of recomputed parts");
  app.add_option("--top", r.top, "Options to show (default 10)");
  add_run_options(app, options->train);
  add_common_options(app, options->common);
  return [options, app] { return run_train(*options, app); };
}

Result<ResultDocument> rerun_train(const Catalog& catalog, Node inputs) {
  const auto request = read_train_request(inputs);
  if (!request.ok()) return request.errors();
  // The inputs already hold what the files said: they win over the files, which give the places.
  const auto loaded = load_training(catalog, *request, file_fields());
  if (!loaded.ok()) return loaded.errors();
  return train_document(catalog, *loaded->model.spec, loaded->request);
}

}  // namespace gpusize::cli
