// `manifest`: an option of a plan as the files that deploy it.

#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "cli/cmd_manifest.hpp"
#include "cli/command.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/manifest/manifest.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/train_document.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  ManifestRequest request;
  std::string file;
  std::string target = "k8s";
  std::string output;
};

std::string target_names() {
  std::string out;
  for (const ManifestTarget& target : manifest_targets())
    out += fmt::format("{}{}", out.empty() ? "" : ", ", target.name);
  return out;
}

/// Texts go into files of every kind: what is no text stays out.
std::optional<Diagnostic> check_texts(const ManifestRequest& r) {
  for (const std::string* text :
       {&r.name, &r.name_space, &r.checkpoint, &r.image, &r.queue, &r.cache_claim, &r.prometheus}) {
    const bool control = text->find_first_of("\n\r\t") != std::string::npos;
    if (control || !is_valid_utf8(*text))
      return make_error("cli-usage",
                        fmt::format("\"{}\" is no text of one line", printable(*text)));
  }
  return {};
}

/// The text of the file for a result of `train` or `plan`.
Result<std::string> write(const Options& o, const ManifestTarget& target, const Document& plan) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return catalog.errors();
  const bool training = plan.root().find("command").text() == "train";
  const Node inputs = plan.root().find("inputs");
  std::string name;
  std::vector<std::string> overrides;
  if (training) {
    const auto request = read_train_request(inputs);
    if (!request.ok()) return request.errors();
    name = request->model;
    overrides = request->overrides;
  } else {
    const auto request = read_plan_request(inputs);
    if (!request.ok()) return request.errors();
    name = request->model;
    overrides = request->overrides;
  }
  const auto model = load_model(*catalog, name, overrides);
  if (!model.ok()) return model.errors();
  if (training)
    return training_file(*catalog, *model->spec, plan, o.request, std::string(target.name));
  const auto manifest = make_manifest(*catalog, *model->spec, plan, o.request);
  if (!manifest.ok()) return manifest.errors();
  return target.write(*manifest);
}

int run(const Options& o) {
  const auto target = find_manifest_target(o.target);
  if (!target.ok()) return fail(target.errors());
  if (auto bad = check_texts(o.request)) return fail(*bad);
  const auto text = read_file(o.file);
  if (!text.ok()) return fail(text.errors());
  const auto plan = read_json(o.file, *text);
  if (!plan.ok()) return fail(plan.errors());
  const auto option = plan_option(*plan, o.request.rank);
  if (!option.ok()) {
    const bool infeasible = option.errors().front().code == "manifest-infeasible";
    return infeasible ? (fail(option.errors()), kNegative) : fail(option.errors());
  }
  const auto written = write(o, *target, *plan);
  if (!written.ok()) return fail(written.errors());
  if (o.output.empty()) {
    std::fwrite(written->data(), 1, written->size(), stdout);
    return kAnswered;
  }
  if (auto problem = write_whole_file(o.output, *written)) return fail(*problem);
  return kAnswered;
}

void add_catalog_options(Parser& app, CommonOptions& common) {
  app.add_option("--catalog", common.catalogs,
                 "Folder of catalog files laid over the shipped ones (repeatable)")
      ->take_all();
  app.add_option("--catalog-only", common.catalog_only,
                 "Folder that stands in for the shipped catalog");
}

}  // namespace

std::function<int()> setup_manifest(Parser& app) {
  auto o = std::make_shared<Options>();
  ManifestRequest& r = o->request;
  app.add_option("plan", o->file, "A result of plan or train written with --format json")
      ->required();
  app.add_option("--rank", r.rank, "Which option of the plan (default 1)");
  app.add_option("--target", o->target, fmt::format("What to write: {}", target_names()));
  app.add_option("--output", o->output, "File to write (default: standard output)");
  app.add_option("--name", r.name, "Name of the objects (default: of the model)");
  app.add_option("--namespace", r.name_space, "Kubernetes namespace");
  app.add_option("--checkpoint", r.checkpoint, "Repository or path that the engine loads");
  app.add_option("--image", r.image, "Container image with tag (default: the engine's release)");
  app.add_option("--max-model-len", r.max_model_len,
                 "Tokens of the longest request (default: what leaves room for eight of them)")
      ->check(range(std::int64_t{1}, std::int64_t{1} << 30));
  app.add_option("--load-gb-s", r.load_gb_s, "Rate at which a node loads weights, in GB/s")
      ->check(range(1e-3, 1e4));
  app.add_flag("!--no-prefix-caching", r.prefix_caching,
               "Do not reuse the cache of shared prefixes");
  app.add_option("--queue", r.queue, "Kueue queue that admits the workload");
  app.add_option("--cache-claim", r.cache_claim,
                 "PersistentVolumeClaim that keeps the weights (default: each pod loads them)");
  app.add_option("--prometheus", r.prometheus, "Prometheus that the scaling rule asks");
  add_catalog_options(app, o->common);
  return [o] { return run(*o); };
}

}  // namespace gpusize::cli
