#include <memory>

#include "cli/command.hpp"
#include "gpusize/plan/workload_document.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string file;
  std::string format;
  TraceColumns columns;
};

int run_workload(const Options& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto summary = summarise_trace(o.file, o.format, o.columns);
  if (!summary.ok()) return fail(summary.errors());
  ResultDocument document = workload_document(*catalog, o.file, *summary);
  return emit(document, o.common, kAnswered);
}

}  // namespace

std::function<int()> setup_workload(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("file", options->file, "A request trace: CSV or JSON lines")->required();
  app.add_option("--trace-format", options->format,
                 "azure, burstgpt, mooncake, vidur, vllm or csv (default: found by the header)");
  app.add_option("--arrival-column", options->columns.arrival, "Column of the arrival times");
  app.add_option("--input-column", options->columns.input, "Column of the prompt lengths");
  app.add_option("--output-column", options->columns.output, "Column of the answer lengths");
  app.add_option("--arrival-unit-s", options->columns.arrival_unit_s,
                 "Seconds that one unit of the arrival column is worth (default 1)");
  add_common_options(app, options->common);
  return [options] { return run_workload(*options); };
}

}  // namespace gpusize::cli
