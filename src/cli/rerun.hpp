#pragma once
// Result documents hold their inputs, so `explain` makes them again to walk their derivations.

#include <span>
#include <string_view>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize::cli {

/// How the document of a command is made again from its `inputs`.
struct Rerun {
  std::string_view command;
  Result<ResultDocument> (*run)(const Catalog& catalog, Node inputs);
};

/// The row of a command, or null.
const Rerun* find_rerun(std::string_view command);
std::span<const Rerun> reruns();

// One per explainable command, beside its subcommand.
Result<ResultDocument> rerun_calibrate(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_check(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_diff(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_estimate(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_gpus(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_levers(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_mig(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_models(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_plan(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_prices(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_simulate(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_tco(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_train(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_validate(const Catalog& catalog, Node inputs);
Result<ResultDocument> rerun_workload(const Catalog& catalog, Node inputs);

}  // namespace gpusize::cli
