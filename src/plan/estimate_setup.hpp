#pragma once
// A checked estimate request, resolved against the catalog.

#include <string>
#include <vector>

#include "gpusize/estimate/memory.hpp"
#include "gpusize/plan/estimate_document.hpp"
#include "gpusize/plan/why.hpp"

namespace gpusize {

/// What the estimate leaves out, and why.
struct LeftOut {
  std::string what;
  std::string reason;
};

/// Numbers of the request with their reasons, from the replica down to one step.
struct EstimateWhys {
  Chosen chosen;  ///< of one step
  Why batch;
  Why per_rank;       ///< sequences whose cache one rank holds
  Why context;        ///< with image tokens in a decode step
  Why new_tokens;     ///< with image tokens in a prefill step
  Why tokens_needed;  ///< cache per sequence after the step
};

struct EstimateSetup {
  Deployment deployment;
  StepShape shape;        ///< of one rank and microbatch
  double per_rank = 1.0;  ///< sequences of one attention-DP rank
  std::int64_t tokens_needed = 0;
  double images = 0.0;        ///< per sequence
  double image_tokens = 0.0;  ///< of one image
  ActivationPeak peak;
  Why peak_tokens;
  Why peak_rows;
  EstimateWhys whys;
  std::vector<std::string> notes;
  std::vector<LeftOut> not_assessed;
};

/// Resolves names, checks numbers and divisibility.
Result<EstimateSetup> resolve_estimate(const Catalog& catalog, const ModelSpec& model,
                                       const EstimateRequest& request);

}  // namespace gpusize
