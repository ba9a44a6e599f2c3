// `report`: a result file in other formats, with the derivations of its numbers where they can be
// made again.

#include <memory>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/rerun.hpp"
#include "gpusize/plan/read_result.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string file;
};

/// Makes the result again from its inputs to know why its numbers are what they are. A result of
/// another catalog or version keeps its numbers; those that come out differently stay unexplained.
void add_derivations(ResultDocument& result, const Document& file, const Options& o) {
  const Node inputs = file.root().find("inputs");
  const Rerun* rerun = find_rerun(file.root().find("command").text());
  if (rerun == nullptr || !inputs || result.json().contains("explain")) return;
  const auto catalog = load_catalog(o.common);
  const auto again =
      catalog.ok() ? rerun->run(*catalog, inputs) : Result<ResultDocument>(catalog.errors());
  if (!again.ok()) {
    note("the result cannot be made again, so its numbers are shown without derivations");
    return;
  }
  if (const std::size_t without = result.adopt_whys(*again); without > 0) {
    warn({make_warning(
        "report-changed",
        fmt::format("{} numbers of the file are not what this catalog and version give", without),
        {o.file, 0, 0}, "they are reported as the file states them, without derivation")});
  }
}

int run(const Options& o) {
  if (const Diagnostics problems = check_outputs(o.common); has_errors(problems))
    return fail(problems);
  const auto text = read_file(o.file);
  if (!text.ok()) return fail(text.errors());
  const auto file = read_json(o.file, *text);
  if (!file.ok()) return fail(file.errors());
  auto result = read_result(*file);
  if (!result.ok()) return fail(result.errors());
  add_derivations(*result, *file, o);
  if (o.common.outputs.empty()) return emit(*result, o.common, kAnswered);
  if (auto problem = write_outputs(*result, o.common)) return fail(*problem);
  return kAnswered;
}

}  // namespace

std::function<int()> setup_report(Parser& app) {
  auto options = std::make_shared<Options>();
  app.add_option("file", options->file, "A result written with --format json")->required();
  add_common_options(app, options->common);
  return [options] { return run(*options); };
}

}  // namespace gpusize::cli
