// `diff`: what a change does to GPUs, cost, memory and latency.

#include <memory>

#include <fmt/format.h>

#include "cli/check_inputs.hpp"
#include "cli/command.hpp"
#include "cli/inputs.hpp"
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
  Guardrails guardrails;
};

template <typename Given, typename Visit>
void visit_inputs(Given& o, Visit& visit) {
  visit("base", o.base);
  visit("head", o.head);
  visit("gpu", o.check.gpu);
  visit("model_map", o.check.model_map);
  visit("policy", o.check.config);
  visit("traffic", o.check.traffic);
  visit("today", o.check.today);
  visit("max_delta_usd", o.guardrails.usd_per_month);
  visit("max_delta_percent", o.guardrails.percent);
  visit("budget", o.guardrails.budget_usd_per_month);
}

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
  const auto base = read_side(catalog, o.base, o.check);
  if (!base.ok()) return base.errors();
  const auto head = read_side(catalog, o.head, o.check);
  if (!head.ok()) return head.errors();
  ResultDocument document = diff_document(catalog, o.guardrails, *base, *head, crossed);
  InputsWriter inputs(document);
  visit_inputs(o, inputs);
  return document;
}

int run(Options& o) {
  if (o.check.today.empty()) o.check.today = today();
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  bool crossed = false;
  auto document = make_document(*catalog, o, crossed);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, o.common, crossed ? kNegative : kAnswered);
}

}  // namespace

std::function<int()> setup_diff(Parser& app) {
  auto o = std::make_shared<Options>();
  o->common.format = "text";
  app.add_option("base", o->base,
                 "Deployment files before, or a saved result of check or plan (.json)")
      ->required();
  app.add_option("head", o->head, "The same after")->required();
  add_check_options(app, o->check);
  app.add_option("--max-delta-usd", o->guardrails.usd_per_month, "Largest rise of the monthly cost")
      ->check(not_negative());
  app.add_option("--max-delta-percent", o->guardrails.percent, "Largest rise in percent")
      ->check(not_negative());
  app.add_option("--budget", o->guardrails.budget_usd_per_month,
                 "Monthly budget that must not be crossed from below")
      ->check(not_negative());
  add_common_options(app, o->common);
  return [o] { return run(*o); };
}

Result<ResultDocument> rerun_diff(const Catalog& catalog, Node inputs) {
  Options options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  bool crossed = false;
  return make_document(catalog, options, crossed);
}

}  // namespace gpusize::cli
