#pragma once
// What every subcommand shares: options, the catalog, output and exit codes.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/parser.hpp"
#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize::cli {

/// Exit codes, documented in docs/exit-codes.md.
enum ExitCode : int {
  kAnswered = 0,
  kNegative = 1,      ///< infeasible, does not fit, gate failed
  kCannotAnswer = 2,  ///< bad usage or input
  kNotAssessed = 3,   ///< only with --strict
  kInternal = 70,
};

/// Options of every subcommand.
struct CommonOptions {
  std::string format = "table";
  std::string lang = "en";
  std::vector<std::string> outputs;   ///< FORMAT=PATH
  std::vector<std::string> catalogs;  ///< overlay folders
  std::string catalog_only;           ///< a folder that stands in for the shipped catalog
  bool strict = false;
  bool explain = false;
  bool no_color = false;
};

/// Adds --format, --output, --lang, --catalog, --catalog-only, --strict, --explain and --no-color.
void add_common_options(Parser& app, CommonOptions& options);

/// The shipped catalog with overlays from GPUSIZE_CATALOG and --catalog, or --catalog-only instead
/// of the shipped one; GPUSIZE_CATALOG then does not count, so that pinned runs are repeatable.
Result<Catalog> load_catalog(const CommonOptions& options);

/// A model by catalog name or by path of a config.json, a folder with one, or a catalog YAML.
/// `overrides` are `name=value` in config names.
struct LoadedModel {
  std::shared_ptr<const ModelSpec> spec;
  std::string note;
};
Result<LoadedModel> load_model(const Catalog& catalog, const std::string& name,
                               const std::vector<std::string>& overrides);

/// Formats, language and output paths as far as they can be judged before there is anything to
/// write.
Diagnostics check_outputs(const CommonOptions& options);

/// Writes every --output file, each complete or not at all; what stopped it, if anything.
std::optional<Diagnostic> write_outputs(const ResultDocument& document,
                                        const CommonOptions& options);

/// Writes the document to standard output in --format and to every --output file (each complete or
/// not at all). `answer` is the exit code when all went well.
int emit(ResultDocument& document, const CommonOptions& options, int answer);

/// The day by the system's clock, UTC, as 2026-08-24: only to refuse dates in the future.
std::string today();

/// Writes a file whole or not at all; says why it could not.
std::optional<Diagnostic> write_whole_file(const std::string& path, const std::string& text);
/// The words behind `--` on the command line, which no option parser sees.
std::vector<std::string>& trailing_words();

/// Prints diagnostics to standard error; kCannotAnswer.
int fail(const Diagnostics& diagnostics);
int fail(Diagnostic diagnostic);
/// Prints warnings and notes to standard error.
void warn(const Diagnostics& diagnostics);
void note(std::string_view text);

/// A subcommand: its name, one line of help, examples (one a line, without the program's name),
/// and how to add its options. `setup` returns what runs when the subcommand was chosen.
struct Command {
  std::string_view name;
  std::string_view help;
  std::string_view examples;
  std::function<int()> (*setup)(Parser& app);
};
std::span<const Command> commands();

// One per source file.
std::function<int()> setup_plan(Parser& app);
std::function<int()> setup_estimate(Parser& app);
std::function<int()> setup_simulate(Parser& app);
std::function<int()> setup_workload(Parser& app);
std::function<int()> setup_validate(Parser& app);
std::function<int()> setup_check(Parser& app);
std::function<int()> setup_diff(Parser& app);
std::function<int()> setup_report(Parser& app);
std::function<int()> setup_train(Parser& app);
std::function<int()> setup_explain(Parser& app);
std::function<int()> setup_gpus(Parser& app);
std::function<int()> setup_models(Parser& app);
std::function<int()> setup_prices(Parser& app);
std::function<int()> setup_tco(Parser& app);
std::function<int()> setup_calibrate(Parser& app);
std::function<int()> setup_compat(Parser& app);
std::function<int()> setup_levers(Parser& app);
std::function<int()> setup_mig(Parser& app);

}  // namespace gpusize::cli
