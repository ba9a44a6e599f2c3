#pragma once
// Options of `estimate`, shared with `explain estimate`.

#include <string>

#include "cli/parser.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/estimate_document.hpp"

namespace gpusize::cli {

/// Whole numbers stay text until they are read, so that `4k` gets a message of its own.
struct EstimateOptions {
  EstimateRequest request;
  std::string phase = "decode";
  std::string tp = "1";
  std::string pp = "1";
  std::string ep = "1";
  std::string dp = "1";
  std::string batch = "1";
  std::string context;
  std::string new_tokens;
  std::string images = "0";
  std::string image_tokens = "0";
  std::string memory_fraction;
  std::string max_batched_tokens;
  std::string max_sequences;
};

void add_estimate_options(Parser& app, EstimateOptions& options);

/// The one place of --two-batch-overlap; `plan` and `simulate` have it too.
void add_overlap_option(Parser& app, bool& flag);

/// The request, or what is wrong with the texts.
Result<EstimateRequest> read_request(const EstimateOptions& options);

}  // namespace gpusize::cli
