#pragma once
// The result document of `compat`.

#include <vector>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/core/result.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Answers every question about one card; without questions, all that the data say about it.
/// `status` is supported, forbidden or unknown: the worst answer, forbidden first. Unknown subjects
/// are `compat-unknown-subject`, malformed versions `compat-version`.
Result<ResultDocument> compat_document(const Catalog& catalog, const GpuSpec& gpu,
                                       const std::vector<CompatQuestion>& questions);

}  // namespace gpusize
