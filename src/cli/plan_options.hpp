#pragma once
// Options of a plan: what `plan` takes, and `tco` when it makes the plan itself.

#include <optional>
#include <string>

#include "cli/command.hpp"
#include "gpusize/plan/planner.hpp"

namespace gpusize::cli {

struct PlanOptions {
  CommonOptions common;
  PlanRequest request;
  std::string price_basis = "on-demand";
  std::string rank_by = "tco";
  std::optional<double> ttft_ms;
  std::optional<double> tpot_ms;
  std::optional<double> e2e_ms;
  std::optional<double> input_tokens;
  std::optional<double> output_tokens;
  int jobs = 0;
};

/// Adds what is asked for, what is on offer and the money's side. `required`: model and rate must
/// be given.
void add_plan_options(Parser& app, PlanOptions& options, bool required);

/// Checks all options and completes the request (workload, targets, threads).
Diagnostics complete(PlanOptions& options, const Catalog& catalog);
/// The part of complete() that needs no catalog.
Diagnostics check_plan_options(PlanOptions& options);

/// The plan's document for a complete request; notes go to standard error.
Result<ResultDocument> make_plan_document(const Catalog& catalog, const PlanRequest& request,
                                          bool show_notes);

}  // namespace gpusize::cli
