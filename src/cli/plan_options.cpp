#include "cli/plan_options.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "cli/estimate_options.hpp"
#include "cli/percentile_options.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/plan_document.hpp"

namespace gpusize::cli {
namespace {

void add_demand(Parser& app, PlanOptions& o, bool required) {
  auto model =
      app.add_option("--model", o.request.model, "Catalog name, config.json, or a folder with one");
  app.add_option("--set", o.request.overrides, "Change a config field: name=value (repeatable)")
      ->take_all();
  app.add_option("--qps", o.request.qps, "Requests per second to serve");
  model->required(required);
  app.add_option("--workload", o.request.workload, "Request lengths by name (default chat)");
  app.add_option("--input-tokens", o.input_tokens, "Mean prompt length, in place of --workload");
  app.add_option("--output-tokens", o.output_tokens, "Mean answer length, in place of --workload");
  app.add_option("--trace", o.request.trace,
                 "Arrivals and lengths of a trace; its own mean rate without --qps");
  app.add_option("--trace-format", o.request.trace_format,
                 "Its format (default: found by the header)");
  app.add_option("--ttft-ms", o.ttft_ms, "Target: mean time to first token");
  app.add_option("--tpot-ms", o.tpot_ms, "Target: mean time per output token");
  app.add_option("--e2e-ms", o.e2e_ms, "Target: mean end-to-end latency");
  add_percentile_options(app, o.request.percentiles);
}

void add_supply(Parser& app, PlanOptions& o) {
  app.add_option("--gpu", o.request.gpus, "Only this card (repeatable)")->take_all();
  app.add_option("--vendor", o.request.vendors, "Only cards of this vendor (repeatable)")
      ->take_all();
  app.add_flag_callback(
      "--mig", [&o] { o.request.slices.emplace_back("mig"); },
      "Also MIG instances of the cards that have them");
  app.add_option("--share", o.request.slices,
                 "Also equal shares of a card (repeatable): mps:N, time-slicing:N, vgpu:N")
      ->take_all();
  app.add_option("--max-gpus", o.request.max_gpus, "No option above so many GPUs");
  app.add_option("--weights", o.request.weights,
                 "Weight formats to try (repeatable): native, bf16, fp8, int8, awq, ...")
      ->take_all();
  add_overlap_option(app, o.request.two_batch_overlap);
  app.add_option("--kv", o.request.kv,
                 "KV cache formats to try (repeatable): auto, bf16, fp8, int8")
      ->take_all();
  app.add_option("--engine", o.request.engines,
                 "Engines to try (repeatable): auto, vllm, sglang, tensorrt-llm, ...")
      ->take_all();
}

void add_money(Parser& app, PlanOptions& o) {
  app.add_option("--price-basis", o.price_basis,
                 "on-demand, spot, reserved-1y, reserved-3y or owned");
  app.add_option("--price-tier", o.request.tier,
                 "Whose quotes: hyperscaler, neocloud or marketplace");
  app.add_option("--region", o.request.region, "Electricity price of this region (default USA)");
  app.add_option("--years", o.request.years, "Period of the total cost (default 3)");
  app.add_option("--headroom", o.request.headroom, "Capacity above the asked rate, 0.2 is 20 %");
  app.add_option("--spare-nodes", o.request.spare_nodes, "Whole nodes bought on top");
  app.add_option("--rank-by", o.rank_by, "tco, gpus, power, latency or usd-per-million-tokens");
  app.add_option("--top", o.request.top, "Options to show (default 10)");
  app.add_flag("--all-layouts", o.request.all_layouts, "Every layout, not the best of each card");
  app.add_flag("--allow-unverified", o.request.allow_unverified,
               "Let cards with unverified figures rank first");
  app.add_option("--jobs", o.jobs, "Threads (default: all; the answer does not depend on it)");
}

/// One bounded number of the command line.
void check(Diagnostics& out, std::string_view option, double value, double low, double high,
           std::string_view hint) {
  if (std::isfinite(value) && value >= low && value <= high) return;
  out.push_back(make_error("cli-range",
                           fmt::format("{} is {}, expected {} to {}", option, value, low, high), {},
                           std::string(hint)));
}

Diagnostics check_numbers(const PlanOptions& o) {
  Diagnostics out;
  if (o.request.trace.empty() && o.request.qps == 0.0) {
    out.push_back(make_error("cli-usage", "--qps is required", {},
                             "requests per second, or a trace's own: --trace FILE"));
  } else if (o.request.qps != 0.0) {
    check(out, "--qps", o.request.qps, 1e-6, 1e7, "requests per second");
  }
  if (o.input_tokens) check(out, "--input-tokens", *o.input_tokens, 1, 1e8, "tokens per request");
  if (o.output_tokens)
    check(out, "--output-tokens", *o.output_tokens, 1, 1e8, "tokens per request");
  constexpr std::string_view kMilliseconds = "milliseconds: two seconds are 2000";
  if (o.ttft_ms) check(out, "--ttft-ms", *o.ttft_ms, 0.1, 1e8, kMilliseconds);
  if (o.tpot_ms) check(out, "--tpot-ms", *o.tpot_ms, 0.01, 1e7, kMilliseconds);
  if (o.e2e_ms) check(out, "--e2e-ms", *o.e2e_ms, 0.1, 1e9, kMilliseconds);
  for (Diagnostic& d : check_percentiles(o.request.percentiles)) out.push_back(std::move(d));
  check(out, "--years", o.request.years, 0.01, 30, "years");
  check(out, "--headroom", o.request.headroom, 0, 10, "a fraction: 20 % is 0.2");
  check(out, "--spare-nodes", static_cast<double>(o.request.spare_nodes), 0, 1e5, "nodes");
  check(out, "--max-gpus", static_cast<double>(o.request.max_gpus), 0, 1e7, "GPUs; 0 is no limit");
  check(out, "--top", static_cast<double>(o.request.top), 1, 1e5, "options");
  check(out, "--jobs", static_cast<double>(o.jobs), 0, 256, "threads");
  return out;
}

Diagnostics read_words(PlanOptions& o) {
  Diagnostics out;
  if (const auto basis = price_basis_from(o.price_basis)) {
    o.request.basis = *basis;
  } else {
    out.push_back(make_error("cli-price-basis",
                             fmt::format("unknown price basis \"{}\"", o.price_basis), {},
                             "one of: on-demand, spot, reserved-1y, reserved-3y, owned"));
  }
  if (const auto rank = rank_by_from(o.rank_by)) {
    o.request.rank_by = *rank;
  } else {
    out.push_back(make_error("cli-rank-by", fmt::format("unknown ranking \"{}\"", o.rank_by), {},
                             "one of: tco, gpus, power, latency, usd-per-million-tokens"));
  }
  return out;
}

Diagnostics read_workload(PlanOptions& o, const Catalog& catalog) {
  if (o.input_tokens.has_value() != o.output_tokens.has_value()) {
    return {make_error("cli-workload", "--input-tokens and --output-tokens go together", {},
                       "or use --workload NAME")};
  }
  if (o.input_tokens && !o.request.workload.empty()) {
    return {make_error("cli-workload",
                       "--workload and --input-tokens both say how long requests are", {},
                       "keep one of them")};
  }
  if (!o.request.trace.empty()) {
    if (o.input_tokens || !o.request.workload.empty())
      return {make_error("cli-workload", "a trace has lengths of its own", {},
                         "leave --workload and --input-tokens out")};
    return take_trace(o.request);  // its rate, before anything is planned
  }
  if (o.input_tokens) {
    o.request.workload = "custom";
    o.request.input_tokens = *o.input_tokens;
    o.request.output_tokens = *o.output_tokens;
    return {};
  }
  const auto found =
      catalog.find_workload(o.request.workload.empty() ? "chat" : o.request.workload);
  if (!found.ok()) return found.errors();
  o.request.workload = found->entry->id;
  o.request.input_tokens = found->entry->input_tokens;
  o.request.output_tokens = found->entry->output_tokens;
  return {};
}

std::optional<Diagnostic> check_region(const PlanOptions& o, const Catalog& catalog) {
  if (catalog.region(o.request.region) != nullptr) return {};
  std::vector<std::string> codes;
  for (const RegionEnergy& region : catalog.regions()) codes.push_back(region.code);
  const std::string near = did_you_mean(o.request.region, codes);
  const std::string see = "see: gpusize prices --kind electricity";
  return make_error("cat-unknown-region", fmt::format("unknown region \"{}\"", o.request.region),
                    {}, near.empty() ? see : near + " " + see);
}

}  // namespace

void add_plan_options(Parser& app, PlanOptions& options, bool required) {
  add_demand(app, options, required);
  add_supply(app, options);
  add_money(app, options);
}

Diagnostics check_plan_options(PlanOptions& o) {
  Diagnostics problems = check_numbers(o);
  for (Diagnostic& d : read_words(o)) problems.push_back(std::move(d));
  return problems;
}

Diagnostics complete(PlanOptions& o, const Catalog& catalog) {
  Diagnostics problems = read_workload(o, catalog);
  if (has_errors(problems)) return problems;
  if (const auto problem = check_region(o, catalog)) return {*problem};
  o.request.targets = {};
  if (o.ttft_ms) o.request.targets.ttft = *o.ttft_ms * units::ms;
  if (o.tpot_ms) o.request.targets.tpot = *o.tpot_ms * units::ms;
  if (o.e2e_ms) o.request.targets.e2e = *o.e2e_ms * units::ms;
  o.request.jobs =
      o.jobs > 0 ? o.jobs : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return {};
}

Result<ResultDocument> make_plan_document(const Catalog& catalog, const PlanRequest& asked,
                                          bool show_notes) {
  struct Planned {
    LoadedModel model;
    PlanResult plan;
  };
  PlanRequest request = asked;
  // A document's inputs name the trace; what it holds is read anew.
  if (const Diagnostics problems = take_trace(request); has_errors(problems)) return problems;
  auto model = load_model(catalog, request.model, request.overrides);
  if (!model.ok()) return model.errors();
  auto plan = make_plan(catalog, *model->spec, request);
  if (!plan.ok()) return plan.errors();
  if (show_notes) {
    note(model->note);
    for (const std::string& text : plan->notes) note(text);
  }
  const auto planned =
      std::make_shared<const Planned>(Planned{std::move(*model), std::move(*plan)});
  return plan_document(catalog, *planned->model.spec, request, planned->plan, planned);
}

}  // namespace gpusize::cli
