// `explain`: where a number of a result comes from, down to sources and the user's own inputs.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/estimate_options.hpp"
#include "cli/rerun.hpp"
#include "gpusize/core/check.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/gate/finding.hpp"
#include "gpusize/report/formula_page.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

constexpr int kDeepest = 64;

struct Options {
  CommonOptions common;
  EstimateOptions estimate;
  std::string file;
  std::vector<std::string> paths;
  int depth = 6;
  bool formulas = false;
  bool rules = false;
};

/// `/memory_per_gpu_bytes/weights` as people write it.
std::string dotted(std::string_view pointer) {
  std::string out(pointer.starts_with('/') ? pointer.substr(1) : pointer);
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string list_of_numbers(const ResultDocument& document) {
  std::string out;
  for (const std::string& pointer : document.numbers()) {
    const Why why = document.why(pointer);
    GPUSIZE_CHECK(why != nullptr, fmt::format("{} has no derivation", pointer));
    out += fmt::format("{:<46} {:>16.8g} {}\n", dotted(pointer), why->value, printable(why->unit));
  }
  return out;
}

Diagnostic unknown_path(const ResultDocument& document, const std::string& path) {
  std::vector<std::string> known;
  for (const std::string& pointer : document.numbers()) known.push_back(dotted(pointer));
  std::string hint = did_you_mean(dotted(to_pointer(path)), known);
  if (hint.empty()) hint = "leave the path out to list all numbers";
  return make_error("explain-path", fmt::format("the result has no number \"{}\"", printable(path)),
                    {}, hint);
}

/// Prints the list of numbers or the derivations asked for, a blank line between them.
int show(const ResultDocument& document, const Options& o) {
  if (o.paths.empty()) {
    print(list_of_numbers(document));
    return kAnswered;
  }
  std::string text;
  Diagnostics problems;
  for (const std::string& path : o.paths) {
    const Why why = document.why(path);
    if (why == nullptr) {
      problems.push_back(unknown_path(document, path));
      continue;
    }
    text += (text.empty() ? "" : "\n") + render(why, o.depth);
  }
  if (has_errors(problems)) return fail(problems);
  print(text);
  return kAnswered;
}

/// The node at a JSON pointer, or an absent one.
Node node_at(Node node, std::string_view pointer) {
  for (const std::string& step :
       split(pointer.substr(std::min<std::size_t>(1, pointer.size())), '/')) {
    if (!node) return {};
    if (node.is_map()) {
      node = node.find(step);
      continue;
    }
    const auto index = parse_integer(step);
    if (!node.is_sequence() || !index || *index < 0 ||
        static_cast<std::size_t>(*index) >= node.size())
      return {};
    auto child = node.begin();
    for (std::int64_t i = 0; i < *index; ++i) ++child;
    node = *child;
  }
  return node;
}

/// A file that was made with other data or another version says other numbers.
void warn_if_changed(const Document& file, const ResultDocument& document,
                     const std::string& path) {
  const std::string pointer = to_pointer(path);
  const Why why = document.why(pointer);
  const Node stated = node_at(file.root(), pointer);
  if (why == nullptr || !stated) return;
  const auto number = stated.number();
  if (number &&
      std::fabs(*number - why->value) <= 1e-9 * std::max(std::fabs(*number), std::fabs(why->value)))
    return;
  warn({make_warning("explain-changed",
                     fmt::format("the file states {} for {}, this catalog and version give {:.10g}",
                                 printable(stated.is_scalar() ? stated.text() : "no number"),
                                 dotted(pointer), why->value),
                     stated.location(), "the derivation below is of the new number")});
}

int explain_file(const Options& o) {
  const auto text = read_file(o.file);
  if (!text.ok()) return fail(text.errors());
  const auto file = read_json(o.file, *text);
  if (!file.ok()) return fail(file.errors());
  const Node command = file->root().is_map() ? file->root().find("command") : Node{};
  const Rerun* rerun = command && command.is_scalar() ? find_rerun(command.text()) : nullptr;
  if (rerun == nullptr) {
    std::string known;
    for (const Rerun& row : reruns())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", row.command);
    return fail(make_error("explain-command", "this is no result that can be explained",
                           {o.file, 0, 0}, fmt::format("results of: {} (--format json)", known)));
  }
  const Node inputs = file->root().find("inputs");
  if (!inputs)
    return fail(make_error("explain-inputs", "the result states no inputs", {o.file, 0, 0}));
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto document = rerun->run(*catalog, inputs);
  if (!document.ok()) return fail(document.errors());
  for (const std::string& path : o.paths) warn_if_changed(*file, *document, path);
  return show(*document, o);
}

int explain_estimate(const Options& o) {
  const auto request = read_request(o.estimate);
  if (!request.ok()) return fail(request.errors());
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto model = load_model(*catalog, request->model, request->overrides);
  if (!model.ok()) return fail(model.errors());
  note(model->note);
  const auto document = estimate_document(*catalog, *model->spec, *request);
  if (!document.ok()) return fail(document.errors());
  return show(*document, o);
}

void add_shared(Parser& app, Options& o) {
  app.add_option("--depth", o.depth, "Levels of the derivation to print")
      ->check(range(1, kDeepest));
  app.add_option("--catalog", o.common.catalogs,
                 "Folder of catalog files laid over the shipped ones (repeatable)")
      ->take_all();
  app.add_option("--catalog-only", o.common.catalog_only,
                 "Folder that stands in for the shipped catalog");
}

}  // namespace

std::function<int()> setup_explain(Parser& app) {
  auto options = std::make_shared<Options>();
  Parser estimate = app.add_subcommand("estimate", "Explain an estimate made from these options");
  add_estimate_options(estimate, options->estimate);
  estimate.add_option("path", options->paths, "The numbers; without any, all numbers are listed");
  add_shared(estimate, *options);
  app.add_option("file", options->file, "A result written with --format json");
  app.add_option("path", options->paths, "The numbers; without any, all numbers are listed");
  app.add_flag("--formulas", options->formulas,
               "Print every formula as a Markdown page (docs/formulas.md)");
  app.add_flag("--rules", options->rules, "Print the page of every rule of check (docs/rules.md)");
  add_shared(app, *options);
  return [options, estimate] {
    if (estimate.parsed()) return explain_estimate(*options);
    if (options->formulas) {
      print(formula_page());
      return static_cast<int>(kAnswered);
    }
    if (options->rules) {
      for (const RuleInfo& rule : rules())
        print(rule_page(rule) + (&rule == &rules().back() ? "" : "\n"));
      return static_cast<int>(kAnswered);
    }
    if (const RuleInfo* rule = find_rule(options->file)) {
      print(rule_page(*rule));
      return static_cast<int>(kAnswered);
    }
    if (options->file.empty()) {
      return fail(make_error("cli-usage",
                             "explain takes a result file, or `estimate` and its options", {},
                             "see: gpusize explain --help"));
    }
    return explain_file(*options);
  };
}

}  // namespace gpusize::cli
