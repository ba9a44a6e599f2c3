// `check`: deployment files against the catalog, the rules and the policy.

#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "cli/check_inputs.hpp"
#include "cli/command.hpp"
#include "cli/rerun.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/gate/check.hpp"
#include "gpusize/spec/read_deployments.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  CheckOptions check;
  std::string fail_on = "error";
  bool fail_on_existing = false;
  bool exit_zero = false;
};

Result<std::vector<DeploymentInput>> read_inputs(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  std::vector<DeploymentInput> out;
  for (const std::string& path : paths) {
    if (path != "-") {
      files.push_back(path);
      continue;
    }
    const ReadLimits limits;
    std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
    if (text.size() > limits.file_bytes)
      return make_error("spec-too-large", "standard input is too large");
    out.push_back({"-", std::move(text)});
  }
  auto read = collect_deployments(files);
  if (!read.ok()) return read.errors();
  for (DeploymentInput& input : *read) out.push_back(std::move(input));
  return out;
}

Result<ResultDocument> make_document(const Catalog& catalog, CheckRequest& request, int& answer,
                                     const Options& o) {
  DeploymentSet deployments;
  if (!request.command.empty()) {
    deployments = read_command_line(request.command);
  } else {
    auto inputs = read_inputs(request.paths);
    if (!inputs.ok()) return inputs.errors();
    auto read = read_deployments(std::move(inputs).value());
    if (!read.ok()) return read.errors();
    deployments = std::move(read).value();
  }
  if (!request.defaults.gpu.empty()) {
    if (const auto gpu = catalog.find_gpu(request.defaults.gpu); !gpu.ok()) return gpu.errors();
  }
  const CheckResult result = run_check(catalog, deployments, request);
  const std::optional<Severity> least = o.fail_on == "error"     ? std::optional(Severity::kError)
                                        : o.fail_on == "warning" ? std::optional(Severity::kWarning)
                                        : o.fail_on == "info"    ? std::optional(Severity::kInfo)
                                                                 : std::nullopt;
  answer =
      least && !o.exit_zero && fails(result, *least, o.fail_on_existing) ? kNegative : kAnswered;
  return check_document(catalog, deployments, request, result);
}

int run_check_command(const Options& o, const std::vector<std::string>& command) {
  if (o.check.paths.empty() && command.empty()) {
    return fail(make_error(
        "cli-usage", "check takes files, folders or - for standard input, or `-- vllm serve ...`",
        {}, "see: gpusize check --help"));
  }
  auto request = make_check_request(o.check, command);
  if (!request.ok()) return fail(request.errors());
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  int answer = kAnswered;
  auto document = make_document(*catalog, *request, answer, o);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, o.common, answer);
}

}  // namespace

std::function<int()> setup_check(Parser& app) {
  auto o = std::make_shared<Options>();
  o->common.format = "text";
  app.add_option("paths", o->check.paths, "Files, folders, quoted globs, or - for standard input");
  add_check_options(app, o->check);
  app.add_option("--baseline", o->check.baseline,
                 "An earlier result (--format json): its findings are unchanged");
  app.add_option("--fail-on", o->fail_on, "Least severity that fails")
      ->check(one_of({"error", "warning", "info", "never"}));
  app.add_flag("--fail-on-existing", o->fail_on_existing, "Findings of the baseline fail too");
  app.add_flag("--exit-zero", o->exit_zero, "Report only");
  add_common_options(app, o->common);
  return [o] { return run_check_command(*o, trailing_words()); };
}

Result<ResultDocument> rerun_check(const Catalog& catalog, Node inputs) {
  Options o;
  std::vector<std::string> command;
  const auto list = [&](std::string_view key, std::vector<std::string>& into) {
    if (const Node node = inputs.find(key); node && node.is_sequence()) {
      for (const Node item : node) into.emplace_back(item.text());
    }
  };
  const auto text = [&](std::string_view key) {
    const Node node = inputs.find(key);
    return node && node.is_scalar() ? std::string(node.text()) : std::string();
  };
  list("paths", o.check.paths);
  list("command", command);
  list("model_map", o.check.model_map);
  o.check.gpu = text("gpu");
  o.check.config = text("policy");
  o.check.baseline = text("baseline");
  o.check.traffic = text("traffic");
  o.check.today = text("today");
  auto request = make_check_request(o.check, command);
  if (!request.ok()) return request.errors();
  int answer = 0;
  return make_document(catalog, *request, answer, o);
}

}  // namespace gpusize::cli
