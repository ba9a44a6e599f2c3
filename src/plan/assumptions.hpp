#pragma once
// The list of everything assumed that a document's numbers rest on.

#include "gpusize/plan/result_document.hpp"

namespace gpusize {

/// Appends to `assumptions` every leaf below the document's numbers that is assumed or unverified,
/// once each, in document order.
void write_assumptions(ResultDocument& document);

}  // namespace gpusize
