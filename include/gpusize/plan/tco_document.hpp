#pragma once
// The result document of `tco`.

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gpusize/core/document.hpp"
#include "gpusize/plan/planner.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/tco/resolve.hpp"

namespace gpusize {

/// What a user asks of `tco`.
struct TcoRequest {
  std::optional<PlanRequest> plan;     ///< nothing: the file is the whole model
  std::int64_t option = 1;             ///< which option of the plan
  std::string config_file;             ///< name of the user's model, for messages
  std::string config_text;             ///< its text; empty: none
  std::vector<std::string> scenarios;  ///< empty: all
  std::optional<double> years;
  std::string region = "USA";
  std::string tier;
  std::string api_product;
  std::vector<std::pair<std::string, double>> assume;
  std::vector<std::pair<std::string, double>> per_usd;
  std::string currency = "USD";
  std::optional<double> benefit_usd_per_year;
  std::string start;  ///< first month, YYYY-MM; empty: the month after the catalog's date
  std::int64_t draws = 10'000;
  std::int64_t seed = 1;
  std::string today;  ///< sources of the user's file dated later are refused; empty: not checked
  int jobs = 1;       ///< threads; the answer does not depend on it
};

/// Everything that a cost model says, each number with its derivation. `plan` is the document of
/// `request.plan`, when there is one. `tco-...` diagnostics for a faulty model.
Result<ResultDocument> tco_document(const Catalog& catalog, const TcoRequest& request,
                                    const ResultDocument* plan);

/// Formulas of totals, for docs/formulas.md.
std::span<const Formula> tco_document_formulas();

/// The request behind a document, from its `inputs`.
Result<TcoRequest> read_tco_request(Node inputs);

/// The model of a request with every assumption that has a value filled in; the scenarios it names.
struct TcoSetup {
  TcoModel model;
  TcoFleet fleet;
  std::vector<std::string> scenarios;
};
Result<TcoSetup> set_up_tco(const Catalog& catalog, const TcoRequest& request,
                            const ResultDocument* plan);

}  // namespace gpusize
