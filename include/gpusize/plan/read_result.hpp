#pragma once
// A result document back from its JSON file.

#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// The tree as ordered JSON: whole numbers stay whole.
nlohmann::ordered_json to_json(Node node);

/// The result in `document`, or `result-not-ours` when it was not written by `gpusize --format
/// json`, or `result-shape` when it is not what the command's published schema says. Commands
/// without a schema are taken as they are.
Result<ResultDocument> read_result(const Document& document);

}  // namespace gpusize
