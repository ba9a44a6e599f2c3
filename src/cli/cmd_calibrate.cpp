#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/inputs.hpp"
#include "cli/rerun.hpp"
#include "gpusize/calibrate/calibrate.hpp"
#include "gpusize/report/calibrate_document.hpp"

namespace gpusize::cli {
namespace {

struct CalibrateOptions {
  CommonOptions common;
  std::vector<std::string> files;
  std::string gpu, engine = "vllm", model, weights = "native", kv, date, out, engine_out;
  std::vector<std::string> overrides;
  std::optional<double> tp, pp, ep, dp;
  std::optional<double> memory_fraction, max_batched_tokens, max_sequences, batch, context;
  bool leave_out_impossible = false;
};

/// What the result depends on: not where the overlays went.
template <typename Options, typename Visit>
void visit_inputs(Options& o, Visit& visit) {
  visit("files", o.files);
  visit("gpu", o.gpu);
  visit("engine", o.engine);
  visit("model", o.model);
  visit("weights", o.weights);
  visit("kv", o.kv);
  visit("date", o.date);
  visit("set", o.overrides);
  visit("tp", o.tp);
  visit("pp", o.pp);
  visit("ep", o.ep);
  visit("dp", o.dp);
  visit("memory_fraction", o.memory_fraction);
  visit("max_batched_tokens", o.max_batched_tokens);
  visit("max_sequences", o.max_sequences);
  visit("batch", o.batch);
  visit("context", o.context);
  visit("leave_out_impossible", o.leave_out_impossible);
}

std::optional<std::int64_t> whole(const std::optional<double>& value) {
  if (!value) return {};
  return static_cast<std::int64_t>(*value);
}

CalibrationRequest request_of(const CalibrateOptions& o) {
  CalibrationRequest request;
  request.files = o.files;
  request.date = o.date;
  request.leave_out_impossible = o.leave_out_impossible;
  MeasuredDeployment& d = request.deployment;
  d.gpu = o.gpu;
  d.engine = o.engine;
  d.model = o.model;
  d.weights = o.weights;
  d.kv = o.kv;
  d.overrides = fmt::format("{}", fmt::join(o.overrides, ";"));
  d.tp = whole(o.tp);
  d.pp = whole(o.pp);
  d.ep = whole(o.ep);
  d.dp = whole(o.dp);
  d.memory_fraction = o.memory_fraction;
  d.max_batched_tokens = whole(o.max_batched_tokens);
  d.max_sequences = whole(o.max_sequences);
  d.batch = o.batch;
  d.context = o.context;
  return request;
}

ResultDocument with_inputs(const Calibration& calibration, const CalibrateOptions& o) {
  ResultDocument document = calibrate_document(calibration);
  InputsWriter inputs(document);
  visit_inputs(o, inputs);
  return document;
}

/// Rates go to --out, a profile to --engine-out, or to --out when it is all there is.
Diagnostics write_overlays(const Calibration& c, const CalibrateOptions& o) {
  const bool both = !c.rates_file.empty() && !c.engine_file.empty();
  if (both && !o.out.empty() && o.engine_out.empty()) {
    return {make_error("cal-out", "kernel rates and an engine profile were fitted, one file each",
                       {}, "name the second one with --engine-out FILE")};
  }
  const std::string& engine_path = o.engine_out.empty() ? o.out : o.engine_out;
  Diagnostics problems;
  const auto write = [&](const std::string& path, const std::string& text) {
    if (path.empty() || text.empty()) return;
    if (auto problem = write_whole_file(path, text)) {
      problems.push_back(std::move(*problem));
    } else {
      note(fmt::format("{} written: read it with --catalog", path));
    }
  };
  write(o.out, c.rates_file);
  write(engine_path, c.engine_file);
  return problems;
}

int run_calibrate(const CalibrateOptions& o) {
  if (const Diagnostics problems = check_outputs(o.common); has_errors(problems))
    return fail(problems);
  const auto catalog = load_catalog(o.common);
  if (!catalog.ok()) return fail(catalog.errors());
  const auto calibration = calibrate_files(*catalog, request_of(o));
  if (!calibration.ok()) return fail(calibration.errors());
  if (const Diagnostics problems = write_overlays(*calibration, o); has_errors(problems))
    return fail(problems);
  ResultDocument document = with_inputs(*calibration, o);
  return emit(document, o.common, kAnswered);
}

void add_options(Parser& app, CalibrateOptions& o) {
  app.add_option("file", o.files,
                 "Timed kernels (CSV), vllm bench serve results (JSON), vLLM start-up logs, "
                 "torch.cuda.memory_summary() texts")
      ->required()
      ->take_all();
  app.add_option("--gpu", o.gpu, "Card that was measured")->required();
  app.add_option("--out", o.out, "Catalog file to write: kernel rates, else the engine profile");
  app.add_option("--engine-out", o.engine_out, "Catalog file to write the engine profile to");
  app.add_option("--date", o.date, "Day of the measurement, if no file states it");
  app.add_option("--engine", o.engine, "Engine of runs and logs")->capture_default_str();
  app.add_option("--model", o.model, "Model of runs and logs, if not as the file states it");
  app.add_option("--set", o.overrides, "Config field of the model, name=value")
      ->allow_extra_args(false);
  app.add_option("--weights", o.weights, "Weight format of the runs")->capture_default_str();
  app.add_option("--kv", o.kv, "KV cache format of the runs");
  const auto degree = [&](const char* name, std::optional<double>& value, const char* help) {
    app.add_option(name, value, help)->check(range(1.0, 4096.0));
  };
  degree("--tp", o.tp, "Tensor parallelism of the runs");
  degree("--pp", o.pp, "Pipeline parallelism of the runs");
  degree("--ep", o.ep, "Expert parallelism of the runs");
  degree("--dp", o.dp, "Attention data parallelism of the runs");
  app.add_option("--memory-fraction", o.memory_fraction, "Memory fraction of the engine")
      ->check(range(0.01, 1.0));
  app.add_option("--max-batched-tokens", o.max_batched_tokens, "Tokens of one step at most")
      ->check(range(1.0, 1e9));
  app.add_option("--max-sequences", o.max_sequences, "Sequences at once at most")
      ->check(range(1.0, 1e6));
  app.add_option("--batch", o.batch, "Sequences of the static batch behind a memory summary")
      ->check(range(1.0, 1e6));
  app.add_option("--context", o.context, "Tokens of each of them")->check(range(1.0, 1e8));
  app.add_flag("--leave-out-impossible", o.leave_out_impossible,
               "Go on without rows that beat the card's peak or bandwidth");
}

}  // namespace

std::function<int()> setup_calibrate(Parser& app) {
  auto options = std::make_shared<CalibrateOptions>();
  add_options(app, *options);
  add_common_options(app, options->common);
  return [options] { return run_calibrate(*options); };
}

Result<ResultDocument> rerun_calibrate(const Catalog& catalog, Node inputs) {
  CalibrateOptions options;
  InputsReader reader(inputs);
  visit_inputs(options, reader);
  if (has_errors(reader.problems())) return reader.problems();
  const auto calibration = calibrate_files(catalog, request_of(options));
  if (!calibration.ok()) return calibration.errors();
  return with_inputs(*calibration, options);
}

}  // namespace gpusize::cli
