#include <memory>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/rerun.hpp"
#include "gpusize/plan/workload_document.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string file;
  std::string format;
  TraceColumns columns;
  std::optional<double> arrival_unit_s;
};

template <typename Given, typename Visit>
void visit_inputs(Given& o, Visit& visit) {
  visit("trace", o.file);
  visit("trace_format", o.format);
  visit("arrival_column", o.columns.arrival);
  visit("input_column", o.columns.input);
  visit("output_column", o.columns.output);
  visit("arrival_unit_s", o.arrival_unit_s);
}

Result<ResultDocument> document_of(const Options& o, const Catalog& catalog) {
  TraceColumns columns = o.columns;
  columns.arrival_unit_s = o.arrival_unit_s.value_or(columns.arrival_unit_s);
  const auto summary = summarise_trace(o.file, o.format, columns);
  if (!summary.ok()) return summary.errors();
  ResultDocument document = workload_document(catalog, o.file, *summary);
  InputsWriter inputs(document);
  visit_inputs(o, inputs);
  return document;
}

int run_workload(const Options& o) {
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  auto document = document_of(o, *catalog);
  if (!document.ok()) return fail(document.errors());
  return emit(*document, o.common, kAnswered);
}

}  // namespace

std::function<int()> setup_workload(Parser& app) {
  auto options = std::make_shared<Options>();
  app.add_option("file", options->file, "A request trace: CSV or JSON lines")->required();
  app.add_option("--trace-format", options->format,
                 "azure, burstgpt, mooncake, vidur, vllm or csv (default: found by the header)");
  app.add_option("--arrival-column", options->columns.arrival, "Column of the arrival times");
  app.add_option("--input-column", options->columns.input, "Column of the prompt lengths");
  app.add_option("--output-column", options->columns.output, "Column of the answer lengths");
  app.add_option("--arrival-unit-s", options->arrival_unit_s,
                 "Seconds that one unit of the arrival column is worth (default 1)");
  add_common_options(app, options->common);
  return [options] { return run_workload(*options); };
}

Result<ResultDocument> rerun_workload(const Catalog& catalog, Node inputs) {
  Options options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  return document_of(options, catalog);
}

}  // namespace gpusize::cli
