// `diff`: what a change does to GPUs, cost, memory and latency.

#include <memory>

#include <fmt/format.h>

#include "cli/check_inputs.hpp"
#include "cli/command.hpp"
#include "cli/rerun.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/gate/diff.hpp"
#include "gpusize/spec/read_deployments.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string base;
  std::string head;
  CheckOptions check;
  double max_delta_usd = -1.0;
  double max_delta_percent = -1.0;
  double budget = -1.0;
};

bool is_result(const std::string& path) {
  return path.size() > 5 && to_lower(path.substr(path.size() - 5)) == ".json";
}

Result<DiffSide> read_side(const Catalog& catalog, const std::string& path,
                           const CheckOptions& options) {
  if (is_result(path)) {
    auto document = read_document(path);
    if (!document.ok()) return document.errors();
    if (document->root().is_map() && document->root().find("command")) return diff_side(*document);
  }
  CheckOptions own = options;
  own.paths = {path};
  auto request = make_check_request(own, {});
  if (!request.ok()) return request.errors();
  auto inputs = collect_deployments(own.paths);
  if (!inputs.ok()) return inputs.errors();
  // Paths below the two folders are compared as if they were one.
  for (DeploymentInput& input : *inputs) {
    if (input.path.starts_with(path + "/")) input.path = input.path.substr(path.size() + 1);
  }
  const auto deployments = read_deployments(std::move(inputs).value());
  if (!deployments.ok()) return deployments.errors();
  return diff_side(run_check(catalog, *deployments, *request));
}

Result<ResultDocument> make_document(const Catalog& catalog, const Options& o, bool& crossed) {
  DiffRequest request{o.base,          o.head,        o.check.gpu, o.check.config,
                      o.check.traffic, o.check.today, {}};
  if (o.max_delta_usd >= 0.0) request.guardrails.usd_per_month = o.max_delta_usd;
  if (o.max_delta_percent >= 0.0) request.guardrails.percent = o.max_delta_percent;
  if (o.budget >= 0.0) request.guardrails.budget_usd_per_month = o.budget;
  const auto base = read_side(catalog, o.base, o.check);
  if (!base.ok()) return base.errors();
  const auto head = read_side(catalog, o.head, o.check);
  if (!head.ok()) return head.errors();
  return diff_document(catalog, request, *base, *head, crossed);
}

int run(const Options& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  bool crossed = false;
  auto document = make_document(*catalog, o, crossed);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, o.common, crossed ? kNegative : kAnswered);
}

}  // namespace

std::function<int()> setup_diff(CLI::App& app) {
  auto o = std::make_shared<Options>();
  o->common.format = "text";
  app.footer(
      "Examples: gpusize diff main/k8s k8s --gpu h100 --max-delta-usd 5000\n"
      "          gpusize diff base.json k8s/");
  app.add_option("base", o->base,
                 "Deployment files before, or a saved result of check or plan (.json)")
      ->required();
  app.add_option("head", o->head, "The same after")->required();
  add_check_options(app, o->check);
  app.add_option("--max-delta-usd", o->max_delta_usd, "Largest rise of the monthly cost");
  app.add_option("--max-delta-percent", o->max_delta_percent, "Largest rise in percent");
  app.add_option("--budget", o->budget, "Monthly budget that must not be crossed from below");
  add_common_options(app, o->common);
  return [o] { return run(*o); };
}

}  // namespace gpusize::cli
