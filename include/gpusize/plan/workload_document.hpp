#pragma once
// The result document of `workload`: what a trace is like.

#include <string>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/plan/result_document.hpp"
#include "gpusize/serve/trace_summary.hpp"

namespace gpusize {

/// `path` as the user wrote it.
ResultDocument workload_document(const Catalog& catalog, const std::string& path,
                                 const TraceSummary& summary);

}  // namespace gpusize
