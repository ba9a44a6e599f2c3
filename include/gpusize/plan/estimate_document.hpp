#pragma once
// The result document of `estimate`: one replica on one card, memory and one step, every number
// with its derivation.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/layout.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/ops/graph.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// What a user asks of `estimate`. The document's `inputs` hold exactly this, so that a document
/// can be made again.
struct EstimateRequest {
  std::string model;                   ///< as the user wrote it
  std::vector<std::string> overrides;  ///< `--set name=value`
  std::string gpu;
  Layout layout;
  std::string weights = "native";
  std::string kv = "auto";
  std::string engine = "auto";
  Phase phase = Phase::kDecode;
  /// Sequences of the whole replica. Attention-DP ranks share them and pipeline stages work on one
  /// microbatch each, so a step processes ceil(ceil(batch / dp) / pp) sequences; KV cache is held
  /// for ceil(batch / dp) on each rank.
  std::int64_t batch = 1;
  std::optional<std::int64_t>
      context;  ///< cached tokens per sequence; 2048 (decode) or 0 (prefill)
  std::optional<std::int64_t>
      new_tokens;                 ///< tokens of the step per sequence; 1 (decode) or 2048 (prefill)
  std::int64_t images = 0;        ///< per sequence
  std::int64_t image_tokens = 0;  ///< language-model tokens of one image
  std::optional<double> memory_fraction;
  std::optional<std::int64_t> max_batched_tokens;
  std::optional<std::int64_t> max_sequences;
  bool two_batch_overlap = false;  ///< two micro-batches hide each other's expert communication
  bool mtp = false;                ///< load the multi-token-prediction module
};

std::string_view name_of(Phase phase);
/// `prefill` or `decode`, or nothing.
std::optional<Phase> phase_from(std::string_view name);

/// The request behind a document, from its `inputs`. Fails with `est-...` diagnostics at their
/// places.
Result<EstimateRequest> read_estimate_request(Node inputs);

/// Estimates `model` as asked. A replica that does not fit has a document too (`fits` is false);
/// diagnostics are for requests that make no sense: unknown names, degrees that do not divide,
/// formats that the card does not compute in, numbers out of range.
/// Tested: every number replays and equals its derivation; rows add up exactly.
Result<ResultDocument> estimate_document(const Catalog& catalog, const ModelSpec& model,
                                         const EstimateRequest& request);

}  // namespace gpusize
