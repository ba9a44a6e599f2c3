#pragma once
// Engine, version and formats of a workload against the dated compatibility rules of the catalog.

#include "gpusize/gate/assess.hpp"

namespace gpusize {

/// Fills `engine_support` and `refused_formats`; the card must be known.
void resolve_compatibility(const CompatTable& table, Assessment& assessment);

}  // namespace gpusize
